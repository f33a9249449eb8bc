//! Lists that are longer than is counted.

use diesel::connection::SimpleConnection;
use leadgate::domain::leads::{LeadInput, intake};

use crate::support::TestApp;

/// More leads than are counted, all of one company.
const MANY: usize = 10_050;

async fn enter(app: &TestApp, count: usize) {
    let (scope, now) = (app.staff_scope(), app.now());
    let drafts: Vec<_> = (0..count)
        .map(|number| {
            let input = LeadInput {
                last_name: format!("Öberg {number}"),
                email: format!("lead{number}@nordlicht.example"),
                company: "Nordlicht GmbH".to_owned(),
                country: if number < 30 { "FI" } else { "SE" }.to_owned(),
                source: if (5_000..5_200).contains(&number) { "Fair" } else { "" }.to_owned(),
                ..LeadInput::default()
            };
            input.parse().unwrap()
        })
        .collect();
    for batch in drafts.chunks(500).map(<[_]>::to_vec) {
        let scope = scope.clone();
        app.write(move |tx| intake::create_many(tx, &scope, &batch, "test", now))
            .await
            .unwrap();
    }
}

db_test! {
    async fn a_long_list_is_counted_to_ten_thousand(app) {
        enter(&app, MANY).await;
        let sofia = app.sofia().await;

        for path in ["/leads", "/leads?country=SE", "/leads?sort=name"] {
            // The second time it is remembered.
            for _ in 0..2 {
                let page = sofia.get(path).await;
                assert!(page.text().contains("10,000+ leads"), "{path}: {}", page.text());
                assert_eq!(page.rows().len(), 50);
            }
        }
        assert!(sofia.get("/leads?country=FI").await.text().contains("30 leads"));
        assert!(sofia.get("/").await.text().contains("10,000+ unassigned"));
    }

    async fn a_word_of_many_leads_is_looked_for_among_the_newest(app) {
        let oldest = app.a_lead().named("Ida", "Quibblewhick").with(|lead| lead.company = "Nordlicht Oy".to_owned());
        oldest.create().await;
        enter(&app, MANY).await;
        let sofia = app.sofia().await;

        let many = sofia.get("/leads?q=nordlicht").await;
        let filtered = sofia.get("/leads?q=nordlicht&country=FI").await;
        let rare = sofia.get("/leads?q=quibblewhick").await;
        let both = sofia.get("/leads?q=nordlicht%20quibblewhick").await;

        let sentence = "only the newest 10,000 of them are looked at";
        assert!(many.text().contains("10,000+ leads") && many.text().contains(sentence), "{}", many.text());
        assert_eq!(many.rows().len(), 50);
        assert!(filtered.text().contains(sentence), "{}", filtered.text());
        assert!(filtered.rows().len() < 30);
        // What is not looked at is not acted on as if it were all.
        let some = sofia.get("/leads?q=nordlicht&source=Fair").await;
        assert!(some.text().contains("200 leads") && some.text().contains("Not all that match are known"), "{}", some.text());
        for path in ["/leads/selection", "/leads/bulk"] {
            let list = "q=nordlicht&source=Fair";
            let refused = sofia.post(path, &[("all", "true"), ("act", "recall"), ("list", list)]).await;
            assert_eq!(refused.status(), 409, "{path}");
            assert_eq!(refused.heading(), "These are not all leads that match");
        }
        assert_eq!(app.audited("bulk.started"), 0);
        for page in [rare, both] {
            assert!(page.text().contains("1 lead") && !page.text().contains(sentence), "{}", page.text());
            assert!(page.rows()[0].contains("Quibblewhick"));
        }
    }

    async fn of_many_leads_that_wait_the_longest_waiting_are_looked_at(app) {
        enter(&app, MANY).await;
        // As the gate would do it, one by one.
        app.conn()
            .batch_execute(
                "UPDATE leads SET status = 'unopened', partner_id = (SELECT id FROM partners WHERE name = 'Northwind'); \
                 INSERT INTO assignments (lead_id, partner_id, assigned_by, assigned_at) SELECT id, partner_id, created_by, \
                 '2026-04-01 00:00:00' FROM leads",
            )
            .unwrap();
        let sofia = app.sofia().await;

        let page = sofia.get("/leads?unopened=14").await;
        let few = sofia.get("/leads?unopened=14&country=FI").await;

        let sentence = "only 10,000 of them are looked at";
        assert!(page.text().contains("10,000+ leads") && page.text().contains(sentence), "{}", page.text());
        assert_eq!(page.rows().len(), 50);
        assert!(few.text().contains(sentence) && few.text().contains("30 leads"), "{}", few.text());
        let refused = sofia.post("/leads/bulk", &[("all", "true"), ("act", "remind"), ("list", "unopened=14&country=FI")]).await;
        assert_eq!((refused.status(), refused.heading().as_str()), (409, "These are not all leads that match"));
        assert!(!sofia.get("/leads?closed=this_year").await.text().contains(sentence));
    }
}
