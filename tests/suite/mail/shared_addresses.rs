//! Messages to the addresses of the settings, which belong to no account: a shared mailbox.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::outbox as rows;
use leadgate::db::types::AssignmentId;
use leadgate::domain::access::SystemScope;
use leadgate::domain::assignments::recall;
use leadgate::domain::outbox::MessageState::{Cancelled, Sent, Waiting};
use leadgate::domain::outbox::{Message, MessageState};
use leadgate::jobs;

use super::sending_by;
use crate::support::TestApp;
use crate::support::builders::delete;
use crate::support::smtp::{Received, SmtpServer};

const DESK: &str = "desk@vendor.example";

/// Besides whoever is told anyway.
async fn tell_the_desk(app: &TestApp, event: &str) {
    let ada = app.ada().await;
    let page = ada.get("/settings/recipients").await;
    let field = format!("{event}.addresses");
    let saved = ada.submit(&page, "Save", &[(field.as_str(), DESK)]).await;
    assert_eq!(saved.status(), 303, "{}", saved.text());
    diesel::delete(rows::table.filter(rows::kind.eq(Message::AccountNewDevice)))
        .execute(&mut app.conn())
        .unwrap();
}

fn to_the_desk(app: &TestApp) -> Vec<MessageState> {
    rows::table
        .filter(rows::shared_address.eq(DESK))
        .select(rows::state)
        .order(rows::id)
        .load(&mut app.conn())
        .unwrap()
}

fn taken_by(server: &SmtpServer, address: &str) -> Vec<Received> {
    let taken = server.taken().into_iter();
    taken.filter(|message| message.recipients == [address]).collect()
}

db_test! {
    async fn a_message_to_a_mailbox_stands_in_the_way_of_nothing(app) {
        tell_the_desk(&app, "lead.opened").await;
        let (sofia, nils, nora) = (app.sofia().await, app.nils().await, app.nora().await);
        let (sam, here) = (app.reference_of(cast::SAM), app.reference_of(cast::NORA));
        let ends: [(&str, &str, (&str, &str)); 4] = [
            ("staff", "recall", ("", "")),
            ("staff", "assign", ("recipient", &sam)),
            ("holder", "decline", ("reason", "duplicate")),
            ("manager", "reassignment", ("colleague", &here)),
        ];
        for (number, (who, act, field)) in ends.into_iter().enumerate() {
            let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
            assert_eq!(to_the_desk(&app)[number], Waiting, "{act}");
            let (client, path) = match who {
                "staff" => (&sofia, format!("/leads/{lead}/{act}")),
                "holder" => (&nils, format!("/portal/leads/{lead}/{act}")),
                _ => (&nora, format!("/portal/leads/{lead}/{act}")),
            };

            let answer = client.post(&path, &[field]).await;

            assert_eq!(answer.status(), 303, "{act}: {}", answer.text());
            assert_eq!(to_the_desk(&app)[number], Cancelled, "{act}");
        }
    }

    async fn a_lead_is_erased_or_expires_while_a_mailbox_waits_for_news_of_it(app) {
        tell_the_desk(&app, "lead.opened").await;
        let erased = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        app.a_lead().assigned_to(cast::NILS).opened().create().await;

        delete(&app, &erased).await;
        let (live, now) = (app.count("SELECT id AS n FROM assignments WHERE ended_at IS NULL"), app.now());
        app.write(move |tx| recall::expire(tx, &SystemScope::new("deadlines"), AssignmentId::new(live), now))
            .await
            .unwrap();

        assert_eq!(to_the_desk(&app), [Cancelled, Cancelled]);
    }

    async fn the_outbox_shows_the_mailbox_before_and_after_sending(app) {
        let server = SmtpServer::start().await;
        tell_the_desk(&app, "lead.opened").await;
        app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let ada = app.ada().await;
        let to_desk = |rows: Vec<String>| rows.into_iter().find(|row| row.contains(DESK));
        let waiting = to_desk(ada.get("/outbox").await.rows()).expect("it is listed");
        assert!(waiting.contains("Waiting") && !waiting.contains("Sofia"), "{waiting}");

        jobs::tick(&sending_by(&app, server.mailer())).await;

        assert_eq!(taken_by(&server, DESK).len(), 1);
        let sent = to_desk(ada.get("/outbox").await.rows()).expect("it is listed");
        assert!(sent.contains("Sent") && !sent.contains("Sofia"), "{sent}");
    }

    async fn an_act_on_many_leads_buries_neither_the_mailbox_nor_whoever_assigned_them(app) {
        let server = SmtpServer::start().await;
        tell_the_desk(&app, "lead.opened").await;
        let ada = app.ada().await;
        let page = ada.get("/settings/recipients").await;
        ada.submit(&page, "Save", &[("lead.opened.assigner", "")]).await;
        for _ in 0..24 {
            app.a_lead().assigned_to(cast::NILS).opened().create().await;
        }
        let declined = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        app.nils().await.post(&format!("/portal/leads/{declined}/decline"), &[("reason", "duplicate")]).await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        assert_eq!(taken_by(&server, DESK).len(), 21, "as many as one can read");
        let to_sofia: Vec<String> = taken_by(&server, cast::SOFIA).iter().map(|m| m.header("Subject")).collect();
        assert_eq!(to_sofia, ["A lead was given back"], "the messages to the mailbox are not hers");

        app.clock.advance(TimeDelta::hours(1));
        jobs::tick(&sending_by(&app, server.mailer())).await;

        let told = taken_by(&server, DESK);
        assert_eq!(told.len(), 22);
        // The one that was declined is no longer open.
        assert!(told[21].text().contains("A lead was opened: 3."), "{}", told[21].text());
        assert!(told[21].text().contains(&format!("{}/leads", app.origin)) && !told[21].text().contains("/notices"));
        assert!(to_the_desk(&app).iter().all(|state| matches!(state, Sent | Cancelled)), "{:?}", to_the_desk(&app));
    }
}
