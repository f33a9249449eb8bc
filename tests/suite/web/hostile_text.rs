//! What people wrote is text on every page, whatever it looks like.

use chrono::NaiveDate;
use leadgate::cli::demo::cast;
use leadgate::domain::leads::staff;
use leadgate::domain::permission::confirmation::{self, Basis};
use leadgate::web::{Audience, ROUTES};
use scraper::{Html, Selector};

use super::leaks::{Bold, crawl};
use crate::support::TestApp;
use crate::support::client::{Page, encoded};
use crate::support::markup::{MARKUP, write_everywhere};
use crate::support::records::{Records, one_of_each};

/// How it looks when it was taken for text.
const SHOWN: &str = "<script>alert(1)</script>";

fn is_html(page: &Page) -> bool {
    page.header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"))
}

#[track_caller]
fn assert_text(page: &Page, what: &str) {
    assert!(page.status() < 500, "{what}: {} {}", page.status(), page.text());
    if !is_html(page) {
        return;
    }
    let html = Html::parse_document(&page.source());
    for element in html.select(&Selector::parse("*").unwrap()) {
        let (name, attributes) = (element.value().name(), element.value().attrs());
        for (attribute, value) in attributes {
            assert!(!attribute.starts_with("on"), "{what}: {attribute}={value}");
            assert!(
                !value.trim_start().starts_with("javascript:"),
                "{what}: {attribute}={value}"
            );
        }
        assert!(
            !matches!(name, "img" | "iframe"),
            "{what}: an element that no page of ours has: {name}"
        );
        assert!(
            name != "script" || element.value().attr("src").is_some(),
            "{what}: a script without a file"
        );
    }
    assert!(
        page.source().ends_with("</html>\n") || page.source().trim_end().ends_with("</html>"),
        "{what} is cut off"
    );
}

/// A lead on hold no more, by evidence that looks like markup too: confirmations can't be changed afterwards.
async fn confirm(app: &TestApp, records: &Records) {
    let (sofia, now) = (app.staff_scope(), app.now());
    let lead = staff::id_of(&mut app.conn(), &sofia, &records.held).unwrap().unwrap();
    let basis = Basis::Consent {
        evidence: MARKUP.to_owned(),
        given_on: NaiveDate::from_ymd_opt(2026, 4, 20).unwrap(),
    };
    app.write(move |tx| confirmation::confirm(tx, &sofia, lead, &basis, None, now))
        .await
        .unwrap();
}

/// One more session of Sofia's, by a browser that calls itself so.
async fn sign_in_by(app: &TestApp, agent: &str) {
    let headers = [
        ("origin", app.origin.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", agent),
    ];
    let body = encoded(&[("email", cast::SOFIA), ("password", cast::PASSWORD)]);
    let page = app.anybody().request("POST", "/sign-in", &headers, &body).await;
    assert_eq!(page.status(), 303, "{}", page.text());
}

db_test! {
    async fn markup_in_any_text_is_text_on_every_page(app) {
        let (ada, sofia, nora) = (app.ada().await, app.sofia().await, app.nora().await);
        let mine = one_of_each(&app, &sofia).await;
        sign_in_by(&app, "<script>alert(1)</script>").await;
        confirm(&app, &mine).await;
        let marked = write_everywhere(&app);
        for column in [
            "leads.first_name", "leads.company", "leads.need", "leads.internal_note", "leads.product", "leads.source",
            "leads.email", "leads.phone", "users.name", "users.email", "partners.name", "attachments.title",
            "partner_notes.body", "internal_notes.body", "assignments.status_note", "assignments.next_step",
            "destroy_tasks.product", "imports.file_name", "import_rejections.cells", "import_rejections.reason",
            "lead_views.name", "sessions.user_agent", "sessions.address", "bulk_act_leads.reason", "closing_reasons.label",
        ] {
            assert!(marked.iter().any(|known| known == column), "{column} holds no markup: {marked:?}");
        }

        let mut shown = 0;
        for route in ROUTES.iter().filter(|route| route.methods.contains(&"get")) {
            let clients = match route.audience {
                Audience::Anybody => continue,
                Audience::SignedIn => vec![&ada, &sofia, &nora],
                Audience::Partner | Audience::PartnerManager => vec![&nora],
                Audience::Staff => vec![&ada, &sofia],
                Audience::Administrator => vec![&ada],
            };
            for (number, client) in clients.iter().enumerate() {
                let page = client.get(&mine.path(route)).await;
                assert_text(&page, &format!("{} for the {number}. of them", route.path));
                shown += usize::from(page.text().contains(SHOWN));
            }
        }
        assert!(shown > 60, "only {shown} pages show it");
        for path in ["/leads?q=script", &format!("/leads/{}", mine.held), "/leads/selection/confirm"] {
            assert_text(&sofia.get(path).await, path);
        }
        assert!(sofia.get(&format!("/leads/{}", mine.held)).await.text().contains(SHOWN), "the evidence is shown");
        let starts = ["/portal".to_owned(), "/portal/leads".to_owned()];
        let mut shown = 0;
        for (request, page) in crawl(&nora, &starts, Bold::Yes).await {
            assert_text(&page, &request);
            shown += usize::from(page.text().contains(SHOWN));
        }
        assert!(shown > 20, "only {shown} pages of the portal show it");
    }

    async fn markup_that_is_typed_comes_back_as_text(app) {
        let (ada, sofia) = (app.ada().await, app.sofia().await);
        for (client, path, fields) in [
            (&sofia, "/leads", &[("first_name", MARKUP), ("source", MARKUP), ("internal_note", MARKUP)][..]),
            (&ada, "/users", &[("name", MARKUP), ("email", MARKUP)]),
            (&ada, "/partners/new", &[("name", MARKUP), ("country", MARKUP)]),
            (&ada, "/account/time-zone", &[("time_zone", MARKUP)]),
            (&app.anybody(), "/sign-in", &[("email", MARKUP), ("password", "x"), ("next", MARKUP)]),
        ] {
            let page = client.post(path, fields).await;

            assert!((400..500).contains(&page.status()), "{path}: {}", page.status());
            assert_text(&page, path);
        }
        for path in ["/leads?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/sign-in?next=%22%3E%3Cimg%20src%3Dx%3E"] {
            assert_text(&sofia.get(path).await, path);
        }
    }
}
