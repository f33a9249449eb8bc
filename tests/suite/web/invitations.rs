//! Invitations: the link in the mail, the password behind it, and links that work no longer.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{one_time_links, outbox, users};
use leadgate::db::types::{LinkId, UserId};
use leadgate::domain::accounts::one_time_link::{self, Purpose};

use super::users::{href, partner};
use crate::support::TestApp;
use crate::support::client::Client;

const EMAIL: &str = "jan@northwind.example";
const PASSWORD: &str = "seven herons walk home";

/// Ada invites Jan of Northwind.
async fn invite(app: &TestApp, ada: &Client) {
    let northwind = partner(app, "Northwind");
    let fields = [
        ("name", "Jan Brandt"),
        ("email", EMAIL),
        ("role", "partner_member"),
        ("partner", northwind.as_str()),
    ];
    let answer = ada.post("/users", &fields).await;
    assert_eq!(answer.status(), 303, "{}", answer.text());
}

/// The path of the link that the newest invitation carries, as the mail will show it.
fn link(app: &TestApp) -> String {
    let mut conn = app.conn();
    let id: LinkId = one_time_links::table
        .filter(one_time_links::purpose.eq(Purpose::Invitation))
        .select(one_time_links::id)
        .order(one_time_links::id.desc())
        .first(&mut conn)
        .unwrap();
    let token = one_time_link::token(&mut conn, app.state.link_key(), id, app.now())
        .unwrap()
        .expect("the link works");
    let url = token.url(app.state.base_url().origin(), Purpose::Invitation);
    url.strip_prefix(app.state.base_url().origin()).unwrap().to_owned()
}

fn state(app: &TestApp) -> String {
    users::table
        .filter(users::email.eq(EMAIL))
        .select(users::state)
        .first(&mut app.conn())
        .unwrap()
}

/// Opens the link and sets a password there.
async fn accept(client: &Client, link: &str) -> u16 {
    let token = link.split_once('=').unwrap().1;
    let fields = [("token", token), ("password", PASSWORD), ("password_again", PASSWORD)];
    client.post("/invitation", &fields).await.status()
}

db_test! {
    async fn an_invited_user_sets_a_password_and_comes_in(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let jan = app.anybody();

        let page = jan.get(&link(&app)).await;
        assert_eq!(page.heading(), "Welcome, Jan Brandt");
        assert!(page.text().contains("as partner member of Northwind"), "{}", page.text());
        let done = jan.submit(&page, "Set password", &[("password", PASSWORD), ("password_again", PASSWORD)]).await;

        assert_eq!(done.location(), "/sign-in");
        assert!(jan.follow(&done).await.flash().contains("Your password is set"));
        let page = jan.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(page.location(), "/portal");
    }

    async fn the_mail_is_queued_for_the_invited_alone_and_stores_no_token(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;

        let mut conn = app.conn();
        let rows: Vec<(String, UserId, Option<i64>, String)> = outbox::table
            .select((outbox::kind, outbox::recipient_id, outbox::link_id, outbox::state))
            .filter(outbox::kind.eq("account.invited"))
            .load(&mut conn)
            .unwrap();
        let jan: UserId = users::table.filter(users::email.eq(EMAIL)).select(users::id).first(&mut conn).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].1, rows[0].2.is_some(), rows[0].3.as_str()), (jan, true, "waiting"));

        let path = link(&app);
        let token = path.split_once('=').unwrap().1;
        assert_eq!(token.len(), 64, "256 bits");
        let stored: Vec<(String, String)> = one_time_links::table
            .select((one_time_links::seed, one_time_links::token_hash))
            .load(&mut conn)
            .unwrap();
        assert!(stored.iter().all(|(seed, hash)| seed != token && hash != token));
        let page = ada.get(&href(&app, EMAIL)).await;
        assert!(!page.source().contains(token), "not even the administrator sees it");
    }

    async fn looking_at_the_link_does_not_use_it(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let path = link(&app);

        for _ in 0..3 {
            assert_eq!(app.anybody().get(&path).await.status(), 200);
            assert_eq!(app.anybody().request("HEAD", &path, &[], "").await.status(), 200);
        }

        assert_eq!(accept(&app.anybody(), &path).await, 303);
    }

    async fn a_used_link_works_no_longer(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let path = link(&app);
        assert_eq!(accept(&app.anybody(), &path).await, 303);

        let page = app.anybody().get(&path).await;
        assert_eq!(page.status(), 410);
        assert_eq!(page.heading(), "This invitation works no longer");
        assert_eq!(page.link("Sign in"), "/sign-in");
        assert_eq!(accept(&app.anybody(), &path).await, 410);
    }

    async fn one_of_two_at_once_uses_the_link(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let path = link(&app);
        let (one, two) = (app.anybody(), app.anybody());

        let (first, second) = futures_util::future::join(accept(&one, &path), accept(&two, &path)).await;

        let mut both = [first, second];
        both.sort_unstable();
        assert_eq!(both, [303, 410]);
    }

    async fn a_link_runs_out_after_a_day_and_is_sent_again(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let old = link(&app);

        app.clock.advance(TimeDelta::hours(24));
        assert_eq!(app.anybody().get(&old).await.status(), 410);
        assert_eq!(accept(&app.anybody(), &old).await, 410);

        let ada = app.ada().await;
        let page = ada.get(&href(&app, EMAIL)).await;
        assert!(page.text().contains("works no longer, and no password was set"));
        let done = ada.submit(&page, "Send a new invitation", &[]).await;
        assert!(ada.follow(&done).await.flash().contains("A new invitation is on its way"));
        assert_eq!(accept(&app.anybody(), &link(&app)).await, 303);
        assert_eq!(ada.post(&format!("{}/invite", href(&app, EMAIL)), &[]).await.status(), 409);
    }

    async fn a_new_invitation_ends_the_one_before(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let first = link(&app);
        ada.post(&format!("{}/invite", href(&app, EMAIL)), &[]).await;
        let second = link(&app);

        assert_eq!(app.anybody().get(&first).await.status(), 410);
        assert_eq!(app.anybody().get(&second).await.status(), 200);
    }

    async fn another_address_gets_another_link(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let first = link(&app);
        let edit = ada.get(&format!("{}/edit", href(&app, EMAIL))).await;

        ada.submit(&edit, "Save user", &[("email", "jan.brandt@northwind.example")]).await;

        assert_eq!(app.anybody().get(&first).await.status(), 410);
        assert_eq!(app.anybody().get(&link(&app)).await.status(), 200);
    }

    async fn suspending_ends_the_invitation(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let path = link(&app);
        let jan = href(&app, EMAIL);

        ada.post(&format!("{jan}/suspend"), &[]).await;
        assert_eq!(app.anybody().get(&path).await.status(), 410);
        assert_eq!(accept(&app.anybody(), &path).await, 410);

        let page = ada.get(&format!("{jan}/resume")).await;
        assert!(page.text().contains("is sent a new invitation"));
        ada.submit(&page, "Resume user", &[]).await;
        assert_eq!(state(&app), "invited");
        assert_eq!(accept(&app.anybody(), &link(&app)).await, 303);
    }

    async fn suspending_the_partner_ends_the_invitation(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let path = link(&app);

        ada.post(&format!("/partners/{}/suspend", partner(&app, "Northwind")), &[]).await;

        assert_eq!(accept(&app.anybody(), &path).await, 410);
        assert_eq!(state(&app), "invited");
    }

    async fn a_weak_password_is_refused_and_the_link_stays(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let jan = app.anybody();
        let page = jan.get(&link(&app)).await;
        assert!(page.source().contains("autocomplete=\"new-password\""));

        let refused = jan.submit(&page, "Set password", &[("password", "short"), ("password_again", "short")]).await;
        assert_eq!(refused.status(), 422);
        assert!(refused.errors()[0].contains("15 characters"), "{:?}", refused.errors());
        let refused = jan.submit(&page, "Set password", &[("password", "jan brandt northwind 1"), ("password_again", "jan brandt northwind 1")]).await;
        assert_eq!(refused.status(), 422);
        let refused = jan.submit(&page, "Set password", &[("password", PASSWORD), ("password_again", "something else here")]).await;
        assert_eq!(refused.errors(), ["Enter the same password as above"]);
        assert_eq!(refused.value("password"), "", "a password is never sent back");

        assert_eq!(accept(&jan, &link(&app)).await, 303);
    }

    async fn whoever_is_invited_can_not_sign_in_yet(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;

        for password in ["", PASSWORD, cast::PASSWORD] {
            let page = app.anybody().post("/sign-in", &[("email", EMAIL), ("password", password)]).await;
            assert_eq!(page.status(), 422);
        }
    }

    async fn the_token_of_one_purpose_opens_no_other(app) {
        let ada = app.ada().await;
        invite(&app, &ada).await;
        let path = link(&app);
        let token = path.split_once('=').unwrap().1;

        assert_eq!(app.anybody().get(&format!("/first-run?token={token}")).await.status(), 410);
        assert_eq!(app.anybody().get("/invitation?token=").await.status(), 410);
        assert_eq!(app.anybody().get("/invitation").await.status(), 410);
        assert_eq!(app.anybody().get(&format!("/invitation?token={}", "0".repeat(64))).await.status(), 410);
    }

    async fn the_links_host_is_the_configured_one_alone(app) {
        let ada = app.ada().await;
        let fields = "name=Eve&email=eve%40vendor.example&role=staff";
        let headers = [("x-forwarded-host", "evil.example"), ("origin", app.origin.as_str()),
            ("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(ada.request("POST", "/users", &headers, fields).await.status(), 303);

        let mut conn = app.conn();
        let id: LinkId = one_time_links::table.select(one_time_links::id).first(&mut conn).unwrap();
        let token = one_time_link::token(&mut conn, app.state.link_key(), id, app.now()).unwrap().unwrap();

        assert!(token.url(app.state.base_url().origin(), Purpose::Invitation).starts_with(&format!("{}/invitation?token=", app.origin)));
    }
}
