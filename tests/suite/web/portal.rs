//! The portal: what partners see, open and note, and what is refused to everybody else.

use diesel::connection::SimpleConnection;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::recall;
use leadgate::domain::leads::staff;

use crate::support::TestApp;
use crate::support::builders::{assign_to, assign_to_partner};

const PERSONAL: [&str; 6] = ["Anna", "Öberg", "Nordlicht", "anna.oberg", "555 0100", "40 seats"];

fn page_of(reference: &Reference) -> String {
    format!("/portal/leads/{reference}")
}

async fn recall(app: &TestApp, reference: &Reference) {
    let (scope, now) = (app.staff_scope(), app.now());
    let lead = staff::id_of(&mut app.conn(), &scope, reference).unwrap().unwrap();
    app.write(move |tx| recall::recall(tx, &scope, lead, now))
        .await
        .unwrap();
}

db_test! {
    async fn a_partner_opens_a_waiting_lead_and_notes_how_it_stands(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;

        let list = nora.get("/portal/leads").await;
        assert_eq!(list.heading(), "Leads of Northwind");
        assert!(list.text().contains("Waiting for you 1"), "{}", list.text());
        assert!(list.text().contains("ERP Cloud") && list.text().contains("Sweden"));
        for word in PERSONAL {
            assert!(!list.source().contains(word), "{word} before the lead was opened");
        }

        let opened = nora.submit(&list, "Open lead : ERP Cloud, Sweden", &[]).await;
        assert_eq!(opened.location(), page_of(&lead));
        let page = nora.follow(&opened).await;
        assert_eq!(page.heading(), "Anna Öberg, Nordlicht GmbH");
        assert_eq!(page.flash(), "The lead is yours to work.");
        assert!(page.links().contains(&"tel:+4685550100".to_owned()), "{:?}", page.links());
        assert!(page.links().contains(&"mailto:anna.oberg@nordlicht.example".to_owned()), "{:?}", page.links());
        for word in PERSONAL {
            assert!(page.text().contains(word), "{word} on the opened lead");
        }

        let noted = nora.submit(&page, "Save note", &[("status_note", "Demonstration on Friday")]).await;
        let page = nora.follow(&noted).await;
        assert_eq!(page.flash(), "The note is saved. The vendor can read it.");
        assert!(page.text().contains("Demonstration on Friday"), "{}", page.text());
        let list = nora.get("/portal/leads").await;
        assert!(list.text().contains("Waiting for you 0") && list.text().contains("Open 1"), "{}", list.text());
        assert!(list.rows()[0].contains("Demonstration on Friday"), "{:?}", list.rows());
    }

    async fn opening_twice_is_harmless(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;
        let path = format!("{}/open", page_of(&lead));

        for _ in 0..2 {
            assert_eq!(nora.post(&path, &[]).await.location(), page_of(&lead));
        }

        assert_eq!(app.count("SELECT COUNT(*) AS n FROM disclosures WHERE act = 'opened'"), 1);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'lead.opened'"), 1);
    }

    async fn a_waiting_lead_shows_nothing_that_identifies_anybody(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;

        let page = nora.get(&page_of(&lead)).await;

        assert_eq!(page.heading(), "ERP Cloud, Sweden");
        assert!(page.has_button("Open lead"));
        for word in PERSONAL {
            assert!(!page.source().contains(word), "{word} before the lead was opened");
        }
    }

    async fn a_note_that_is_too_long_comes_back_with_what_was_typed(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        let long = "a <b> & ".repeat(200);

        let page = nora.post(&format!("{}/note", page_of(&lead)), &[("status_note", &long)]).await;

        assert_eq!(page.status(), 422);
        assert_eq!(page.errors(), ["Status note must be 1000 characters or fewer"]);
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        assert_eq!(page.value("status_note").trim(), long.trim());
    }

    async fn a_lead_that_is_not_open_takes_no_note(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;

        for note in ["Called", &"x".repeat(2_000)] {
            let page = nora.post(&format!("{}/note", page_of(&lead)), &[("status_note", note)]).await;

            assert_eq!(page.status(), 409);
            assert_eq!(page.heading(), "This lead is not open yet");
        }
    }

    async fn a_manager_sees_the_partners_leads_and_a_member_the_own_ones(app) {
        let noras = app.a_lead().named("Nora's", "Lead").assigned_to(cast::NORA).opened().create().await;
        let nils_own = app.a_lead().named("Nils's", "Lead").assigned_to(cast::NILS).opened().create().await;
        let everybodys = app.a_lead().named("Everybody's", "Lead").create().await;
        assign_to_partner(&app, &everybodys, cast::NORA).await;
        let sams = app.a_lead().named("Sam's", "Lead").assigned_to(cast::SAM).opened().create().await;

        for (client, seen) in [
            (app.nora().await, vec![&noras, &nils_own, &everybodys]),
            (app.nils().await, vec![&nils_own]),
            (app.sam().await, vec![&sams]),
        ] {
            let list = client.get("/portal/leads").await.source();
            for lead in [&noras, &nils_own, &everybodys, &sams] {
                let is_seen = seen.contains(&lead);
                assert_eq!(list.contains(lead.as_str()), is_seen);
                assert_eq!(client.get(&page_of(lead)).await.status(), if is_seen { 200 } else { 404 });
            }
        }
        let nora = app.nora().await;
        let list = nora.get("/portal/leads").await;
        assert!(list.rows().iter().any(|row| row.contains("Nils's Lead") && row.contains("Nils Holm")), "{:?}", list.rows());
        assert!(list.text().contains("with Northwind"), "{}", list.text());
        assert!(!app.nils().await.get("/portal/leads").await.text().contains("With"));
    }

    async fn opened_leads_are_found_by_their_words_and_waiting_ones_by_none(app) {
        app.a_lead().assigned_to(cast::NORA).opened().create().await;
        app.a_lead().named("Henrik", "Dahl").with(|lead| lead.email = "dahl@fjell.example".to_owned())
            .assigned_to(cast::NORA).opened().create().await;
        app.a_lead().named("Zoltan", "Waiting").assigned_to(cast::NORA).create().await;
        let nora = app.nora().await;

        let found = nora.get("/portal/leads?q=oberg").await;
        assert_eq!(found.rows().len(), 1, "{:?}", found.rows());
        assert!(found.text().contains("Open 1"), "{}", found.text());
        assert_eq!(nora.get("/portal/leads?q=dahl+fjell").await.rows().len(), 1);

        let mask = |words: &str, page: crate::support::client::Page| page.source().replace(words, "WORDS");
        let waiting = mask("Zoltan", nora.get("/portal/leads?q=Zoltan").await);
        let nonsense = mask("Qwrtyx", nora.get("/portal/leads?q=Qwrtyx").await);
        assert!(nonsense.contains("No lead matches."));
        assert_eq!(waiting, nonsense);
    }

    async fn lists_are_paged_both_ways_in_every_order_without_loss(app) {
        for number in 0..60 {
            app.clock.advance(chrono::TimeDelta::minutes(1));
            let name = format!("Lead{number:02}");
            app.a_lead().named(&name, "").assigned_to(cast::NORA).opened().create().await;
        }
        let nora = app.nora().await;

        for sort in ["newest", "oldest", "name", "name_backwards"] {
            let first = nora.get(&format!("/portal/leads?sort={sort}")).await;
            assert!(first.text().contains("Open 60"), "{}", first.text());
            let second = nora.get(&first.link("Next")).await;
            let mut names: Vec<String> = [first.rows(), second.rows()].concat();
            assert_eq!((first.rows().len(), second.rows().len()), (50, 10));
            assert_eq!(nora.get(&second.link("Previous")).await.rows(), first.rows());
            let ascending = matches!(sort, "oldest" | "name");
            if !ascending {
                names.reverse();
            }
            for (number, row) in names.iter().enumerate() {
                assert!(row.starts_with(&format!("Lead{number:02}")), "{sort}: {row}");
            }
        }
    }

    async fn empty_lists_look_alike_for_everybody(app) {
        app.track_permission().await;
        app.a_lead().create().await;
        let mask = |page: crate::support::client::Page, name: &str, partner: &str| {
            page.source().replace(name, "NAME").replace(partner, "PARTNER")
        };

        let nora = mask(app.nora().await.get("/portal/leads").await, "Nora Lindqvist", "Northwind");
        let sam = mask(app.sam().await.get("/portal/leads").await, "Sam Okafor", "Southgate");

        assert!(nora.contains("No leads at the moment"));
        assert_eq!(nora, sam);
    }

    async fn whatever_is_not_to_be_seen_is_the_same_nothing(app) {
        let recalled = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        recall(&app, &recalled).await;
        let moved = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        assign_to(&app, &moved, cast::SAM).await;
        let unopened = app.a_lead().assigned_to(cast::NORA).create().await;
        let suspended = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let unassigned = app.a_lead().create().await;
        app.track_permission().await;
        app.conn().batch_execute("UPDATE lead_distribution_settings SET opened_leads = 'suspend'").unwrap();
        let unknown = Reference::random();
        let nora = app.nora().await;

        let mut answers = Vec::new();
        for text in [
            unknown.as_str(), recalled.as_str(), moved.as_str(), unopened.as_str(), suspended.as_str(),
            unassigned.as_str(), "no-reference-at-all",
        ] {
            let path = format!("/portal/leads/{text}");
            answers.push(nora.get(&path).await);
            answers.push(nora.post(&format!("{path}/open"), &[]).await);
            answers.push(nora.post(&format!("{path}/note"), &[("status_note", "x")]).await);
            answers.push(nora.post(&format!("{path}/note"), &[("status_note", &"x".repeat(2_000))]).await);
        }

        for answer in &answers {
            assert_eq!(answer.status(), 404);
            assert_eq!(answer.body, answers[0].body);
            assert_eq!(answer.header_lines(), answers[0].header_lines());
        }
        assert!(nora.get("/portal/leads").await.text().contains("No leads at the moment"));
    }

    async fn the_portal_is_closed_to_others(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        let page = page_of(&lead);

        for path in ["/portal", "/portal/leads", page.as_str()] {
            assert!(app.anybody().get(path).await.location().starts_with("/sign-in"), "{path}");
            for client in [app.sofia().await, app.ada().await] {
                assert_eq!(client.get(path).await.status(), 403, "{path}");
            }
        }
        for path in [format!("{page}/open"), format!("{page}/note")] {
            assert_eq!(app.anybody().post(&path, &[]).await.location(), "/sign-in", "{path}");
            assert_eq!(app.sofia().await.post(&path, &[]).await.status(), 403, "{path}");
            assert_eq!(app.sam().await.post(&path, &[("status_note", "x")]).await.status(), 404, "{path}");
        }
        assert_eq!(app.nora().await.get("/leads").await.status(), 403);
        assert_eq!(app.nora().await.get("/").await.location(), "/portal");
    }

    async fn a_suspended_partner_is_out_on_the_next_request(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        assert_eq!(nora.get(&page_of(&lead)).await.status(), 200);

        app.conn().batch_execute("UPDATE partners SET state = 'suspended' WHERE name = 'Northwind'").unwrap();

        for path in ["/portal/leads".to_owned(), page_of(&lead)] {
            assert!(nora.get(&path).await.location().starts_with("/sign-in"), "{path}");
        }
        assert_eq!(nora.post(&format!("{}/open", page_of(&lead)), &[]).await.location(), "/sign-in");
    }

    async fn a_recalled_lead_is_gone_on_the_next_request(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        let nora = app.nora().await;
        assert!(nora.get("/portal/leads").await.source().contains(lead.as_str()));

        recall(&app, &lead).await;

        assert_eq!(nora.get(&page_of(&lead)).await.status(), 404);
        assert_eq!(nora.post(&format!("{}/note", page_of(&lead)), &[("status_note", "x")]).await.status(), 404);
        let list = nora.get("/portal/leads").await;
        assert!(!list.source().contains(lead.as_str()));
        let cursor = nora.get(&format!("/portal/leads?page=after-{lead}")).await;
        let unknown = nora.get(&format!("/portal/leads?page=after-{}", Reference::random())).await;
        assert_eq!((cursor.status(), &cursor.body), (200, &unknown.body));
    }
}
