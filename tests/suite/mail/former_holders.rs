//! Whoever loses a lead, or has it closed by somebody else, hears of it, in words that tell nothing of the lead.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::outbox as rows;
use leadgate::db::types::{AssignmentId, Reference};
use leadgate::domain::access::SystemScope;
use leadgate::domain::assignments::recall;
use leadgate::domain::outbox::{Message, MessageState};
use leadgate::jobs;

use super::sending_by;
use crate::support::TestApp;
use crate::support::builders::{assign_to, assign_to_partner, delete};
use crate::support::smtp::SmtpServer;
use crate::web::life::LOST;

/// How often somebody is told of this.
fn told(app: &TestApp, email: &str, message: Message) -> usize {
    let messages = app.messages_to(email);
    messages.iter().filter(|kind| *kind == message.as_str()).count()
}

fn states_of(app: &TestApp, message: Message) -> Vec<MessageState> {
    rows::table
        .filter(rows::kind.eq(message))
        .select(rows::state)
        .order(rows::id)
        .load(&mut app.conn())
        .unwrap()
}

async fn recall(app: &TestApp, lead: &Reference) {
    let sofia = app.sofia().await;
    assert_eq!(sofia.post(&format!("/leads/{lead}/recall"), &[]).await.status(), 303);
}

async fn expire(app: &TestApp) {
    let (live, now) = (
        app.count("SELECT id AS n FROM assignments WHERE ended_at IS NULL"),
        app.now(),
    );
    app.write(move |tx| recall::expire(tx, &SystemScope::new("deadlines"), AssignmentId::new(live), now))
        .await
        .unwrap();
}

db_test! {
    async fn whoever_loses_a_lead_is_told_and_not_which(app) {
        let server = SmtpServer::start().await;
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        recall(&app, &lead).await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let taken = server.taken();
        let gone = taken.iter().find(|m| m.recipients == [cast::NILS]).expect("Nils is told");
        assert_eq!(gone.header("Subject"), "A lead is no longer with you");
        let text = gone.text();
        assert!(text.contains(&format!("{}/portal/leads\r\n", app.origin)), "{text}");
        for word in [lead.as_str(), "oberg", "Nordlicht", "ERP Cloud", "Sofia Lind", "ermission", "on hold"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        let page = app.nils().await.get("/portal/notices").await;
        assert_eq!(page.heading(), "Notices", "inside the portal it is as if it had never been there");
    }

    async fn whatever_takes_it_away_it_is_told_once_and_never_to_whoever_did_it(app) {
        let (nils, nora) = (app.nils().await, app.nora().await);
        let to_nora = app.reference_of(cast::NORA);
        let a_lead = async || app.a_lead().assigned_to(cast::NILS).create().await;
        let gone = || told(&app, cast::NILS, Message::LeadGone);

        recall(&app, &a_lead().await).await;
        assert_eq!(gone(), 1, "recalled");
        assign_to(&app, &a_lead().await, cast::SAM).await;
        assert_eq!(gone(), 2, "given to another partner");
        let lead = a_lead().await;
        nora.post(&format!("/portal/leads/{lead}/reassignment"), &[("colleague", &to_nora)]).await;
        assert_eq!(gone(), 3, "moved by a manager");
        let lead = a_lead().await;
        nora.post(&format!("/portal/leads/{lead}/decline"), &[("reason", "duplicate")]).await;
        assert_eq!(gone(), 4, "declined by a manager");
        let lead = a_lead().await;
        assign_to_partner(&app, &lead, cast::NORA).await;
        assert_eq!(gone(), 5, "given to the partner as a whole");

        let lead = a_lead().await;
        nils.post(&format!("/portal/leads/{lead}/reassignment"), &[("colleague", &to_nora)]).await;
        let lead = a_lead().await;
        nils.post(&format!("/portal/leads/{lead}/decline"), &[("reason", "duplicate")]).await;
        assert_eq!(gone(), 5, "of the own act");
        delete(&app, &a_lead().await).await;
        assert_eq!(gone(), 5, "deletion has a message of its own");
        assert_eq!(told(&app, cast::NORA, Message::LeadGone), 0);
    }

    async fn an_expired_lead_is_told_to_its_holder(app) {
        app.a_lead().assigned_to(cast::NILS).create().await;

        expire(&app).await;

        assert_eq!(told(&app, cast::NILS, Message::LeadGone), 1);
    }

    async fn managers_are_told_of_what_the_partner_as_a_whole_lost_and_not_of_what_they_still_see(app) {
        let lead = app.a_lead().create().await;
        assign_to_partner(&app, &lead, cast::NORA).await;
        assign_to(&app, &lead, cast::NILS).await;
        assert_eq!(told(&app, cast::NORA, Message::LeadGone), 0, "a manager sees it all the same");

        let lead = app.a_lead().create().await;
        assign_to_partner(&app, &lead, cast::NORA).await;
        recall(&app, &lead).await;
        assert_eq!(told(&app, cast::NORA, Message::LeadGone), 1);
    }

    async fn a_lead_that_came_back_meanwhile_is_not_gone(app) {
        let server = SmtpServer::start().await;
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        recall(&app, &lead).await;
        assign_to(&app, &lead, cast::NILS).await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        assert_eq!(states_of(&app, Message::LeadGone), [MessageState::Cancelled]);
    }

    async fn what_was_out_of_sight_already_ends_in_silence(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        app.track_permission().await;
        assert_eq!(app.nils().await.get(&format!("/portal/leads/{lead}")).await.status(), 404);

        recall(&app, &lead).await;

        assert_eq!(states_of(&app, Message::LeadGone), []);
        assert_eq!(app.nils().await.get("/portal/notices").await.heading(), "Notices");
    }

    async fn whoever_wants_no_mail_about_it_gets_none(app) {
        let nils = app.nils().await;
        let page = nils.get("/account/notifications").await;
        nils.submit(&page, "Save", &[("lead.gone", "never")]).await;
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;

        recall(&app, &lead).await;

        assert_eq!(states_of(&app, Message::LeadGone), []);
    }

    async fn the_holder_hears_that_a_manager_closed_the_lead(app) {
        let server = SmtpServer::start().await;
        let (nils, nora) = (app.nils().await, app.nora().await);
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let own = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        nora.post(&format!("/portal/leads/{lead}/closing"), &[("choice", LOST)]).await;
        nils.post(&format!("/portal/leads/{own}/closing"), &[("choice", LOST)]).await;
        assert_eq!(told(&app, cast::NILS, Message::LeadClosedByManager), 1, "nobody is told of the own act");
        assert_eq!(nils.get("/portal/notices").await.link("A lead of yours was closed"), format!("/portal/leads/{lead}"));

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let taken = server.taken();
        let closed = taken.iter().find(|m| m.header("Subject") == "A lead of yours was closed").expect("Nils is told");
        assert_eq!(closed.recipients, [cast::NILS]);
        assert!(closed.text().contains(&format!("{}/portal/leads/{lead}", app.origin)), "{}", closed.text());
    }

    async fn a_closing_that_was_taken_back_is_not_told(app) {
        let server = SmtpServer::start().await;
        let nora = app.nora().await;
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        nora.post(&format!("/portal/leads/{lead}/closing"), &[("choice", LOST)]).await;
        app.sofia().await.post(&format!("/leads/{lead}/reopening"), &[]).await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        assert_eq!(states_of(&app, Message::LeadClosedByManager), [MessageState::Cancelled]);
        let notices = app.nils().await.get("/portal/notices").await;
        assert_eq!(notices.heading(), "Notices 1 unread", "that it is open again: {}", notices.text());
    }
}
