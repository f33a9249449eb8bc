//! One row for each act: what administrators do to people and partners, what people do to their accounts, and what is
//! refused to them.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::audit_events;
use leadgate::domain::accounts::second_factor::secret::Secret;
use leadgate::domain::audit::Act;
use leadgate::jobs;

use super::users::{href, partner};
use crate::support::TestApp;
use crate::support::client::{Client, Page};

/// The acts that some work leaves in the log, in their order.
async fn acts_of<T>(app: &TestApp, work: impl Future<Output = T>) -> Vec<Act> {
    let written = |conn: &mut leadgate::db::DbConn| -> Vec<Act> {
        let rows = audit_events::table.select(audit_events::action).order(audit_events::id);
        rows.load(conn).unwrap()
    };
    let before = written(&mut app.conn()).len();
    work.await;
    written(&mut app.conn()).split_off(before)
}

/// Fills the form of a page and sends it; it must be taken.
async fn done(client: &Client, path: &str, button: &str, changes: &[(&str, &str)]) -> Page {
    let page = client.submit(&client.get(path).await, button, changes).await;
    assert_eq!(page.status(), 303, "{button} at {path}: {}", page.text());
    page
}

async fn wrong_password(client: &Client, email: &str) -> u16 {
    client
        .post("/sign-in", &[("email", email), ("password", "wrong")])
        .await
        .status()
}

db_test! {
    async fn what_is_done_to_a_user(app) {
        let ada = app.ada().await;
        let fields = [("name", "Jan Brandt"), ("email", "jan@vendor.example"), ("role", "staff")];
        assert_eq!(acts_of(&app, ada.post("/users", &fields)).await, [Act::UserCreated, Act::UserInvited]);
        let jan = href(&app, "jan@vendor.example");
        assert_eq!(acts_of(&app, done(&ada, &jan, "Send a new invitation", &[])).await, [Act::UserInvited]);

        let token = app.mailed_token("jan@vendor.example").unwrap();
        let (client, password) = (app.anybody(), "seven herons walk home");
        let fields = [("token", token.as_str()), ("password", password), ("password_again", password)];
        assert_eq!(acts_of(&app, client.post("/invitation", &fields)).await, [Act::InvitationAccepted]);

        app.sofia().await;
        let sofia = href(&app, cast::SOFIA);
        let edit = format!("{sofia}/edit");
        assert_eq!(acts_of(&app, done(&ada, &edit, "Save user", &[("name", "Sofia L")])).await, [Act::UserEdited]);
        assert_eq!(acts_of(&app, done(&ada, &edit, "Save user", &[])).await, [], "nothing was changed");
        assert_eq!(acts_of(&app, done(&ada, &sofia, "Sign out everywhere", &[])).await, [Act::UserSignedOut]);
        let suspend = format!("{sofia}/suspend");
        assert_eq!(acts_of(&app, done(&ada, &suspend, "Suspend user", &[])).await, [Act::UserSuspended]);
        let resume = format!("{sofia}/resume");
        assert_eq!(acts_of(&app, done(&ada, &resume, "Resume user", &[])).await, [Act::UserResumed]);
        assert_eq!(acts_of(&app, done(&ada, "/users/sign-out", "Sign everybody out", &[])).await, [Act::EverybodySignedOut]);
    }

    async fn what_is_done_to_a_partner(app) {
        let ada = app.ada().await;
        let fields = [("name", "Eastwind"), ("country", "NO")];
        assert_eq!(acts_of(&app, done(&ada, "/partners/new", "Create partner", &fields)).await, [Act::PartnerCreated]);
        let northwind = format!("/partners/{}", partner(&app, "Northwind"));
        let edit = format!("{northwind}/edit");
        assert_eq!(acts_of(&app, done(&ada, &edit, "Save partner", &[("country", "FI")])).await, [Act::PartnerEdited]);
        let sign_out = format!("{northwind}/sign-out");
        assert_eq!(acts_of(&app, done(&ada, &sign_out, "Sign them out", &[])).await, [Act::PartnerSignedOut]);
        let suspend = format!("{northwind}/suspend");
        assert_eq!(acts_of(&app, done(&ada, &suspend, "Suspend partner", &[])).await, [Act::PartnerSuspended]);
        let resume = format!("{northwind}/resume");
        assert_eq!(acts_of(&app, done(&ada, &resume, "Resume partner", &[])).await, [Act::PartnerResumed]);
    }

    async fn what_people_do_to_their_own_account(app) {
        let nora = app.nora().await;
        let ask = app.anybody();
        let asked = async {
            ask.post("/forgotten-password", &[("email", cast::SAM)]).await;
            app.answer_requests();
        };
        assert_eq!(acts_of(&app, asked).await, [Act::PasswordLinkAsked]);
        let token = app.mailed_token(cast::SAM).unwrap();
        let new = "tram sieve ochre quill";
        let fields = [("token", token.as_str()), ("new", new), ("again", new)];
        assert_eq!(acts_of(&app, ask.post("/reset-password", &fields)).await, [Act::PasswordReset]);

        let page = nora.get("/account/second-factor").await;
        let secret = Secret::parse(&page.value("secret")).unwrap();
        let code = secret.code_at(app.now());
        let enrolled = acts_of(&app, nora.submit(&page, "Turn on the second factor", &[("code", &code)])).await;
        assert_eq!(enrolled, [Act::FactorEnrolled]);
        let codes = "/account/second-factor/codes";
        let page = nora.get(codes).await;
        assert_eq!(acts_of(&app, nora.submit(&page, "Make new codes", &[])).await, [Act::FactorChanged]);
        let remove = "/account/second-factor/remove";
        assert_eq!(acts_of(&app, done(&nora, remove, "Turn off the second factor", &[])).await, [Act::FactorRemoved]);
        let fields = [("current", cast::PASSWORD), ("new", new), ("again", new)];
        assert_eq!(acts_of(&app, done(&nora, "/account/password", "Change password", &fields)).await, [Act::PasswordChanged]);
        app.clock.advance(TimeDelta::minutes(20));
        let wrong = [("proof", "not this one")];
        assert_eq!(acts_of(&app, nora.post("/step-up", &wrong)).await, [Act::ProofRefused]);
        assert_eq!(acts_of(&app, done(&nora, "/account/notifications", "Save", &[("lead.waiting", "hourly")])).await, [Act::NotificationsChosen]);
        let phone = app.nils().await;
        app.nils().await;
        let page = phone.get("/account").await;
        let ended = acts_of(&app, phone.submit(&page, "Sign out Unknown device, 127.0.0.1", &[])).await;
        assert_eq!(ended, [Act::SignedOut], "one session");
        assert_eq!(acts_of(&app, phone.post("/sign-out", &[])).await, [Act::SignedOut]);
        let again = app.nils().await;
        assert_eq!(acts_of(&app, again.post("/account/sign-out-everywhere", &[])).await, [Act::SignedOut]);
        assert_eq!(acts_of(&app, again.post("/account/sign-out-everywhere", &[])).await, [], "nobody is signed in");
    }

    async fn what_no_page_of_ours_sends_is_written_down_a_few_times_a_minute(app) {
        let nora = app.nora().await;
        let foreign = [("origin", "https://evil.test"), ("content-type", "application/x-www-form-urlencoded")];
        let flood = async {
            for _ in 0..40 {
                assert_eq!(nora.request("POST", "/account/password", &foreign, "new=x").await.status(), 403);
            }
        };
        assert_eq!(acts_of(&app, flood).await, [Act::RequestRefused; 10]);

        let twice = async {
            assert_eq!(nora.post_raw("/account/password", b"new=x&new=y".to_vec()).await.status(), 400);
            assert_eq!(nora.get("/portal/leads?q=a&q=b").await.status(), 400);
        };
        assert_eq!(acts_of(&app, twice).await, [Act::RequestRefused; 2]);
        assert_eq!(acts_of(&app, app.anybody().post_raw("/sign-in", b"email=a&email=b".to_vec())).await, [], "that address was told of enough");

        app.clock.advance(TimeDelta::minutes(1));
        assert_eq!(acts_of(&app, app.anybody().post_raw("/sign-in", b"email=a&email=b".to_vec())).await, [Act::RequestRefused]);
        let rows = app.ada().await.get("/audit?act=request.refused").await.rows();
        for words in ["foreign origin: POST /account/password", "repeated field: POST /account/password", "repeated field: GET /portal/leads", "repeated field: POST /sign-in"] {
            assert!(rows.iter().any(|row| row.contains(words)), "{words}: {rows:?}");
        }
        assert!(rows.iter().any(|row| row.contains("repeated field: GET") && row.contains("Nora")), "{rows:?}");
    }

    async fn who_lacks_a_fresh_proof_is_written_down(app) {
        let ada = app.ada().await;
        app.clock.advance(TimeDelta::minutes(11));

        let form = acts_of(&app, ada.post("/settings/security", &[("seen", "0"), ("second_factor_required", "true")])).await;
        let led_away = acts_of(&app, ada.get("/audit/download")).await;

        assert_eq!((form, led_away), (vec![Act::RequestRefused], vec![Act::RequestRefused]));
    }

    async fn who_takes_the_log_out_is_written_down(app) {
        let ada = app.ada().await;

        let file = ada.get("/audit/download?act=session.begun&who=ada").await;

        assert_eq!((file.status(), file.source().lines().count()), (200, 2), "the download is not in itself");
        assert_eq!(app.audited("audit.downloaded"), 1);
        let rows = ada.get("/audit?act=audit.downloaded").await.rows();
        assert!(rows[0].contains("Ada Berg") && rows[0].contains("session.begun, of some people"), "{rows:?}");
    }

    async fn an_import_from_its_start_to_its_end(app) {
        let sofia = app.sofia().await;
        let file = b"First name,E-mail\nAnn,ann@nordwind.example\n".to_vec();
        let answer = sofia.upload("/leads/import", "file", "fair.csv", file.clone()).await;
        let preview = sofia.follow(&answer).await;
        assert_eq!(acts_of(&app, sofia.submit(&preview, "Import 1 lead", &[])).await, [Act::ImportStarted]);
        assert_eq!(acts_of(&app, jobs::tick(&app.state)).await, [Act::LeadImported, Act::ImportFinished]);

        let answer = sofia.upload("/leads/import", "file", "again.csv", file).await;
        let remove = format!("{}/remove", answer.location());
        assert_eq!(acts_of(&app, sofia.post(&remove, &[])).await, [Act::ImportRemoved]);
    }

    async fn a_flood_of_guesses_leaves_a_row_a_minute_and_not_one_for_each(app) {
        let stranger = app.anybody();
        for _ in 0..5 {
            assert_eq!(wrong_password(&stranger, cast::SOFIA).await, 422);
        }
        let flood = async {
            for _ in 0..100 {
                assert_eq!(wrong_password(&stranger, cast::SOFIA).await, 429);
            }
        };
        assert_eq!(acts_of(&app, flood).await, [Act::SignInThrottled]);
        let ada = app.ada().await;
        let rows = ada.get("/audit?act=session.throttled").await.rows();
        assert!(rows.len() == 1 && rows[0].contains("Was held up"), "{rows:?}");
        let record = app.reference_of(cast::SOFIA);
        assert_eq!(ada.get(&format!("/audit?act=session.throttled&record={record}")).await.rows().len(), 1);

        app.clock.advance(TimeDelta::seconds(61));
        assert_eq!(wrong_password(&stranger, cast::SOFIA).await, 422);
        assert_eq!(acts_of(&app, wrong_password(&stranger, cast::SOFIA)).await, [Act::SignInThrottled]);
    }

    async fn a_flood_over_many_accounts_from_one_address_leaves_a_row_a_minute(app) {
        let stranger = app.anybody();
        for number in 0..20 {
            assert_eq!(wrong_password(&stranger, &format!("nobody{number}@vendor.example")).await, 422);
        }
        let flood = async {
            for number in 20..60 {
                assert_eq!(wrong_password(&stranger, &format!("nobody{number}@vendor.example")).await, 429);
            }
        };

        assert_eq!(acts_of(&app, flood).await, [Act::SignInThrottled]);
    }

    async fn whoever_asks_for_what_is_not_theirs_is_written_down_a_few_times_a_minute(app) {
        let nora = app.nora().await;
        let flood = async {
            for _ in 0..40 {
                assert_eq!(nora.get("/leads").await.status(), 403);
            }
        };
        assert_eq!(acts_of(&app, flood).await, [Act::AccessDenied; 10]);

        app.clock.advance(TimeDelta::minutes(1));
        assert_eq!(acts_of(&app, nora.get("/users")).await, [Act::AccessDenied]);
    }

    async fn a_partner_who_tries_references_is_written_down_whether_they_exist_or_not(app) {
        let foreign = app.a_lead().assigned_to(cast::SAM).create().await;
        let unknown = leadgate::db::types::Reference::random();
        let (nora, ada) = (app.nora().await, app.ada().await);

        for reference in [foreign, unknown] {
            let path = format!("/portal/leads/{reference}");
            assert_eq!(acts_of(&app, nora.get(&path)).await, [Act::AccessDenied]);
            assert_eq!(acts_of(&app, nora.post(&format!("{path}/open"), &[])).await, [Act::AccessDenied]);
        }

        let page = ada.get("/audit?act=access.denied").await;
        let rows = page.rows();
        assert_eq!(rows.len(), 4);
        assert!(rows.iter().all(|row| row.contains("/portal/leads/{reference}") && row.contains("Nora")), "{rows:?}");
        assert_eq!(acts_of(&app, nora.get("/nothing-here")).await, [], "a page that was never there tells nothing");
    }
}
