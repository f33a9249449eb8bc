//! Whoever is shut out is out on the very next request: in every session, on every instance, not once later.

use futures_util::{StreamExt, stream};
use leadgate::cli::demo::cast;

use crate::support::TestApp;
use crate::support::client::Client;
use crate::support::instance::Instance;

const COOKIE: &str = "leadgate-session";
const SESSIONS: usize = 5;

/// Requests after each act.
const REQUESTS: usize = 10_000;

/// How many are on their way at once.
const AT_ONCE: usize = 16;

/// Several sessions of one person, each used here and on another instance; held as cookies, so that no answer takes one
/// away.
struct Sessions {
    doors: [Client; 2],
    cookies: Vec<String>,
}

impl Sessions {
    async fn of(email: &str, app: &TestApp, other: &Instance) -> Self {
        let mut cookies = Vec::new();
        for _ in 0..SESSIONS {
            cookies.push(format!("{COOKIE}={}", app.sign_in(email).await.cookie(COOKIE).unwrap()));
        }
        Sessions {
            doors: [app.anybody(), other.anybody()],
            cookies,
        }
    }

    /// How many of so many requests are answered, over all sessions and both instances.
    async fn answered(&self, requests: usize, path: &str) -> usize {
        let requests = (0..requests).map(async |number| {
            let cookie = &self.cookies[number / 2 % SESSIONS];
            let page = self.doors[number % 2]
                .request("GET", path, &[("cookie", cookie)], "")
                .await;
            page.status() == 200
        });
        stream::iter(requests)
            .buffer_unordered(AT_ONCE)
            .filter(|is_answered| std::future::ready(*is_answered))
            .count()
            .await
    }

    async fn are_in(&self, path: &str) -> bool {
        self.answered(SESSIONS * 2, path).await == SESSIONS * 2
    }
}

db_test! {
    async fn after_the_suspension_of_a_user(app) {
        let (other, ada) = (app.another_instance(None, ""), app.ada().await);
        let sessions = Sessions::of(cast::SOFIA, &app, &other).await;
        assert!(sessions.are_in("/notices").await);

        let page = ada.get(&format!("/users/{}/suspend", app.reference_of(cast::SOFIA))).await;
        assert_eq!(ada.submit(&page, "Suspend user", &[]).await.status(), 303);

        assert_eq!(sessions.answered(REQUESTS, "/notices").await, 0);
    }

    async fn after_the_suspension_of_a_partner(app) {
        let (other, ada) = (app.another_instance(None, ""), app.ada().await);
        let sessions = Sessions::of(cast::NILS, &app, &other).await;
        assert!(sessions.are_in("/portal/notices").await);

        let northwind = app.text("SELECT reference AS t FROM partners WHERE name = 'Northwind'");
        let page = ada.get(&format!("/partners/{northwind}/suspend")).await;
        assert_eq!(ada.submit(&page, "Suspend partner", &[]).await.status(), 303);

        assert_eq!(sessions.answered(REQUESTS, "/portal/notices").await, 0);
    }

    async fn after_a_change_of_role(app) {
        let (other, ada) = (app.another_instance(None, ""), app.ada().await);
        let sessions = Sessions::of(cast::SOFIA, &app, &other).await;
        assert!(sessions.are_in("/notices").await);

        let page = ada.get(&format!("/users/{}/edit", app.reference_of(cast::SOFIA))).await;
        let fields = [("role", "partner_member"), ("partner", &*app.text("SELECT reference AS t FROM partners WHERE name = 'Northwind'"))];
        assert_eq!(ada.submit(&page, "Save user", &fields).await.status(), 303);

        assert_eq!(sessions.answered(REQUESTS, "/notices").await, 0);
        assert_eq!(app.sofia().await.get("/notices").await.status(), 403);
        assert_eq!(app.sofia().await.get("/portal/notices").await.status(), 200);
    }

    async fn after_a_change_of_password(app) {
        let other = app.another_instance(None, "");
        let (own, new) = (app.sofia().await, "tram sieve ochre quill");
        let sessions = Sessions::of(cast::SOFIA, &app, &other).await;
        assert!(sessions.are_in("/notices").await);

        let page = own.get("/account/password").await;
        let fields = [("current", cast::PASSWORD), ("new", new), ("again", new)];
        let done = own.submit(&page, "Change password", &fields).await;
        assert_eq!(done.status(), 303, "{}", done.text());

        assert_eq!(sessions.answered(REQUESTS, "/notices").await, 0);
        assert_eq!(own.get("/notices").await.status(), 200, "whoever changed it stays");
    }
}
