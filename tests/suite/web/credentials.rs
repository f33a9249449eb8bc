//! Every way to a session or to a new credential, and that none of them is weaker than signing in (ASVS 5.0 V6.3.4). The
//! account of all these tests is Nora's, who has a second factor.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::TimeDelta;
use leadgate::cli::demo::cast;
use leadgate::domain::accounts::second_factor::secret::Secret;
use leadgate::web::{Audience, ROUTES};

use super::second_factor::enrol;
use super::users::href;
use crate::support::TestApp;
use crate::support::client::Client;

/// What a route gives to whoever uses it rightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    /// Somebody is signed in afterwards.
    Session,
    /// Something that helps to sign in later: a password, a factor, codes, a link by mail.
    Credential,
    /// Neither.
    Nothing,
}

use Gives::{Credential, Nothing, Session};

/// Every route that somebody can send something to who is signed in as nobody, or about the own account; and those by
/// which accounts of others are let in.
const INVENTORY: &[(&str, Gives)] = &[
    ("/sign-in", Session),
    ("/sign-in/code", Session),
    ("/sign-out", Nothing),
    ("/first-run", Credential),
    ("/invitation", Credential),
    ("/forgotten-password", Credential),
    ("/reset-password", Credential),
    ("/account/password", Credential),
    ("/account/notifications", Nothing),
    ("/account/time-zone", Nothing),
    ("/account/second-factor", Credential),
    ("/account/second-factor/codes", Credential),
    ("/account/second-factor/remove", Credential),
    ("/step-up", Credential),
    ("/account/sessions/end", Nothing),
    ("/account/sign-out-everywhere", Nothing),
    ("/users", Credential),
    ("/users/sign-out", Nothing),
    ("/users/{reference}/edit", Credential),
    ("/users/{reference}/invite", Credential),
    ("/users/{reference}/resume", Credential),
    ("/users/{reference}/second-factor", Credential),
    ("/users/{reference}/sign-out", Nothing),
    ("/users/{reference}/suspend", Nothing),
    ("/portal/people", Credential),
    ("/portal/people/{reference}/invite", Credential),
    ("/portal/people/{reference}/resume", Credential),
    ("/portal/people/{reference}/suspend", Nothing),
];

/// Nora's second factor, and a browser that has signed in with it: its device is known.
async fn nora(app: &TestApp) -> (Secret, Client) {
    let client = app.nora().await;
    let (secret, _) = enrol(app, &client).await;
    (secret, client)
}

/// Whether this browser is signed in.
async fn is_in(client: &Client) -> bool {
    client.get("/account").await.status() == 200
}

#[test]
fn every_way_is_in_the_inventory() {
    let is_about_accounts = |path: &str| {
        ["/users", "/portal/people"]
            .iter()
            .any(|prefix| path.starts_with(prefix))
    };
    let there: BTreeSet<&str> = ROUTES
        .iter()
        .filter(|route| route.methods.contains(&"post"))
        .filter(|route| {
            matches!(route.audience, Audience::Anybody | Audience::SignedIn) || is_about_accounts(route.path)
        })
        .map(|route| route.path)
        .collect();
    let known: BTreeSet<&str> = INVENTORY.iter().map(|(path, _)| *path).collect();

    assert_eq!(
        there, known,
        "say what the route gives, and show that it is not weaker than signing in"
    );
}

/// Nothing that makes a session or a credential is called from anywhere that the inventory does not know.
#[test]
fn sessions_and_credentials_are_made_nowhere_else() {
    let callers = |words: &[&str]| {
        let mut found = BTreeSet::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap_or_default();
                if words.iter().any(|word| source.contains(word)) {
                    found.insert(
                        path.strip_prefix(env!("CARGO_MANIFEST_DIR"))
                            .unwrap()
                            .display()
                            .to_string(),
                    );
                }
            }
        }
        found.into_iter().collect::<Vec<_>>()
    };

    assert_eq!(
        callers(&["let_in(&visitor", "session::begin(session,"]),
        ["src/web/public/second_factor.rs", "src/web/public/sessions.rs"]
    );
    assert_eq!(
        callers(&["users::password_hash.eq(", "set_password("]),
        [
            "src/domain/accounts/invitation.rs",
            "src/domain/accounts/own.rs",
            "src/domain/accounts/password_reset.rs",
            // Takes a short one away with the factor that it needs.
            "src/domain/accounts/second_factor.rs",
            "src/domain/accounts/user.rs",
        ]
    );
    assert_eq!(
        callers(&["recovery::replace("]),
        ["src/domain/accounts/second_factor.rs"]
    );
}

db_test! {
    async fn the_password_alone_or_on_a_known_device_is_not_enough(app) {
        let (secret, known_device) = nora(&app).await;
        known_device.post("/sign-out", &[]).await;

        for client in [app.anybody(), known_device] {
            let page = client.post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;
            assert_eq!((page.location().as_str(), is_in(&client).await), ("/sign-in/code", false));
            assert_eq!(client.post("/sign-in/code", &[("code", &secret.code_at(app.now()))]).await.status(), 303);
            assert!(is_in(&client).await);
            app.clock.advance(TimeDelta::seconds(30));
        }
    }

    async fn the_code_alone_is_not_enough(app) {
        let (secret, _) = nora(&app).await;
        let stranger = app.anybody();

        let page = stranger.post("/sign-in/code", &[("code", &secret.code_at(app.now()))]).await;

        assert_eq!((page.location().as_str(), is_in(&stranger).await), ("/sign-in", false));
    }

    async fn a_reset_password_signs_nobody_in_and_leaves_the_second_factor(app) {
        nora(&app).await;
        let stranger = app.anybody();
        let asked = stranger.post("/forgotten-password", &[("email", cast::NORA)]).await;
        let token = app.mailed_token(cast::NORA).unwrap();
        assert!(!asked.source().contains(&token), "the link goes to the mailbox alone");
        assert!(!is_in(&stranger).await);

        let new = "tram sieve ochre quill";
        let fields = [("token", token.as_str()), ("new", new), ("again", new)];
        assert_eq!(stranger.post("/reset-password", &fields).await.location(), "/sign-in");
        assert!(!is_in(&stranger).await);
        assert_eq!(stranger.post("/sign-in", &[("email", cast::NORA), ("password", new)]).await.location(), "/sign-in/code");
        assert!(!is_in(&stranger).await);
        assert_eq!(stranger.post("/reset-password", &fields).await.status(), 410, "once");
        assert_eq!(stranger.post("/invitation", &[("token", token.as_str()), ("password", new), ("password_again", new)]).await.status(), 410, "and for nothing else");
    }

    async fn an_invitation_signs_nobody_in_and_opens_no_account_that_is_open(app) {
        let (ada, jan) = (app.ada().await, app.anybody());
        assert_eq!(ada.post("/users", &[("name", "Jan Brandt"), ("email", "jan@vendor.example"), ("role", "staff")]).await.status(), 303);
        let (token, new) = (app.mailed_token("jan@vendor.example").unwrap(), "seven herons walk home");
        let fields = [("token", token.as_str()), ("password", new), ("password_again", new)];

        assert_eq!(jan.post("/invitation", &fields).await.location(), "/sign-in");
        assert!(!is_in(&jan).await);
        assert_eq!(jan.post("/invitation", &fields).await.status(), 410, "once");

        nora(&app).await;
        let page = ada.post(&format!("{}/invite", href(&app, cast::NORA)), &[]).await;
        assert_eq!(page.status(), 409, "who has a password is not invited again: {}", page.text());
        let page = ada.get(&href(&app, cast::NORA)).await;
        assert!(!page.source().contains("type=\"password\""), "nobody sets the password of another");
    }

    async fn the_first_run_is_over_once_somebody_has_an_account(app) {
        let (stranger, new) = (app.anybody(), "seven herons walk home");
        let fields = [("token", "00000000"), ("name", "Eve"), ("email", "eve@evil.example"), ("password", new), ("password_again", new)];

        assert!(stranger.post("/first-run", &fields).await.status() >= 400);

        assert_eq!(app.count("SELECT count(*) AS n FROM users WHERE name = 'Eve'"), 0);
        assert!(!is_in(&stranger).await);
    }

    async fn a_borrowed_session_makes_no_credential_without_a_proof(app) {
        let (secret, borrowed) = nora(&app).await;
        app.clock.advance(TimeDelta::minutes(11));
        let new = "tram sieve ochre quill";

        for fields in [[("current", ""), ("new", new), ("again", new)], [("current", "a guess"), ("new", new), ("again", new)]] {
            assert_eq!(borrowed.post("/account/password", &fields).await.status(), 422);
        }
        for path in ["/account/second-factor/codes", "/account/second-factor/remove", "/step-up"] {
            assert_eq!(borrowed.post(path, &[]).await.status(), 403, "{path}");
            assert_eq!(borrowed.post(path, &[("proof", "a guess")]).await.status(), 403, "{path}");
        }
        let sam = app.sam().await;
        app.clock.advance(TimeDelta::minutes(11));
        let own = Secret::random();
        let fields = [("secret", own.text()), ("code", own.code_at(app.now()))];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let page = sam.post("/account/second-factor", &fields).await;
        assert_eq!(page.status(), 403, "a thief of the session ties no phone of his own to it");

        assert_eq!(app.audited("password.changed") + app.audited("factor.changed") + app.audited("factor.removed"), 0);
        assert_eq!(app.audited("factor.enrolled"), 1, "Nora's alone");
        assert_eq!(app.anybody().post("/sign-in", &[("email", cast::NORA), ("password", new)]).await.status(), 422);
        let proof = secret.code_at(app.now());
        assert_eq!(borrowed.post("/step-up", &[("proof", &proof)]).await.status(), 303, "who has the factor may");
    }

    async fn taking_away_the_factor_of_another_needs_a_proof_and_is_told_to_the_owner(app) {
        nora(&app).await;
        let (ada, path) = (app.ada().await, format!("{}/second-factor", href(&app, cast::NORA)));
        app.clock.advance(TimeDelta::minutes(11));

        assert_eq!(ada.post(&path, &[]).await.status(), 403);
        assert_eq!(app.audited("factor.reset"), 0);

        assert_eq!(ada.post(&path, &[("proof", cast::PASSWORD)]).await.status(), 303);
        assert_eq!(app.audited("factor.reset"), 1);
        assert!(app.messages_to(cast::NORA).contains(&"account.factor_reset".to_owned()));
    }

    async fn a_manager_or_administrator_who_lets_somebody_in_again_sees_no_link_and_skips_no_factor(app) {
        nora(&app).await;
        let ada = app.ada().await;
        let nora = href(&app, cast::NORA);
        assert_eq!(ada.post(&format!("{nora}/suspend"), &[]).await.status(), 303);
        assert_eq!(ada.post(&format!("{nora}/resume"), &[]).await.status(), 303);

        let client = app.anybody();
        let page = client.post("/sign-in", &[("email", cast::NORA), ("password", cast::PASSWORD)]).await;
        assert_eq!((page.location().as_str(), is_in(&client).await), ("/sign-in/code", false));
    }
}
