//! Mail over TLS: only to the server that is meant, and nothing in clear.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::outbox as rows;
use leadgate::domain::outbox::Message::LeadWaiting;
use leadgate::domain::outbox::MessageState::{Sent, Waiting};
use leadgate::jobs;

use super::{outbox, sending_by};
use crate::support::TestApp;
use crate::support::certificates::Authority;
use crate::support::smtp::{Door, SmtpServer};

const HERE: &str = "127.0.0.1";
const PASSWORD: &str = "open-sesame-canary";

/// Tries to send one message to this server, signing in, with trust in this authority.
async fn send(app: &TestApp, server: &SmtpServer, trusted: &Authority) {
    app.a_lead().assigned_to(cast::NILS).create().await;
    let mailer = server.mailer_trusting(&trusted.pem(), "leadgate", PASSWORD);
    jobs::tick(&sending_by(app, mailer)).await;
}

/// What the outbox says, and that the page of administrators says it too.
async fn trouble(app: &TestApp) -> String {
    assert_eq!(outbox(app), [(LeadWaiting, Waiting, 0)]);
    let error: String = rows::table.select(rows::last_error).first(&mut app.conn()).unwrap();
    let page = app.ada().await.get("/outbox").await;
    assert!(
        page.text().contains("the mail server can't be reached"),
        "{}",
        page.text()
    );
    error
}

/// Whoever listens on the way learned that somebody has mail, and not even from whom.
#[track_caller]
fn assert_nothing_in_clear(server: &SmtpServer) {
    for line in server.said_in_clear() {
        let is_harmless = ["EHLO", "STARTTLS", "QUIT"].iter().any(|word| line.starts_with(word));
        assert!(is_harmless, "{line:?} in clear");
    }
    assert!(server.taken().is_empty());
}

db_test! {
    async fn a_server_that_is_vouched_for_takes_mail_by_both_ways(app) {
        let authority = Authority::new("Ours");
        for (count, door) in [Door::StartTls(authority.server(HERE)), Door::Tls(authority.server(HERE))].into_iter().enumerate() {
            let server = SmtpServer::start_behind(door).await;

            send(&app, &server, &authority).await;

            assert_eq!(outbox(&app)[count], (LeadWaiting, Sent, 1));
            assert_eq!(server.taken().len(), 1);
            assert_eq!(server.taken()[0].recipients, [cast::NILS]);
            let clear = server.said_in_clear();
            assert!(clear.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"), "{clear:?}");
        }
    }

    async fn a_server_that_nobody_vouches_for_gets_nothing(app) {
        let (ours, theirs) = (Authority::new("Ours"), Authority::new("Theirs"));
        let server = SmtpServer::start_behind(Door::StartTls(theirs.server(HERE))).await;

        send(&app, &server, &ours).await;

        let error = trouble(&app).await;
        assert!(error.contains("UnknownIssuer"), "{error}");
        assert_nothing_in_clear(&server);
    }

    async fn a_server_of_another_name_gets_nothing(app) {
        let authority = Authority::new("Ours");
        let server = SmtpServer::start_behind(Door::Tls(authority.server("mail.evil.example"))).await;

        send(&app, &server, &authority).await;

        let error = trouble(&app).await;
        assert!(error.contains("not valid for name"), "{error}");
        assert_nothing_in_clear(&server);
    }

    async fn a_certificate_that_ran_out_counts_for_nothing(app) {
        let authority = Authority::new("Ours");
        for door in [Door::Tls(authority.expired_server(HERE)), Door::StartTls(authority.expired_server(HERE))] {
            let server = SmtpServer::start_behind(door).await;
            diesel::delete(rows::table).execute(&mut app.conn()).unwrap();

            send(&app, &server, &authority).await;

            let error = trouble(&app).await;
            assert!(error.to_lowercase().contains("expired"), "{error}");
            assert_nothing_in_clear(&server);
            diesel::delete(rows::table).execute(&mut app.conn()).unwrap();
        }
    }

    async fn a_server_that_offers_no_tls_gets_nothing(app) {
        let server = SmtpServer::start().await;

        app.a_lead().assigned_to(cast::NILS).create().await;
        let mailer = server.mailer_insisting_on_starttls("leadgate", PASSWORD);
        jobs::tick(&sending_by(&app, mailer)).await;

        let error = trouble(&app).await;
        assert!(error.contains("STARTTLS"), "{error}");
        assert_nothing_in_clear(&server);
    }
}
