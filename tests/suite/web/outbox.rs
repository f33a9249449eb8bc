//! The administrators' page of messages.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::outbox;
use leadgate::db::types::Reference;
use leadgate::jobs;
use leadgate::mail::MemoryMailer;

use crate::support::TestApp;
use crate::support::database::TestDatabase;
use crate::support::smtp::{Mood, SmtpServer};

/// The same application with a mail server.
async fn with_mail(app: &TestApp, mailer: impl leadgate::mail::Mailer + 'static) -> TestApp {
    TestApp::with_mailer(TestDatabase::new(app.backend), app.backend, Some(Arc::new(mailer))).await
}

fn first_message(app: &TestApp) -> Reference {
    outbox::table
        .select(outbox::message_id)
        .order(outbox::id)
        .first(&mut app.conn())
        .unwrap()
}

db_test! {
    async fn without_a_mail_server_every_page_of_an_administrator_says_so(app) {
        let ada = app.ada().await;

        let page = ada.get("/leads").await;
        assert!(page.text().contains("Mail is not set up: messages wait in the outbox. See the outbox"), "{}", page.text());
        assert!(!app.sofia().await.get("/leads").await.text().contains("Mail is not set up"));

        let page = ada.get("/outbox").await;
        assert!(!page.has_button("Send a test message"));
        let refused = ada.post("/outbox/test", &[]).await;
        assert_eq!((refused.status(), refused.heading().as_str()), (409, "Mail is not set up"));
    }

    async fn a_message_is_listed_with_what_became_of_it(app) {
        let mailer = MemoryMailer::default();
        let app = with_mail(&app, mailer.clone()).await;
        let ada = app.ada().await;
        assert!(ada.get("/outbox").await.text().contains("No messages yet"));
        app.a_lead().assigned_to(cast::NILS).create().await;

        let page = ada.get("/outbox").await;
        assert_eq!(page.heading(), "E-mail outbox 1 waiting, 0 failed");
        assert!(page.rows()[0].contains("A new lead is waiting"), "{:?}", page.rows());
        assert!(page.rows()[0].contains(cast::NILS));

        jobs::tick(&app.state).await;
        let page = ada.get("/outbox").await;
        assert!(page.rows()[0].contains("Sent"), "{:?}", page.rows());
        assert_eq!(ada.get("/outbox?state=failed").await.heading(), page.heading());
        assert!(ada.get("/outbox?state=failed").await.text().contains("No message matches"));
        assert_eq!(ada.get("/outbox?state=lost").await.status(), 400);
    }

    async fn a_failed_message_is_seen_everywhere_and_can_be_sent_again(app) {
        let server = SmtpServer::start().await;
        let app = with_mail(&app, server.mailer()).await;
        server.set_mood(Mood::Refuses(cast::NILS.to_owned()));
        app.a_lead().assigned_to(cast::NILS).create().await;
        jobs::tick(&app.state).await;
        let ada = app.ada().await;

        let page = ada.get("/leads").await;
        assert!(page.text().contains("1 message could not be delivered. See the outbox"), "{}", page.text());
        let page = ada.get("/outbox").await;
        assert!(page.rows()[0].contains("no such mailbox"), "{:?}", page.rows());

        server.set_mood(Mood::Good);
        let done = ada.submit(&page, "Send all failed again", &[]).await;
        assert_eq!(ada.follow(&done).await.flash(), "1 message is sent again within a few seconds.");
        jobs::tick(&app.state).await;
        assert_eq!(server.taken().len(), 1);
        assert!(!ada.get("/leads").await.text().contains("could not be delivered"));
    }

    async fn all_that_failed_is_sent_again_at_once(app) {
        let server = SmtpServer::start().await;
        let app = with_mail(&app, server.mailer()).await;
        server.set_mood(Mood::Refuses(cast::NILS.to_owned()));
        for _ in 0..3 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }
        jobs::tick(&app.state).await;
        let ada = app.ada().await;
        let page = ada.get("/outbox?state=failed").await;
        assert_eq!(page.rows().len(), 3);
        assert!(page.rows().iter().all(|row| row.contains(cast::NILS) && row.contains("no such mailbox")), "{:?}", page.rows());

        server.set_mood(Mood::Good);
        let done = ada.submit(&page, "Send all failed again", &[]).await;
        assert_eq!(ada.follow(&done).await.flash(), "3 messages are sent again within a few seconds.");
        jobs::tick(&app.state).await;

        assert_eq!(server.taken().iter().filter(|message| message.recipients == [cast::NILS]).count(), 3);
        assert!(ada.get("/outbox?state=failed").await.text().contains("No message matches"));
        assert_eq!(app.audited("message.retried"), 1);
    }

    async fn a_message_can_be_hurried_and_cancelled_until_it_is_sent(app) {
        let mut server = SmtpServer::start().await;
        let app = with_mail(&app, server.mailer()).await;
        server.go_down().await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        jobs::tick(&app.state).await;
        server.come_back().await;
        let ada = app.ada().await;
        let message = first_message(&app);

        let done = ada.post(&format!("/outbox/{message}/retry"), &[]).await;
        assert_eq!(ada.follow(&done).await.flash(), "The message is sent again within a few seconds.");
        jobs::tick(&app.state).await;
        assert_eq!(server.taken().len(), 1);

        let late = ada.post(&format!("/outbox/{message}/cancel"), &[]).await;
        assert_eq!((late.status(), late.heading().as_str()), (409, "This message needs nothing more"));

        app.a_lead().assigned_to(cast::NORA).create().await;
        let page = ada.get("/outbox?state=waiting").await;
        let done = ada.submit(&page, "Cancel : A new lead is waiting, to Nora Lindqvist", &[]).await;
        assert_eq!(ada.follow(&done).await.flash(), "The message is cancelled and will not be sent.");
        jobs::tick(&app.state).await;
        assert_eq!(server.taken().len(), 1);
    }

    async fn a_message_that_came_back_has_failed_and_can_be_sent_again(app) {
        let server = SmtpServer::start().await;
        let app = with_mail(&app, server.mailer()).await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        let (ada, message) = (app.ada().await, first_message(&app));
        let path = format!("/outbox/{message}/bounce");
        let early = ada.post(&path, &[]).await;
        assert_eq!((early.status(), early.heading().as_str()), (409, "This message can't have come back"));
        jobs::tick(&app.state).await;

        let page = ada.get("/outbox").await;
        let done = ada.submit(&page, "Came back : A new lead is waiting, to Nils Holm", &[]).await;
        let page = ada.follow(&done).await;

        assert_eq!(page.flash(), "The message counts as failed. Send it again when the address is right.");
        assert!(ada.get("/outbox?state=failed").await.rows()[0].contains("bounced"), "{:?}", page.rows());
        assert!(page.text().contains("1 message could not be delivered"), "{}", page.text());
        assert_eq!(app.audited("message.bounced"), 1);
        assert_eq!(ada.post(&path, &[]).await.status(), 409, "once is enough");

        ada.post(&format!("/outbox/{message}/retry"), &[]).await;
        jobs::tick(&app.state).await;
        let again: Vec<_> = server.taken().into_iter().filter(|taken| taken.recipients == [cast::NILS]).collect();
        assert_eq!(again.len(), 2);
    }

    async fn a_digest_that_came_back_is_sent_again_whole(app) {
        let server = SmtpServer::start().await;
        let app = with_mail(&app, server.mailer()).await;
        let nils = app.nils().await;
        let page = nils.get("/account/notifications").await;
        nils.submit(&page, "Save", &[("lead.waiting", "hourly")]).await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        app.clock.advance(TimeDelta::hours(1));
        jobs::tick(&app.state).await;
        let of = |kind: &str| outbox::table.filter(outbox::kind.eq(kind.to_owned())).select(outbox::message_id);
        let digest: Reference = of("digest").first(&mut app.conn()).unwrap();
        let within: Reference = of("lead.waiting").first(&mut app.conn()).unwrap();
        let ada = app.ada().await;
        assert_eq!(ada.post(&format!("/outbox/{within}/bounce"), &[]).await.status(), 409, "it was not sent by itself");

        ada.post(&format!("/outbox/{digest}/bounce"), &[]).await;
        ada.post(&format!("/outbox/{digest}/retry"), &[]).await;
        jobs::tick(&app.state).await;

        let told: Vec<_> = server.taken().into_iter().filter(|taken| taken.recipients == [cast::NILS]).collect();
        assert_eq!(told.len(), 2);
        assert!(told[1].text().contains("A new lead is waiting: 1."), "{}", told[1].text());
    }

    async fn a_test_message_shows_its_result(app) {
        let server = SmtpServer::start().await;
        let app = with_mail(&app, server.mailer()).await;
        server.set_mood(Mood::Busy);
        let ada = app.ada().await;

        let done = ada.submit(&ada.get("/outbox").await, "Send a test message", &[]).await;
        let page = ada.follow(&done).await;
        assert!(page.text().contains("Your last test message Waiting"), "{}", page.text());

        jobs::tick(&app.state).await;
        assert!(ada.get("/outbox").await.text().contains("try again later"));

        server.set_mood(Mood::Good);
        app.clock.advance(TimeDelta::minutes(1));
        jobs::tick(&app.state).await;
        assert!(ada.get("/outbox").await.text().contains("Your last test message Sent"));
    }

    async fn a_long_outbox_is_read_in_pages(app) {
        for _ in 0..51 {
            app.a_lead().assigned_to(cast::NILS).create().await;
            app.clock.advance(TimeDelta::minutes(4)); // more in an hour would come together
        }
        let ada = app.ada().await;

        let first = ada.get("/outbox").await;
        let second = ada.get(&first.link("Next")).await;
        let back = ada.get(&second.link("Previous")).await;

        assert_eq!((first.rows().len(), second.rows().len()), (50, 1));
        assert_eq!(back.rows(), first.rows());
    }

    async fn the_outbox_is_for_administrators(app) {
        app.a_lead().assigned_to(cast::NILS).create().await;
        let message = first_message(&app);
        let paths = ["/outbox/test".to_owned(), "/outbox/failed/retry".to_owned(),
            format!("/outbox/{message}/retry"), format!("/outbox/{message}/cancel"), format!("/outbox/{message}/bounce")];

        assert_eq!(app.anybody().get("/outbox").await.location(), "/sign-in?next=%2Foutbox");
        assert_eq!(app.sofia().await.get("/outbox").await.status(), 403);
        assert_eq!(app.nora().await.get("/outbox").await.status(), 403);
        for path in paths {
            assert_eq!(app.anybody().post(&path, &[]).await.status(), 303, "{path}");
            assert_eq!(app.sofia().await.post(&path, &[]).await.status(), 403, "{path}");
        }
        let ada = app.ada().await;
        assert_eq!(ada.post(&format!("/outbox/{}/retry", Reference::random()), &[]).await.status(), 404);
        assert_eq!(ada.post("/outbox/1/cancel", &[]).await.status(), 404);
        assert_eq!(ada.post(&format!("/outbox/{}/bounce", Reference::random()), &[]).await.status(), 404);
    }
}
