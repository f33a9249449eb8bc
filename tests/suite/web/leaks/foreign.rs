//! Accidents that must not happen: a reference of somebody else in any place of any portal route, parameters that
//! nobody offered, fields that no form has.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::web::{Audience, ROUTES};

use crate::support::builders::assign_to;
use crate::support::client::{Client, Page};

/// What can be told of an answer from outside, but for the moment at which it was given.
fn told(page: &Page) -> (u16, Vec<String>, Vec<u8>) {
    (page.status(), page.header_lines(), page.body.clone())
}

async fn ask(client: &Client, method: &str, path: &str) -> Page {
    match method {
        "get" => client.get(path).await,
        _ => client.post(path, &[("status_note", "x"), ("lead", "x")]).await,
    }
}

db_test! {
    async fn every_portal_route_answers_a_foreign_reference_like_an_unknown_one(app) {
        let foreign = app.a_lead().assigned_to(cast::SAM).opened().create().await;
        let foreign_waiting = app.a_lead().assigned_to(cast::SAM).create().await;
        let noras = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let moved = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        assign_to(&app, &moved, cast::SAM).await;
        let nobodys = app.a_lead().create().await;
        let routes: Vec<_> = ROUTES
            .iter()
            .filter(|route| route.audience == Audience::Partner && route.path.contains("{reference}"))
            .collect();
        assert!(routes.len() >= 3);

        for (client, others) in [
            (app.nora().await, vec![&foreign, &foreign_waiting, &moved, &nobodys]),
            (app.nils().await, vec![&foreign, &foreign_waiting, &moved, &nobodys, &noras]),
            (app.sam().await, vec![&nobodys, &noras]),
        ] {
            for route in &routes {
                for method in route.methods {
                    let unknown = ask(&client, method, &route.path.replace("{reference}", Reference::random().as_str())).await;
                    assert_eq!(unknown.status(), 404, "{method} {}", route.path);
                    for other in &others {
                        let page = ask(&client, method, &route.path.replace("{reference}", other.as_str())).await;
                        assert_eq!(told(&page), told(&unknown), "{method} {}", route.path);
                    }
                }
            }
        }
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM disclosures WHERE act = 'opened'"), 3);
    }

    async fn a_reference_of_somebody_else_is_no_place_in_a_list(app) {
        let foreign = app.a_lead().assigned_to(cast::SAM).opened().create().await;
        app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;

        for section in ["page", "closed", "waiting"] {
            for direction in ["after", "before"] {
                for sort in ["newest", "name"] {
                    let of = |reference: &Reference| format!("/portal/leads?{section}={direction}-{reference}&sort={sort}");
                    let (asked, unknown) = (nora.get(&of(&foreign)).await, nora.get(&of(&Reference::random())).await);

                    assert_eq!(asked.status(), 200);
                    assert_eq!(told(&asked), told(&unknown), "{section} {direction} {sort}");
                }
            }
        }
    }

    async fn parameters_that_nobody_offers_are_of_no_effect(app) {
        app.track_permission().await;
        for name in ["Anna", "Berta", "Carla"] {
            app.a_lead().named(name, "Lead").confirmed().assigned_to(cast::NORA).opened().create().await;
        }
        let nora = app.nora().await;
        let plain = nora.get("/portal/leads?zzz=1").await;
        assert_eq!(told(&plain), told(&nora.get("/portal/leads").await));

        for name in [
            "permission", "filter[permission]", "filter%5Bpermission%5D", "has_confirmation", "confirmed", "confirmation",
            "on_hold", "status", "fields", "fields[leads]", "include", "expand", "embed", "with", "select", "columns",
            "order", "order_by", "sort_by", "group_by", "where", "filter", "ground", "evidence", "text_version", "source",
            "internal_note", "partner", "partner_id", "user_id", "assigned_to", "created_from", "from", "to",
            "limit", "per_page", "offset", "cursor", "id", "lead_id", "assignment_id", "debug", "format", "_format",
            "callback", "jsonp", "view", "as", "role", "admin", "all", "scope", "deleted", "trashed", "closed_by", "track",
        ] {
            for value in ["1", "confirmed", "on_hold", "true", "-permission", "*", "' OR 1=1 --"] {
                let value = value.replace(' ', "%20").replace('\'', "%27");
                let page = nora.get(&format!("/portal/leads?{name}={value}")).await;
                assert_eq!(told(&page), told(&plain), "{name}={value}");
            }
        }
    }

    async fn an_order_that_nobody_offers_is_refused_like_nonsense(app) {
        app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        let nonsense = nora.get("/portal/leads?sort=zzz").await;
        assert_eq!(nonsense.status(), 400);

        for sort in [
            "permission", "has_confirmation", "-permission", "confirmed", "confirmed_at", "on_hold", "source", "status",
            "updated_at", "lock_version", "id", "name;DROP", "name,permission", "newest%27--", "NEWEST", "newest%20",
        ] {
            assert_eq!(told(&nora.get(&format!("/portal/leads?sort={sort}")).await), told(&nonsense), "{sort}");
        }
    }

    async fn words_of_a_foreign_or_waiting_lead_find_what_nonsense_finds(app) {
        app.a_lead().named("Foreigner", "Lead").assigned_to(cast::SAM).opened().create().await;
        app.a_lead().named("Patienta", "Lead").assigned_to(cast::NORA).create().await;
        app.a_lead().named("Colleague", "Lead").assigned_to(cast::NORA).opened().create().await;
        app.a_lead().named("Own", "Lead").with(|lead| lead.internal_note = "Secretword".to_owned())
            .assigned_to(cast::NILS).opened().create().await;
        let nils = app.nils().await;
        let found = async |words: &str| {
            let page = nils.get(&format!("/portal/leads?q={words}")).await;
            assert_eq!(page.status(), 200);
            page.source().replace(words, "WORDS")
        };
        let nonsense = found("Qwrtyxzv").await;

        for words in ["Foreigner", "Patienta", "Colleague", "Secretword", "permission", "confirmed", "Zz_", "Ab%25cd"] {
            let page = found(words).await;
            let page = page.replace(&words.replace("%25", "%"), "WORDS");
            assert_eq!(page, nonsense, "{words}");
        }
        assert_ne!(found("Own").await, nonsense);
    }

    async fn fields_that_no_form_has_are_of_no_effect(app) {
        app.track_permission().await;
        let lead = app.a_lead().confirmed().assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;
        let extra = [
            ("status", "won"), ("permission", "1"), ("has_confirmation", "true"), ("partner_id", "2"), ("user_id", "1"),
            ("assignment_id", "1"), ("opened_by", "1"), ("lead_id", "1"), ("reference", "x"), ("status_note", "Called"),
        ];

        for act in ["open", "note"] {
            let page = nora.post(&format!("/portal/leads/{lead}/{act}"), &extra).await;
            assert_eq!(page.location(), format!("/portal/leads/{lead}"), "{act}");
        }
        let page = nora.post(&format!("/portal/leads/{lead}/note"), &[("status_note", &"x".repeat(2_000)), ("permission", "canary")]).await;

        assert_eq!(page.status(), 422);
        assert!(!page.source().contains("canary"));
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM leads WHERE status = 'open'"), 1);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM assignments a JOIN users u ON u.id = a.opened_by WHERE u.email = 'nora@northwind.example'"), 1);
    }

    async fn leads_on_hold_change_nothing_that_a_partner_sees(app) {
        app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        let before = told(&nora.get("/portal/leads").await);

        app.track_permission().await;
        for _ in 0..20 {
            app.a_lead().named("Hidden", "Lead").create().await;
        }

        assert_eq!(told(&nora.get("/portal/leads").await), before);
    }

    async fn an_old_copy_of_a_page_is_not_served_again(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        let path = format!("/portal/leads/{lead}");
        let page = nora.get(&path).await;
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!((page.header("etag"), page.header("last-modified")), (None, None));

        assign_to(&app, &lead, cast::SAM).await;

        for header in [("if-none-match", "*"), ("if-modified-since", "Mon, 04 May 2099 09:30:00 GMT"), ("range", "bytes=0-10")] {
            assert_eq!(nora.request("GET", &path, &[header], "").await.status(), 404, "{header:?}");
        }
    }
}
