//! Working a lead in the portal: notes, the next step, and the list narrowed and ordered by what is seen of a lead.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::builders::{assign_to, assign_to_partner};
use crate::support::client::Page;

fn page_of(lead: &Reference) -> String {
    format!("/portal/leads/{lead}")
}

fn reference_of(app: &TestApp, email: &str) -> String {
    app.text(&format!("SELECT reference AS t FROM users WHERE email = '{email}'"))
}

fn names(page: &Page) -> Vec<String> {
    page.rows()
        .iter()
        .map(|row| row.split(' ').next().unwrap().to_owned())
        .collect()
}

db_test! {
    async fn notes_are_a_timeline_that_the_vendor_reads_too(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let (nora, sofia) = (app.nora().await, app.sofia().await);
        let path = page_of(&lead);
        for words in ["Called, no answer", "Wants an offer"] {
            let page = nora.get(&path).await;
            assert_eq!(nora.submit(&page, "Save note", &[("status_note", words)]).await.location(), path);
            app.clock.advance(TimeDelta::minutes(5));
        }

        let page = nora.get(&path).await;

        let text = page.text();
        let (new, old) = (text.find("Wants an offer").unwrap(), text.find("Called, no answer").unwrap());
        assert!(new < old, "{text}");
        assert!(text.contains("Nora Lindqvist 4 May 2026"), "{text}");
        assert_eq!(page.value("status_note").trim(), "");
        let staff = sofia.get(&format!("/leads/{lead}")).await.text();
        assert!(staff.contains("Notes with the partner") && staff.contains("Nora Lindqvist, Northwind"), "{staff}");
        assert!(staff.contains("Called, no answer") && staff.contains("Wants an offer"), "{staff}");
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'lead.noted' AND detail = ''"), 2);
        assert_eq!(nora.post(&format!("{path}/note"), &[("status_note", " \n ")]).await.errors(), ["Write how it stands"]);
    }

    async fn notes_stay_with_the_partner_and_come_after_the_opening(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let (nora, nils, sam) = (app.nora().await, app.nils().await, app.sam().await);
        let path = page_of(&lead);
        nora.post(&format!("{path}/note"), &[("status_note", "Wordofnora")]).await;

        assign_to(&app, &lead, cast::NILS).await;
        assert!(!nils.get(&path).await.source().contains("Wordofnora"), "before it was opened");
        nils.post(&format!("{path}/open"), &[]).await;
        assert!(nils.get(&path).await.text().contains("Wordofnora"));

        assign_to(&app, &lead, cast::SAM).await;
        assert_eq!(nora.get(&path).await.status(), 404);
        sam.post(&format!("{path}/open"), &[]).await;
        let page = sam.get(&path).await;
        assert!(page.text().contains("No note yet") && !page.source().contains("Wordofnora"), "{}", page.text());
        assert!(!sam.get("/portal/leads").await.source().contains("Wordofnora"));
    }

    async fn a_next_step_has_a_day_and_is_overdue_after_it(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        let path = page_of(&lead);
        let form = nora.get(&path).await;

        let step = [("next_step", "Send the offer"), ("next_step_on", "2026-05-05")];
        assert_eq!(nora.submit(&form, "Save next step", &step).await.location(), path);

        let page = nora.get(&path).await;
        assert!(page.text().contains("Send the offer by 5 May 2026") && !page.text().contains("Overdue"), "{}", page.text());
        assert!(app.sofia().await.get(&format!("/leads/{lead}")).await.text().contains("Send the offer by 5 May 2026"));
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'lead.next_step_set'"), 1);
        assert_eq!(app.audited("lead.next_step_set"), 1);
        app.clock.advance(TimeDelta::days(2));
        let nora = app.nora().await;
        assert!(nora.get(&path).await.text().contains("Overdue"));
        let late = nora.get("/portal/leads?state=overdue").await;
        assert!(late.text().contains("Open 1") && late.text().contains("Overdue"), "{}", late.text());
        nora.post(&format!("{path}/next-step"), &[]).await;
        assert!(nora.get(&path).await.text().contains("Nothing is planned"));
    }

    async fn a_next_step_that_does_not_fit_comes_back_as_it_was_typed(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let waiting = app.a_lead().assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;

        let page = nora
            .post(&format!("{}/next-step", page_of(&lead)), &[("next_step", "Call <b>"), ("next_step_on", "31 May")])
            .await;

        assert_eq!(page.status(), 422);
        assert_eq!(page.errors(), ["Enter a day like 2026-05-31"]);
        assert_eq!((page.value("next_step"), page.value("next_step_on")), ("Call <b>".to_owned(), "31 May".to_owned()));
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM assignments WHERE next_step <> ''"), 0);
        for day in ["", "x"] {
            let step = [("next_step", "Call"), ("next_step_on", day)];
            let early = nora.post(&format!("{}/next-step", page_of(&waiting)), &step).await;
            assert_eq!(early.status(), 409);
            assert_eq!(app.sam().await.post(&format!("{}/next-step", page_of(&lead)), &step).await.status(), 404);
            assert_eq!(app.sofia().await.post(&format!("{}/next-step", page_of(&lead)), &step).await.status(), 403);
        }
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'lead.next_step_set'"), 0);
    }

    async fn the_list_is_narrowed_by_what_is_seen_of_a_lead(app) {
        let lead = |name: &str, product: &str, country: &str| {
            let (product, country) = (product.to_owned(), country.to_owned());
            app.a_lead().named(name, "").with(move |lead| (lead.product, lead.country) = (product, country))
        };
        lead("Old", "CRM", "DE").assigned_to(cast::NORA).opened().create().await;
        app.clock.advance(TimeDelta::days(20));
        lead("New", "ERP", "SE").assigned_to(cast::NILS).opened().create().await;
        lead("Waiting", "CRM", "SE").assigned_to(cast::NORA).create().await;
        let shared = lead("Shared", "ERP", "DE").create().await;
        assign_to_partner(&app, &shared, cast::NORA).await;
        let nora = app.nora().await;
        let nils = reference_of(&app, cast::NILS);

        for (asked, waiting, open) in [
            ("", Some(2), Some(2)),
            ("?state=waiting", Some(2), None),
            ("?state=open", None, Some(2)),
            ("?state=won", None, None),
            ("?product=CRM", Some(1), Some(1)),
            ("?country=SE", Some(1), Some(1)),
            ("?product=ERP&country=SE", Some(0), Some(1)),
            ("?period=7_days", Some(2), Some(1)),
            ("?colleague=everybody", Some(1), Some(0)),
            (&format!("?colleague={nils}"), Some(0), Some(1)),
            (&format!("?colleague={}", Reference::random()), Some(0), Some(0)),
            (&format!("?colleague={}", reference_of(&app, cast::SAM)), Some(0), Some(0)),
            ("?product=Nothing", Some(0), Some(0)),
        ] {
            let page = nora.get(&format!("/portal/leads{asked}")).await;
            let text = page.text();
            assert_eq!(page.status(), 200, "{asked}");
            for (section, count) in [("Waiting for you", waiting), ("Open", open)] {
                let is_there = page.source().contains(&format!("{section} <span class=\"count\">"));
                assert_eq!(is_there, count.is_some(), "{section} of {asked}");
                if let Some(count) = count {
                    assert!(text.contains(&format!("{section} {count}")), "{section} of {asked}: {text}");
                }
            }
        }
        let page = nora.get("/portal/leads?product=CRM&country=DE").await;
        assert!(page.text().contains("Product: CRM") && page.text().contains("Country: Germany"), "{}", page.text());
        assert_eq!(names(&nora.get(&page.link("Remove filter Country: Germany")).await), ["Old"]);
        for nonsense in ["state=zzz", "country=ZZ", "period=1", "colleague=nora"] {
            assert_eq!(nora.get(&format!("/portal/leads?{nonsense}")).await.status(), 400, "{nonsense}");
        }
    }

    async fn a_member_learns_nothing_of_colleagues_by_filtering(app) {
        app.a_lead().assigned_to(cast::NORA).opened().create().await;
        app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let nils = app.nils().await;

        let page = nils.get("/portal/leads").await;
        assert!(!page.source().contains(&reference_of(&app, cast::NORA)) && !page.text().contains("Nora"));
        let of = async |reference: &str| {
            nils.get(&format!("/portal/leads?colleague={reference}")).await.source().replace(reference, "REFERENCE")
        };
        let unknown = of(Reference::random().as_str()).await;
        for other in [cast::NORA, cast::NILS, cast::SAM] {
            assert_eq!(of(&reference_of(&app, other)).await, unknown, "{other}");
        }
    }

    async fn the_order_of_next_steps_is_paged_both_ways_without_loss(app) {
        for number in 0..60 {
            let name = format!("Lead{number:02}");
            app.a_lead().named(&name, "").assigned_to(cast::NORA).opened().create().await;
        }
        // Of a third there is no day, and each day is that of two leads.
        app.conn()
            .batch_execute(match app.backend {
                crate::support::database::Backend::Sqlite =>
                    "UPDATE assignments SET next_step = 'x', next_step_on = date('2026-05-01', (id / 2) || ' days') WHERE id % 3 <> 0",
                crate::support::database::Backend::Postgres =>
                    "UPDATE assignments SET next_step = 'x', next_step_on = DATE '2026-05-01' + (id / 2)::int WHERE id % 3 <> 0",
            })
            .unwrap();
        let nora = app.nora().await;

        let first = nora.get("/portal/leads?sort=next_step").await;
        let second = nora.get(&first.link("Next")).await;

        assert_eq!(nora.get(&second.link("Previous")).await.rows(), first.rows());
        let all = [names(&first), names(&second)].concat();
        let mut unique = all.clone();
        unique.sort();
        unique.dedup();
        assert_eq!((all.len(), unique.len()), (60, 60));
        let with_day: Vec<_> = [first.rows(), second.rows()].concat().iter().map(|row| row.contains(" by ")).collect();
        assert_eq!(with_day.iter().filter(|has| **has).count(), 40);
        assert!(with_day[..40].iter().all(|has| *has), "leads without a day stand at the end");
        assert_eq!(all[0], "Lead00");
    }
}
