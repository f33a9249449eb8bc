//! Who is told, and how: by each person's choice, by the settings of the vendor, never of the own act.

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::domain::outbox::{Message, MessageState};
use leadgate::jobs;

use super::{outbox, sending_by, states};
use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::smtp::SmtpServer;

async fn choose(client: &Client, kind: &str, delivery: &str) {
    let page = client.get("/account/notifications").await;
    let saved = client.submit(&page, "Save", &[(kind, delivery)]).await;
    assert_eq!(client.follow(&saved).await.flash(), "The settings are saved.");
}

async fn next_hour(app: &TestApp, server: &SmtpServer) {
    app.clock.advance(TimeDelta::hours(1));
    jobs::tick(&sending_by(app, server.mailer())).await;
}

db_test! {
    async fn whoever_wants_one_message_an_hour_gets_one(app) {
        let server = SmtpServer::start().await;
        choose(&app.nils().await, "lead.waiting", "hourly").await;
        for _ in 0..3 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }
        jobs::tick(&sending_by(&app, server.mailer())).await;
        assert_eq!(server.taken().len(), 0, "before the hour is full");

        next_hour(&app, &server).await;

        let messages = server.taken();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].recipients, [cast::NILS]);
        assert_eq!(messages[0].header("Subject"), "News of the last hour");
        assert!(messages[0].text().contains("A new lead is waiting: 3."), "{}", messages[0].text());
        assert!(messages[0].text().contains("/portal/notices"));
        assert!(states(&app).iter().all(|state| *state == MessageState::Sent), "{:?}", outbox(&app));
        // The next hour has its own.
        app.a_lead().assigned_to(cast::NILS).create().await;
        next_hour(&app, &server).await;
        assert_eq!(server.taken().len(), 2);
        assert!(server.taken()[1].text().contains("A new lead is waiting: 1."));
    }

    async fn an_act_on_many_leads_does_not_bury_anybody_under_mail(app) {
        let server = SmtpServer::start().await;
        for _ in 0..50 {
            app.a_lead().assigned_to(cast::NILS).create().await;
        }
        jobs::tick(&sending_by(&app, server.mailer())).await;
        assert_eq!(server.taken().len(), 21, "as many as one can read");

        next_hour(&app, &server).await;

        let messages = server.taken();
        assert_eq!(messages.len(), 22);
        assert!(messages[21].text().contains("A new lead is waiting: 29."), "{}", messages[21].text());
        // The flood is over.
        app.clock.advance(TimeDelta::hours(1));
        app.a_lead().assigned_to(cast::NILS).create().await;
        jobs::tick(&sending_by(&app, server.mailer())).await;
        assert_eq!(server.taken()[22].header("Subject"), messages[0].header("Subject"));
    }

    async fn a_digest_says_only_what_is_still_true(app) {
        let server = SmtpServer::start().await;
        choose(&app.nils().await, "lead.waiting", "hourly").await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        app.a_lead().assigned_to(cast::NILS).opened().create().await;
        next_hour(&app, &server).await;
        let to_nils: Vec<_> = server.taken().into_iter().filter(|m| m.recipients == [cast::NILS]).collect();
        assert_eq!(to_nils.len(), 1);
        assert!(to_nils[0].text().contains("A new lead is waiting: 1."), "{}", to_nils[0].text());

        app.a_lead().assigned_to(cast::NILS).opened().create().await;
        next_hour(&app, &server).await;

        let digests = outbox(&app).into_iter().filter(|(kind, ..)| *kind == Message::Digest);
        let last: Vec<_> = digests.collect();
        assert_eq!(last.last().unwrap().1, MessageState::Cancelled, "{last:?}");
    }

    async fn whoever_wants_no_mail_has_the_notice(app) {
        choose(&app.nils().await, "lead.waiting", "never").await;

        app.a_lead().assigned_to(cast::NILS).create().await;

        assert_eq!(outbox(&app), []);
        let notices = app.nils().await.get("/portal/notices").await;
        assert_eq!(notices.rows().len(), 1);
    }

    async fn a_choice_that_does_not_exist_is_refused(app) {
        let nils = app.nils().await;

        let page = nils.post("/account/notifications", &[("lead.waiting", "always")]).await;

        assert_eq!(page.status(), 400);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM notification_choices"), 0);
        assert_eq!(app.audited("notifications.chosen"), 0);
    }

    async fn the_settings_say_who_among_the_vendor_is_told(app) {
        let server = SmtpServer::start().await;
        let ada = app.ada().await;
        let northwind = ada.get("/partners").await.link("Northwind");
        let page = ada.get(&format!("{northwind}/edit")).await;
        let ada_reference = app.reference_of(cast::ADA);
        ada.submit(&page, "Save partner", &[("channel_manager", &ada_reference)]).await;
        assert!(ada.get(&northwind).await.text().contains("Channel manager Ada Berg"));
        let page = ada.get("/settings/recipients").await;
        let typed = [
            ("lead.opened.assigner", ""),
            ("lead.opened.manager", "true"),
            ("lead.opened.addresses", "desk@vendor.example, other@vendor.example"),
        ];
        ada.submit(&page, "Save", &typed).await;

        app.a_lead().assigned_to(cast::NILS).opened().create().await;
        jobs::tick(&sending_by(&app, server.mailer())).await;

        let mut told: Vec<String> = server
            .taken()
            .iter()
            .filter(|message| message.header("Subject") == "A lead was opened")
            .flat_map(|message| message.recipients.clone())
            .collect();
        told.sort();
        assert_eq!(told, [cast::ADA, "desk@vendor.example", "other@vendor.example"]);
        assert_eq!(app.audited("event_recipients.changed"), 1);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM outbox WHERE shared_address IS NOT NULL"), 2);
    }

    async fn an_address_that_is_none_comes_back(app) {
        let ada = app.ada().await;
        let page = ada.get("/settings/recipients").await;

        let answer = ada.submit(&page, "Save", &[("lead.opened.addresses", "desk@vendor.example, nobody")]).await;

        assert_eq!(answer.status(), 422);
        assert_eq!(answer.value("lead.opened.addresses"), "desk@vendor.example, nobody");
        assert_eq!(app.audited("event_recipients.changed"), 0);
    }
}
