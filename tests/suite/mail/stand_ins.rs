//! Nobody is told who can't come in; and a lead that went back is told to somebody.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{outbox as rows, users};
use leadgate::db::types::AssignmentId;
use leadgate::domain::access::SystemScope;
use leadgate::domain::accounts::{self, NewUser, Role, password};
use leadgate::domain::outbox::{Message, events};

use crate::support::TestApp;

const JAN: &str = "jan@vendor.example";

/// Who is told of an event, by account.
fn told(app: &TestApp, event: Message) -> Vec<String> {
    rows::table
        .inner_join(users::table)
        .filter(rows::kind.eq(event))
        .select(users::email)
        .order(users::email)
        .load(&mut app.conn())
        .unwrap()
}

async fn suspend(app: &TestApp, email: &str) {
    let path = format!("/users/{}/suspend", app.reference_of(email));
    assert_eq!(app.ada().await.post(&path, &[]).await.status(), 303);
}

/// Jan, another member of staff, looks after Northwind.
async fn let_jan_look_after_northwind(app: &TestApp) {
    let (ada, now) = (app.admin_scope(), app.now());
    app.write(move |tx| {
        let jan = NewUser {
            email: JAN.to_owned(),
            name: "Jan Brandt".to_owned(),
            role: Role::Staff,
            partner: None,
            password_hash: Some(password::hash(cast::PASSWORD, password::Cost::CHEAPEST)),
        };
        accounts::create(tx, ada.actor(), &jan, now).map_err(anyhow::Error::from)
    })
    .await
    .unwrap();
    let ada = app.ada().await;
    let northwind = ada.get("/partners").await.link("Northwind");
    let page = ada.get(&format!("{northwind}/edit")).await;
    let saved = ada
        .submit(&page, "Save partner", &[("channel_manager", &app.reference_of(JAN))])
        .await;
    assert_eq!(saved.status(), 303, "{}", saved.text());
}

/// Nils declines one lead that Sofia assigned, and closes another.
async fn decline_and_close(app: &TestApp) {
    let nils = app.nils().await;
    let declined = app.a_lead().assigned_to(cast::NILS).create().await;
    let closed = app.a_lead().assigned_to(cast::NILS).opened().create().await;
    suspend(app, cast::SOFIA).await;
    let done = nils
        .post(&format!("/portal/leads/{declined}/decline"), &[("reason", "duplicate")])
        .await;
    assert_eq!(done.status(), 303);
    let lost = [("choice", crate::web::life::LOST)];
    let done = nils.post(&format!("/portal/leads/{closed}/closing"), &lost).await;
    assert_eq!(done.status(), 303);
}

db_test! {
    async fn whoever_looks_after_the_partner_hears_of_a_lead_whose_assigner_is_gone(app) {
        let_jan_look_after_northwind(&app).await;

        decline_and_close(&app).await;

        assert_eq!(told(&app, Message::LeadDeclined), [JAN]);
        assert_eq!(told(&app, Message::LeadClosed), Vec::<String>::new(), "nobody must act on it");
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM notices WHERE kind = 'lead.declined'"), 1);
    }

    async fn administrators_hear_of_it_where_nobody_looks_after_the_partner(app) {
        let_jan_look_after_northwind(&app).await;
        suspend(&app, JAN).await;

        decline_and_close(&app).await;

        assert_eq!(told(&app, Message::LeadDeclined), [cast::ADA]);
    }

    async fn a_lead_that_expires_is_told_to_somebody_too(app) {
        app.a_lead().assigned_to(cast::NILS).create().await;
        suspend(&app, cast::SOFIA).await;
        let (live, now) = (app.count("SELECT id AS n FROM assignments"), app.now());

        app.write(move |tx| {
            let assignment = AssignmentId::new(live);
            leadgate::domain::assignments::recall::expire(tx, &SystemScope::new("deadlines"), assignment, now)?;
            events::tell_staff(tx, Message::LeadExpired, assignment, None, now)?;
            Ok::<_, anyhow::Error>(())
        })
        .await
        .unwrap();

        assert_eq!(told(&app, Message::LeadExpired), [cast::ADA]);
    }

    async fn where_the_settings_name_nobody_nobody_is_told(app) {
        let ada = app.ada().await;
        let page = ada.get("/settings/recipients").await;
        ada.submit(&page, "Save", &[("lead.declined.assigner", "")]).await;

        decline_and_close(&app).await;

        assert_eq!(told(&app, Message::LeadDeclined), Vec::<String>::new());
    }
}
