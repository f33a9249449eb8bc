//! Acting on a selection of leads.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::leads::staff;
use leadgate::domain::permission::Ground;
use leadgate::domain::permission::confirmation;

use crate::support::TestApp;

const TICK: (&str, &str) = ("permission", "true");

fn is_confirmed(app: &TestApp, lead: &Reference) -> bool {
    staff::find(&mut app.conn(), &app.staff_scope(), lead)
        .unwrap()
        .unwrap()
        .has_confirmation
}

fn exists(app: &TestApp, lead: &Reference) -> bool {
    staff::id_of(&mut app.conn(), &app.staff_scope(), lead)
        .unwrap()
        .is_some()
}

async fn three(app: &TestApp) -> [Reference; 3] {
    [
        app.a_lead().named("Anna", "One").create().await,
        app.a_lead().named("Bert", "Two").create().await,
        app.a_lead().named("Cleo", "Three").create().await,
    ]
}

fn fields<'a>(leads: &'a [Reference], others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    leads
        .iter()
        .map(|lead| ("lead", lead.as_str()))
        .chain(others.iter().copied())
        .collect()
}

db_test! {
    async fn a_selection_refuses_whoever_may_not(app) {
        app.track_permission().await;
        let leads = three(&app).await;
        for (path, others) in [
            ("/leads/selection", vec![("act", "confirm")]),
            ("/leads/selection/confirm", vec![TICK, ("ground", "contract"), ("text_version", "1")]),
            ("/leads/selection/delete", vec![("typed", "delete")]),
        ] {
            let fields = fields(&leads, &others);

            assert!(app.anybody().post(path, &fields).await.location().starts_with("/sign-in"), "{path}");
            assert_eq!(app.nora().await.post(path, &fields).await.status(), 403, "{path}");
        }
        assert!(leads.iter().all(|lead| exists(&app, lead) && !is_confirmed(&app, lead)));
        assert_eq!(app.sofia().await.get("/leads/selection/confirm").await.location(), "/leads");
    }

    async fn nothing_selected_and_too_much_selected_are_told(app) {
        let sofia = app.sofia().await;
        let many: Vec<Reference> = (0..501).map(|_| Reference::random()).collect();

        for path in ["/leads/selection", "/leads/selection/confirm", "/leads/selection/delete"] {
            let empty = sofia.post(path, &[("act", "delete"), ("from", "awaiting")]).await;
            assert_eq!(empty.status(), 422);
            assert_eq!(empty.heading(), "No lead is selected");
            assert_eq!(empty.link("Back to the list"), "/leads/awaiting-permission");

            let large = sofia.post(path, &fields(&many, &[("act", "delete")])).await;
            assert_eq!(large.status(), 422);
            assert_eq!(large.heading(), "Too many leads at once");
            assert!(large.text().contains("You selected 501 leads; at most 500"));
        }
        assert_eq!(sofia.post("/leads/selection", &fields(&many[..1], &[("act", "dance")])).await.status(), 400);
    }

    async fn a_selection_is_confirmed_each_lead_with_its_own_record(app) {
        app.track_permission().await;
        let leads = three(&app).await;
        let sofia = app.sofia().await;

        let page = sofia.post("/leads/selection", &fields(&leads, &[("act", "confirm")])).await;
        assert_eq!(page.status(), 200);
        assert_eq!(page.heading(), "Confirm permission for 3 leads");
        assert!(!page.source().contains(" checked"));
        let button = "Confirm permission to distribute 3 leads";

        let again = sofia.submit(&page, button, &[TICK, ("ground", "consent"), ("evidence", "At the fair")]).await;
        assert_eq!(again.status(), 422);
        assert_eq!(again.errors(), ["Enter the day on which the lead gave consent"]);
        assert_eq!(again.value("evidence"), "At the fair");

        let done = sofia.submit(&again, button, &[("given_on", "2026-04-30")]).await;
        assert_eq!(done.location(), "/leads");
        assert_eq!(sofia.follow(&done).await.flash(), "Permission is confirmed for 3 leads, each with its own record.");
        let (mut conn, scope) = (app.conn(), app.staff_scope());
        let records: Vec<_> = leads
            .iter()
            .map(|lead| {
                let id = staff::id_of(&mut conn, &scope, lead).unwrap().unwrap();
                confirmation::of_lead(&mut conn, &scope, id).unwrap().unwrap()
            })
            .collect();
        assert!(records.iter().all(|record| record.ground == Ground::Consent && record.confirmed_by == "Sofia Lind"));
        assert!(records.iter().all(|record| record.evidence.as_deref() == Some("At the fair")));
        assert_ne!(records[0].id, records[1].id);
    }

    async fn what_one_lead_meets_does_not_touch_the_others(app) {
        app.track_permission().await;
        let leads = three(&app).await;
        let sofia = app.sofia().await;
        let page = sofia.post("/leads/selection", &fields(&leads, &[("act", "confirm"), ("from", "awaiting")])).await;
        let alone = sofia.get(&format!("/leads/{}/confirm", leads[0])).await;
        sofia.submit(&alone, "Confirm permission to distribute", &[TICK, ("ground", "contract")]).await;
        sofia.post(&format!("/leads/{}/delete", leads[1]), &[]).await;

        let result = sofia
            .submit(&page, "Confirm permission to distribute 3 leads", &[TICK, ("ground", "contract")])
            .await;

        assert_eq!(result.status(), 200);
        assert_eq!(result.heading(), "Permission confirmed for 1 lead");
        assert_eq!(result.rows(), [
            "Anna One, Nordlicht GmbH Permission was confirmed before; that record stays as it is.",
        ]);
        assert!(result.text().contains("One of the leads that you selected had been deleted before."), "{}", result.text());
        assert_eq!(result.link("Back to the list"), "/leads/awaiting-permission");
        assert!(is_confirmed(&app, &leads[2]));
    }

    async fn who_is_another_one_meanwhile_is_not_confirmed_and_the_others_are(app) {
        app.track_permission().await;
        let leads = three(&app).await;
        let (sofia, ada) = (app.sofia().await, app.ada().await);
        let button = "Confirm permission to distribute 3 leads";
        let page = sofia.post("/leads/selection", &fields(&leads, &[("act", "confirm")])).await;
        let form = ada.get(&format!("/leads/{}/edit", leads[1])).await;
        assert_eq!(ada.submit(&form, "Save lead", &[("first_name", "Jane")]).await.status(), 303);

        let again = sofia.submit(&page, button, &[TICK]).await;
        assert_eq!(again.errors(), ["Choose the legal ground"]);
        let result = sofia.submit(&again, button, &[TICK, ("ground", "contract")]).await;

        assert_eq!(result.heading(), "Permission confirmed for 2 leads");
        assert_eq!(result.rows(), [
            "Jane Two, Nordlicht GmbH The lead was changed while you looked at the page, so nothing was confirmed. Look at it again.",
        ]);
        let confirmed: Vec<bool> = leads.iter().map(|lead| is_confirmed(&app, lead)).collect();
        assert_eq!(confirmed, [true, false, true]);
        let bare = fields(&leads, &[TICK, ("ground", "contract"), ("text_version", "1")]);
        assert_eq!(sofia.post("/leads/selection/confirm", &bare).await.heading(), "Permission confirmed for 0 leads");
    }

    async fn a_selection_says_what_of_it_is_confirmed_already(app) {
        app.track_permission().await;
        let leads = [
            app.a_lead().named("Anna", "One").confirmed().create().await,
            app.a_lead().named("Bert", "Two").create().await,
        ];
        let sofia = app.sofia().await;

        let page = sofia.post("/leads/selection", &fields(&leads, &[("act", "confirm")])).await;
        assert_eq!(page.heading(), "Confirm permission for 1 lead");
        assert!(page.text().contains("One more that you selected is confirmed already"));

        let none = sofia.post("/leads/selection", &fields(&leads[..1], &[("act", "confirm")])).await;
        assert_eq!(none.status(), 409);
        assert_eq!(none.heading(), "Permission is confirmed already");
    }

    async fn a_selection_is_not_confirmed_with_words_that_were_not_shown(app) {
        app.track_permission().await;
        let leads = three(&app).await;

        let page = app.sofia().await
            .post("/leads/selection/confirm", &fields(&leads, &[TICK, ("ground", "contract"), ("text_version", "7")]))
            .await;

        assert_eq!(page.status(), 422);
        assert!(page.errors()[0].starts_with("The confirmation text was changed"));
        assert!(leads.iter().all(|lead| !is_confirmed(&app, lead)));
    }

    async fn without_tracking_a_selection_is_not_confirmed(app) {
        let leads = three(&app).await;
        let sofia = app.sofia().await;

        for page in [
            sofia.post("/leads/selection", &fields(&leads, &[("act", "confirm")])).await,
            sofia.post("/leads/selection/confirm", &fields(&leads, &[TICK, ("ground", "contract")])).await,
        ] {
            assert_eq!(page.status(), 409);
            assert_eq!(page.heading(), "Permission is not tracked");
        }
    }

    async fn a_selection_is_deleted_after_the_typed_word(app) {
        let leads = [
            app.a_lead().named("Anna", "One").assigned_to(cast::NILS).create().await,
            app.a_lead().named("Bert", "Two").create().await,
        ];
        let sofia = app.sofia().await;

        let page = sofia.post("/leads/selection", &fields(&leads, &[("act", "delete")])).await;
        assert_eq!(page.heading(), "Delete 2 leads");
        assert!(page.text().contains("Who has or had one of them: Northwind"), "{}", page.text());
        assert!(page.text().contains("This can’t be undone."));

        let again = sofia.submit(&page, "Delete 2 leads", &[("typed", "yes")]).await;
        assert_eq!(again.status(), 422);
        assert_eq!(again.errors(), ["Type “delete” to delete the selected leads"]);
        assert!(leads.iter().all(|lead| exists(&app, lead)));

        let done = sofia.submit(&again, "Delete 2 leads", &[("typed", "Delete")]).await;
        assert_eq!(done.location(), "/leads");
        assert_eq!(sofia.follow(&done).await.flash(), "2 leads are deleted.");
        assert!(!leads.iter().any(|lead| exists(&app, lead)));

        let gone = sofia.submit(&again, "Delete 2 leads", &[("typed", "delete")]).await;
        assert_eq!(gone.status(), 409);
        assert_eq!(gone.heading(), "The selected leads are gone");
    }

    async fn five_hundred_leads_are_deleted_in_one_go(app) {
        let (scope, now) = (app.staff_scope(), app.now());
        let leads: Vec<Reference> = app
            .write(move |tx| {
                (0..500)
                    .map(|number| {
                        let lead = leadgate::domain::leads::LeadInput {
                            last_name: format!("Person {number}"),
                            email: format!("person{number}@example.example"),
                            ..Default::default()
                        };
                        leadgate::domain::leads::intake::create(tx, &scope, &lead.parse().unwrap(), None, now)
                            .map_err(anyhow::Error::from)
                    })
                    .collect::<Result<Vec<_>, anyhow::Error>>()
            })
            .await
            .unwrap();
        let sofia = app.sofia().await;

        let page = sofia.post("/leads/selection", &fields(&leads, &[("act", "delete")])).await;
        let done = sofia.submit(&page, "Delete 500 leads", &[("typed", "delete")]).await;

        assert_eq!(done.status(), 303);
        assert_eq!(sofia.follow(&done).await.flash(), "500 leads are deleted.");
    }
}
