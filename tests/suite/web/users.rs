//! Users: the list, one user, inviting, changing, suspending, signing out.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{audit_events, partners, users};
use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::client::Client;

/// The address of a user.
pub fn href(app: &TestApp, email: &str) -> String {
    let reference: Reference = users::table
        .filter(users::email.eq(email))
        .select(users::reference)
        .first(&mut app.conn())
        .unwrap();
    format!("/users/{reference}")
}

pub fn partner(app: &TestApp, name: &str) -> String {
    let reference: Reference = partners::table
        .filter(partners::name.eq(name))
        .select(partners::reference)
        .first(&mut app.conn())
        .unwrap();
    reference.to_string()
}

/// Whether the sign-in page sends this person on to the start page.
async fn is_signed_in(client: &Client) -> bool {
    client.get("/sign-in").await.status() == 303
}

fn details(app: &TestApp, act: &str) -> Vec<String> {
    audit_events::table
        .filter(audit_events::action.eq(act))
        .select(audit_events::detail)
        .order(audit_events::id)
        .load(&mut app.conn())
        .unwrap()
}

db_test! {
    async fn administrators_see_every_user(app) {
        let ada = app.ada().await;

        let page = ada.get("/users").await;

        assert_eq!(page.heading(), format!("Users {} users", page.rows().len()));
        assert_eq!(page.rows()[0], "Ada Berg ada@vendor.example Administrator Active just now");
        let nils = "Nils Holm nils@northwind.example Partner member Northwind Active Never".to_owned();
        assert!(page.rows().contains(&nils), "{:?}", page.rows());
        let page = ada.get(&page.link("Nils Holm")).await;
        assert_eq!(page.heading(), "User: Nils Holm");
        assert_eq!(ada.get(&page.link("Northwind")).await.heading(), "Partner: Northwind");
    }

    async fn the_list_is_searched_and_filtered(app) {
        let ada = app.ada().await;
        let northwind = partner(&app, "Northwind");

        assert_eq!(ada.get("/users?q=NORA+northwind").await.rows().len(), 1);
        assert_eq!(ada.get("/users?role=staff").await.rows().len(), 1);
        assert_eq!(ada.get(&format!("/users?partner={northwind}")).await.rows().len(), 2);
        let none = ada.get("/users?state=suspended&q=%25").await;
        assert!(none.text().contains("No user matches"));
        assert!(none.text().contains("Status: Suspended"));
        assert_eq!(ada.get("/users?role=boss").await.status(), 400);
        assert_eq!(ada.get(&format!("/users?partner={}", Reference::random())).await.heading(), "Users 0 users");
    }

    async fn the_list_goes_on_page_by_page(app) {
        let ada = app.ada().await;
        for number in 0..55 {
            let (name, email) = (format!("Person {number:02}"), format!("p{number}@vendor.example"));
            let answer = ada.post("/users", &[("name", &name), ("email", &email), ("role", "staff")]).await;
            assert_eq!(answer.status(), 303);
        }

        let first = ada.get("/users?role=staff&q=person").await;
        let second = ada.get(&first.link("Next")).await;

        assert_eq!((first.rows().len(), second.rows().len()), (50, 5));
        let mut all = first.rows();
        all.extend(second.rows());
        assert!(all.windows(2).all(|pair| pair[0].to_lowercase() < pair[1].to_lowercase()), "{all:?}");
        assert_eq!(ada.get(&second.link("Previous")).await.rows(), first.rows());
    }

    async fn the_form_of_a_user_says_everything_that_is_wrong(app) {
        let ada = app.ada().await;
        let northwind = partner(&app, "Northwind");

        let empty = ada.post("/users", &[]).await;
        assert_eq!(empty.status(), 422);
        assert_eq!(empty.errors(), ["Enter a name", "Enter an e-mail address", "Choose what this person does here"]);

        let odd = ada.post("/users", &[("name", "Jan Brandt"), ("email", "jan"), ("role", "partner_member")]).await;
        assert_eq!(odd.errors(), [
            "Enter an e-mail address in the format name@example.com",
            "Choose the partner that this person works at",
        ]);
        assert_eq!((odd.value("name").as_str(), odd.value("email").as_str(), odd.value("role").as_str()),
            ("Jan Brandt", "jan", "partner_member"));

        let both = ada.post("/users", &[("name", "J"), ("email", "j@x.example"), ("role", "staff"), ("partner", &northwind)]).await;
        assert_eq!(both.errors().len(), 1);
        assert_eq!(both.value("partner"), northwind);

        let gone = Reference::random().to_string();
        let fields = [("name", "J"), ("email", "j@x.example"), ("role", "partner_member"), ("partner", gone.as_str())];
        assert_eq!(ada.post("/users", &fields).await.errors(), ["This partner is not there any more: choose another one"]);

        let header = [("name", "J"), ("email", "j@x.example\r\nBcc: x@y.example"), ("role", "staff")];
        assert_eq!(ada.post("/users", &header).await.status(), 422);
    }

    async fn an_address_has_one_account_however_it_is_spelt(app) {
        let ada = app.ada().await;

        let page = ada.post("/users", &[("name", "Nora Again"), ("email", "NORA@northwind.example"), ("role", "staff")]).await;

        assert_eq!(page.status(), 422);
        assert_eq!(page.errors(), ["There is a user with this e-mail address already: enter another one, or edit that user"]);
        assert_eq!(page.value("email"), "NORA@northwind.example");

        let edit = ada.get(&format!("{}/edit", href(&app, cast::SAM))).await;
        let page = ada.submit(&edit, "Save user", &[("email", cast::NORA)]).await;
        assert_eq!(page.status(), 422);
        assert_eq!(page.errors().len(), 1);
    }

    async fn a_user_is_invited_once_even_when_the_form_is_sent_twice(app) {
        let ada = app.ada().await;
        let form = ada.get("/users/new").await;
        let fields = [("name", "Jan Brandt"), ("email", "jan@vendor.example"), ("role", "staff")];

        let first = ada.submit(&form, "Invite user", &fields).await;
        let second = ada.submit(&form, "Invite user", &fields).await;

        assert_eq!((first.status(), second.status()), (303, 303));
        assert_eq!(first.location(), second.location());
        assert_eq!(details(&app, "user.invited").len(), 1);
    }

    async fn a_partners_page_leads_to_an_invitation_for_it(app) {
        let ada = app.ada().await;
        let northwind = partner(&app, "Northwind");

        let page = ada.get(&format!("/partners/{northwind}")).await;
        let form = ada.get(&page.link("Invite user")).await;

        assert_eq!(form.value("partner"), northwind);
        assert_eq!(ada.get("/users/new?partner=zzz").await.value("partner"), "");
    }

    async fn a_changed_role_holds_on_the_next_request_of_every_session(app) {
        let ada = app.ada().await;
        let (desk, phone) = (app.sofia().await, app.sofia().await);
        let edit = ada.get(&format!("{}/edit", href(&app, cast::SOFIA))).await;

        let fields = [("role", "partner_member"), ("partner", &partner(&app, "Southgate"))];
        let saved = ada.submit(&edit, "Save user", &fields).await;

        assert_eq!(saved.status(), 303);
        for session in [&desk, &phone] {
            for _ in 0..50 {
                assert_eq!(session.get("/leads").await.location(), "/sign-in?next=%2Fleads");
            }
        }
        let sofia = app.sofia().await;
        assert_eq!(sofia.get("/leads").await.status(), 403);
        assert_eq!(details(&app, "user.edited"), ["role, partner; role staff -> partner_member"]);
    }

    async fn another_role_takes_a_fresh_proof(app) {
        let ada = app.ada().await;
        app.clock.advance(TimeDelta::minutes(11));
        let edit = ada.get(&format!("{}/edit", href(&app, cast::NILS))).await;

        let asked = ada.submit(&edit, "Save user", &[("role", "partner_manager")]).await;
        assert_eq!(asked.status(), 403);
        assert_eq!(asked.errors(), ["Enter your password again: this needs to be you"]);
        assert_eq!(asked.value("role"), "partner_manager");
        assert_eq!(details(&app, "user.edited").len(), 0);
        let saved = ada.submit(&asked, "Save user", &[("proof", cast::PASSWORD)]).await;
        assert_eq!(saved.status(), 303);

        app.clock.advance(TimeDelta::minutes(11));
        let form = ada.get("/users/new").await;
        let fields = [("name", "Eve Ek"), ("email", "eve@vendor.example"), ("role", "administrator")];
        assert_eq!(ada.submit(&form, "Invite user", &fields).await.status(), 403);
        let edit = ada.get(&format!("{}/edit", href(&app, cast::NILS))).await;
        assert_eq!(ada.submit(&edit, "Save user", &[("name", "Nils H")]).await.status(), 303, "a name takes none");
    }

    async fn another_address_or_partner_and_every_invitation_of_the_vendors_people_take_a_fresh_proof(app) {
        let (ada, southgate) = (app.ada().await, partner(&app, "Southgate"));
        app.clock.advance(TimeDelta::minutes(11));
        let before = (app.count("SELECT COUNT(*) AS n FROM users"), details(&app, "user.edited").len());
        let edit = ada.get(&format!("{}/edit", href(&app, cast::NILS))).await;

        for change in [("email", "thief@evil.example"), ("partner", southgate.as_str())] {
            let asked = ada.submit(&edit, "Save user", &[change]).await;
            assert_eq!(asked.status(), 403, "{change:?}");
            assert_eq!(asked.errors(), ["Enter your password again: this needs to be you"]);
            assert_eq!(asked.value(change.0), change.1);
        }
        let form = ada.get("/users/new").await;
        for role in ["staff", "administrator"] {
            let fields = [("name", "Eve Ek"), ("email", "eve@vendor.example"), ("role", role)];
            assert_eq!(ada.submit(&form, "Invite user", &fields).await.status(), 403, "{role}");
        }
        assert_eq!((app.count("SELECT COUNT(*) AS n FROM users"), details(&app, "user.edited").len()), before);

        let fields = [("name", "Ole Ek"), ("email", "ole@southgate.example"), ("role", "partner_member"), ("partner", southgate.as_str())];
        assert_eq!(ada.submit(&form, "Invite user", &fields).await.status(), 303, "who can't see anybody else's leads takes none");
        let proved = [("email", "nils.holm@northwind.example"), ("proof", cast::PASSWORD)];
        assert_eq!(ada.submit(&edit, "Save user", &proved[..1]).await.status(), 403);
        let asked = ada.submit(&edit, "Save user", &proved[..1]).await;
        assert_eq!(ada.submit(&asked, "Save user", &proved).await.status(), 303);
    }

    async fn a_new_name_ends_no_session(app) {
        let (ada, sofia) = (app.ada().await, app.sofia().await);
        let edit = ada.get(&format!("{}/edit", href(&app, cast::SOFIA))).await;

        ada.submit(&edit, "Save user", &[("name", "Sofia Lindgren")]).await;

        assert!(sofia.get("/leads").await.text().contains("Sofia Lindgren"));
        assert_eq!(details(&app, "user.edited"), ["name"]);
    }

    async fn two_administrators_change_a_user_and_nothing_typed_is_lost(app) {
        let (ada, other) = (app.ada().await, app.ada().await);
        let edit = format!("{}/edit", href(&app, cast::NILS));
        let (first, second) = (ada.get(&edit).await, other.get(&edit).await);

        assert_eq!(ada.submit(&first, "Save user", &[("role", "partner_manager")]).await.status(), 303);
        let stale = other.submit(&second, "Save user", &[("name", "Nils Holmgren")]).await;

        assert_eq!(stale.status(), 409);
        assert!(stale.text().contains("Somebody else changed this user meanwhile"));
        assert!(stale.text().contains("Role Partner manager"), "{}", stale.text());
        assert_eq!(stale.value("name"), "Nils Holmgren");
        assert_eq!(other.submit(&stale, "Save user", &[]).await.status(), 303);
        assert_eq!(other.get(&href(&app, cast::NILS)).await.heading(), "User: Nils Holmgren");
    }

    async fn suspending_a_user_holds_on_the_next_request_of_every_session(app) {
        let ada = app.ada().await;
        let (desk, phone) = (app.sofia().await, app.sofia().await);
        let sofia = href(&app, cast::SOFIA);

        let page = ada.get(&format!("{sofia}/suspend")).await;
        assert!(page.text().contains("2 open sessions end at once"), "{}", page.text());
        let done = ada.submit(&page, "Suspend user", &[]).await;

        for session in [&desk, &phone] {
            for _ in 0..50 {
                assert_eq!(session.get("/leads").await.status(), 303);
            }
            assert!(!is_signed_in(session).await);
        }
        assert!(ada.follow(&done).await.text().contains("is suspended and can’t sign in"));
        let refused = app.anybody().post("/sign-in", &[("email", cast::SOFIA), ("password", cast::PASSWORD)]).await;
        assert_eq!(refused.status(), 422);
        assert_eq!(details(&app, "user.suspended"), ["sessions ended: 2"]);

        let page = ada.get(&format!("{sofia}/resume")).await;
        ada.submit(&page, "Resume user", &[]).await;
        assert!(!is_signed_in(&desk).await, "the old session stays ended");
        assert!(is_signed_in(&app.sofia().await).await);
    }

    async fn suspension_holds_against_requests_that_are_under_way(app) {
        let ada = app.ada().await;
        let sofia = app.sofia().await;
        let path = format!("{}/suspend", href(&app, cast::SOFIA));

        let requests: Vec<_> = (0..100).map(|_| sofia.get("/leads")).collect();
        let (_, done) = futures_util::future::join(futures_util::future::join_all(requests), ada.post(&path, &[])).await;

        assert_eq!(done.status(), 303);
        for _ in 0..100 {
            assert_eq!(sofia.get("/leads").await.status(), 303);
        }
    }

    async fn the_last_administrator_can_not_be_shut_out(app) {
        let ada = app.ada().await;
        let own = href(&app, cast::ADA);

        let page = ada.get(&format!("{own}/suspend")).await;
        assert!(page.text().contains("This is the only active administrator"));
        assert!(!page.has_button("Suspend user"));
        let refused = ada.post(&format!("{own}/suspend"), &[]).await;
        assert_eq!(refused.status(), 409);
        assert_eq!(refused.heading(), "The last administrator can’t be suspended");

        let edit = ada.get(&format!("{own}/edit")).await;
        let refused = ada.submit(&edit, "Save user", &[("role", "staff")]).await;
        assert_eq!(refused.status(), 422);
        assert!(refused.errors()[0].starts_with("This is the only active administrator"));
        assert!(is_signed_in(&ada).await);
    }

    async fn two_administrators_who_suspend_one_another_leave_one(app) {
        let ada = app.ada().await;
        let edit = ada.get(&format!("{}/edit", href(&app, cast::SOFIA))).await;
        ada.submit(&edit, "Save user", &[("role", "administrator")]).await;
        let sofia = app.sofia().await;
        let (a, s) = (format!("{}/suspend", href(&app, cast::ADA)), format!("{}/suspend", href(&app, cast::SOFIA)));

        let (first, second) = futures_util::future::join(ada.post(&s, &[]), sofia.post(&a, &[])).await;

        assert!([first.status(), second.status()].contains(&303), "{} {}", first.status(), second.status());
        let left: i64 = users::table
            .filter(users::role.eq("administrator").and(users::state.eq("active")))
            .count()
            .get_result(&mut app.conn())
            .unwrap();
        assert_eq!(left, 1);
    }

    async fn an_administrator_signs_one_user_or_everybody_out(app) {
        let (ada, sofia, nora) = (app.ada().await, app.sofia().await, app.nora().await);

        let page = ada.get(&href(&app, cast::SOFIA)).await;
        let done = ada.submit(&page, "Sign out everywhere", &[]).await;
        assert_eq!(ada.follow(&done).await.flash(), "1 session is ended.");
        assert!(!is_signed_in(&sofia).await);
        assert!(is_signed_in(&nora).await);

        let page = ada.get("/users/sign-out").await;
        assert!(page.text().contains("2 open sessions end of 2 people at once, yours too"), "{}", page.text());
        let done = ada.submit(&page, "Sign everybody out", &[]).await;
        assert_eq!(done.location(), "/sign-in");
        assert!(!is_signed_in(&nora).await);
        assert!(!is_signed_in(&ada).await);
        assert_eq!(details(&app, "everybody.signed_out").len(), 1);
    }

    async fn no_form_sets_or_shows_a_password_of_somebody_else(app) {
        let ada = app.ada().await;

        for path in ["/users/new".to_owned(), href(&app, cast::SOFIA), format!("{}/edit", href(&app, cast::SOFIA))] {
            let page = ada.get(&path).await;
            assert!(!page.source().contains("type=\"password\""), "{path}");
            assert!(!page.source().contains("argon2"), "{path}");
        }
        let before: Option<String> = users::table.filter(users::email.eq(cast::SOFIA)).select(users::password_hash)
            .first(&mut app.conn()).unwrap();
        let edit = ada.get(&format!("{}/edit", href(&app, cast::SOFIA))).await;
        ada.submit(&edit, "Save user", &[("password", "a password of mine"), ("password_hash", "x"), ("state", "suspended")]).await;
        let after: (Option<String>, String) = users::table.filter(users::email.eq(cast::SOFIA))
            .select((users::password_hash, users::state)).first(&mut app.conn()).unwrap();
        assert_eq!(after, (before, "active".to_owned()));
    }

    async fn nobody_gets_in_who_should_not(app) {
        let (anybody, sofia, nora, ada) = (app.anybody(), app.sofia().await, app.nora().await, app.ada().await);
        let (sam, unknown) = (href(&app, cast::SAM), format!("/users/{}", Reference::random()));

        let pages = ["/users".to_owned(), "/users/new".to_owned(), "/users/sign-out".to_owned(), sam.clone(), format!("{sam}/edit")];
        for path in &pages {
            assert_eq!(anybody.get(path).await.status(), 303, "{path}");
            assert_eq!(sofia.get(path).await.status(), 403, "{path}");
            assert_eq!(nora.get(path).await.status(), 403, "{path}");
        }
        for what in ["edit", "suspend", "resume", "invite", "sign-out"] {
            for person in [&sofia, &nora] {
                assert_eq!(person.post(&format!("{sam}/{what}"), &[]).await.status(), 403, "{what}");
            }
            assert_eq!(anybody.post(&format!("{sam}/{what}"), &[]).await.location(), "/sign-in");
            let fields = [("name", "X"), ("email", "x@y.example"), ("role", "staff"), ("version", "0")];
            assert_eq!(ada.post(&format!("{unknown}/{what}"), &fields).await.status(), 404, "{what}");
        }
        assert_eq!(ada.get(&unknown).await.status(), 404);
        assert_eq!(ada.get("/users/sofia").await.status(), 404);
    }

    async fn the_audit_log_names_no_user_but_by_reference(app) {
        let ada = app.ada().await;
        ada.post("/users", &[("name", "Jan Brandt"), ("email", "jan@vendor.example"), ("role", "staff")]).await;
        let edit = ada.get(&format!("{}/edit", href(&app, "jan@vendor.example"))).await;
        ada.submit(&edit, "Save user", &[("email", "jan.brandt@vendor.example"), ("name", "Jan B")]).await;

        let rows: Vec<(String, String)> = audit_events::table
            .select((audit_events::detail, audit_events::subject_reference))
            .load(&mut app.conn())
            .unwrap();

        assert!(rows.iter().all(|(detail, reference)| !detail.contains("jan") && !reference.contains("jan")), "{rows:?}");
    }
}
