//! Who may not act though there is an account: people and partners that are not active, those who owe a second factor,
//! and partners where their own access is concerned.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{partners, users};
use leadgate::db::types::Reference;
use leadgate::domain::accounts::UserState;
use leadgate::domain::partners::PartnerState;
use leadgate::web::{Audience, ROUTES};

use crate::support::TestApp;
use crate::support::client::{Client, Page};
use crate::support::dump::dump;
use crate::web::second_factor::require;
use crate::web::users::{href, partner};

const ENROLMENT: &str = "/account/second-factor";

/// What this person is told by every route that is not for everybody.
async fn everywhere(client: &Client) -> Vec<(String, Page)> {
    let mut told = Vec::new();
    for route in ROUTES
        .iter()
        .filter(|route| route.audience != Audience::Anybody && route.path != ENROLMENT)
    {
        let path = route
            .path
            .replace("{reference}", Reference::random().as_str())
            .replace("{version}", "1");
        for method in route.methods {
            let page = match *method {
                "get" => client.get(&path).await,
                _ => {
                    client
                        .post(&path, &[("name", "x"), ("email", "x@northwind.example")])
                        .await
                }
            };
            told.push((format!("{method} {path}"), page));
        }
    }
    assert!(told.len() > 80);
    told
}

fn set(app: &TestApp, state: UserState) {
    diesel::update(users::table.filter(users::email.eq_any([cast::NORA, cast::NILS, cast::SOFIA, cast::ADA])))
        .set(users::state.eq(state))
        .execute(&mut app.conn())
        .unwrap();
}

db_test! {
    async fn whoever_is_not_active_reaches_nothing_with_a_session_that_is_left(app) {
        let people = [app.nora().await, app.nils().await, app.sofia().await, app.ada().await];
        for state in [UserState::Invited, UserState::Suspended] {
            set(&app, state);
            for person in &people {
                for (what, page) in everywhere(person).await {
                    assert!(page.status() == 303 && page.location().starts_with("/sign-in"), "{what}: {}", page.status());
                    assert!(page.body.is_empty(), "{what}");
                }
            }
        }
    }

    async fn people_of_a_suspended_partner_reach_nothing_with_a_session_that_is_left(app) {
        let people = [app.nora().await, app.nils().await];
        diesel::update(partners::table).set(partners::state.eq(PartnerState::Suspended)).execute(&mut app.conn()).unwrap();

        for person in &people {
            for (what, page) in everywhere(person).await {
                assert!(page.status() == 303 && page.location().starts_with("/sign-in"), "{what}: {}", page.status());
            }
        }
    }

    async fn who_owes_a_second_factor_reaches_its_enrolment_alone(app) {
        let (ada, sofia) = (app.ada().await, app.sofia().await);
        require(&app, &ada).await;
        let stored = || {
            let mut all = dump(&mut app.conn(), app.backend);
            all.remove("sessions");
            all
        };
        let before = stored();

        for person in [&ada, &sofia] {
            for (what, page) in everywhere(person).await {
                assert!(page.status() == 303 && page.location() == ENROLMENT, "{what}: {}", page.status());
            }
        }

        assert_eq!(stored(), before);
    }

    async fn a_partner_can_not_change_the_conditions_of_its_own_access(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let conditions = || {
            app.text("SELECT p.name || p.country || p.state || u.role || u.state || CASE WHEN a.ended_at IS NULL THEN 'open' ELSE 'ended' END AS t \
                      FROM assignments a JOIN users u ON u.id = a.user_id JOIN partners p ON p.id = u.partner_id")
        };
        let before = conditions();
        let company = format!("/partners/{}", partner(&app, "Northwind"));
        let own = [href(&app, cast::NORA), href(&app, cast::NILS)];

        for client in [app.nora().await, app.nils().await] {
            for path in [
                format!("{company}/edit"), format!("{company}/resume"), format!("{}/edit", own[0]), format!("{}/edit", own[1]),
                format!("{}/resume", own[0]), format!("/leads/{lead}/assign"), format!("/leads/{lead}/confirm"),
                "/settings/deadlines".to_owned(), "/settings/lead-distribution/module".to_owned(),
            ] {
                let fields = [("name", "Nordic"), ("country", "US"), ("role", "administrator"), ("permission", "1"), ("open_within", "")];
                assert_eq!(client.post(&path, &fields).await.status(), 403, "{path}");
            }
        }

        assert_eq!(conditions(), before);
    }
}
