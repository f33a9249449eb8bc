//! Another e-mail address of an account is told at the new address and at the old one.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::outbox as rows;
use leadgate::domain::outbox::Message::{AccountAddressChanged, AccountAddressLeft, AccountInvited};
use leadgate::domain::outbox::MessageState::{Cancelled, Failed, Sent};
use leadgate::jobs;

use super::{outbox, sending_by, states};
use crate::support::TestApp;
use crate::support::smtp::{Mood, SmtpServer};

const NEW: &str = "nora@southgate.example";

/// Ada gives Nora's account another address.
async fn change(app: &TestApp) {
    let ada = app.ada().await;
    let edit = format!("/users/{}/edit", app.reference_of(cast::NORA));
    let done = ada.submit(&ada.get(&edit).await, "Save user", &[("email", NEW)]).await;
    assert_eq!(done.status(), 303, "{}", done.text());
    remove_others(app);
}

/// Leaves the messages about the address alone: Ada's device was a new one.
fn remove_others(app: &TestApp) {
    diesel::delete(rows::table.filter(rows::kind.ne_all([AccountAddressChanged, AccountAddressLeft])))
        .execute(&mut app.conn())
        .unwrap();
}

fn kept_addresses(app: &TestApp) -> Vec<Option<String>> {
    let kept = rows::table.select(rows::former_address).order(rows::id);
    kept.load(&mut app.conn()).unwrap()
}

db_test! {
    async fn both_addresses_are_told_and_the_former_one_is_forgotten(app) {
        let server = SmtpServer::start().await;
        change(&app).await;
        assert_eq!(kept_addresses(&app), [None, Some(cast::NORA.to_owned())]);

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let messages = server.taken();
        assert_eq!(messages.len(), 2);
        assert_eq!((&messages[0].recipients[..], &messages[1].recipients[..]),
            (&[NEW.to_owned()][..], &[cast::NORA.to_owned()][..]));
        for message in &messages {
            assert_eq!(message.header("Subject"), "Your e-mail address was changed");
            assert!(message.text().contains(&format!("{}/sign-in", app.origin)), "{}", message.text());
        }
        assert!(!messages[1].raw.contains(NEW) && !messages[1].raw.contains("Nora L"), "{}", messages[1].raw);
        assert!(!messages[0].raw.contains(cast::NORA), "{}", messages[0].raw);
        assert_eq!(outbox(&app), [(AccountAddressChanged, Sent, 1), (AccountAddressLeft, Sent, 1)]);
        assert_eq!(kept_addresses(&app), [None, None]);
        let page = app.ada().await.get("/outbox").await;
        assert!(!page.source().contains(cast::NORA) && page.text().contains("at the former address"), "{}", page.text());
    }

    async fn a_former_address_that_is_gone_is_shown_until_the_message_is_cancelled(app) {
        let server = SmtpServer::start().await;
        server.set_mood(Mood::Refuses(cast::NORA.to_owned()));
        change(&app).await;
        jobs::tick(&sending_by(&app, server.mailer())).await;
        assert_eq!(states(&app), [Sent, Failed]);
        let ada = app.ada().await;

        let page = ada.get("/outbox?state=failed").await;
        assert!(page.rows()[0].contains(cast::NORA), "{:?}", page.rows());
        let cancel = page.forms().into_iter().find(|form| form.action.ends_with("/cancel")).unwrap();
        assert_eq!(ada.post(&cancel.action, &[]).await.status(), 303);

        remove_others(&app);
        assert_eq!(states(&app), [Sent, Cancelled]);
        assert_eq!(kept_addresses(&app), [None, None]);
        assert!(!ada.get("/outbox").await.source().contains(cast::NORA), "the server's words repeated it");
    }

    async fn whoever_is_invited_gets_the_invitation_alone(app) {
        let ada = app.ada().await;
        ada.post("/users", &[("name", "Jan Brandt"), ("email", "jan@vendor.example"), ("role", "staff")]).await;
        let edit = format!("/users/{}/edit", app.reference_of("jan@vendor.example"));

        ada.submit(&ada.get(&edit).await, "Save user", &[("email", "jan.brandt@vendor.example")]).await;

        let told: Vec<_> = outbox(&app).into_iter().map(|(message, ..)| message).collect();
        assert!(told.contains(&AccountInvited) && !told.contains(&AccountAddressLeft), "{told:?}");
    }

    async fn another_name_is_no_other_address(app) {
        let ada = app.ada().await;
        let edit = format!("/users/{}/edit", app.reference_of(cast::NORA));

        ada.submit(&ada.get(&edit).await, "Save user", &[("name", "Nora Berg")]).await;

        assert!(!app.messages_to(cast::NORA).iter().any(|kind| kind.starts_with("account.address")));
    }
}
