//! The work list of leads on hold.

use leadgate::cli::demo::cast;
use leadgate::domain::settings::{self, SettingsInput};

const PATH: &str = "/leads/awaiting-permission";

db_test! {
    async fn the_work_list_refuses_whoever_may_not(app) {
        assert!(app.anybody().get(PATH).await.location().starts_with("/sign-in"));
        assert_eq!(app.nora().await.get(PATH).await.status(), 403);
        assert_eq!(app.sofia().await.get(&format!("{PATH}?list=nonsense")).await.status(), 400);
    }

    async fn without_tracking_the_page_says_so(app) {
        let (ada, sofia) = (app.ada().await, app.sofia().await);

        let for_ada = ada.get(PATH).await;
        assert!(for_ada.text().contains("Permission is not tracked"));
        assert_eq!(for_ada.link("GDPR Options"), "/settings/lead-distribution/module#gdpr-options");

        let for_sofia = sofia.get(PATH).await;
        assert!(for_sofia.text().contains("An administrator can turn it on."));
        assert!(!for_sofia.links().iter().any(|link| link.starts_with("/settings")));
    }

    async fn the_lists_say_when_nothing_is_left(app) {
        app.track_permission().await;
        app.a_lead().confirmed().create().await;
        let sofia = app.sofia().await;

        assert!(sofia.get(PATH).await.text().contains("Nothing awaits permission"));
        assert!(sofia.get(&format!("{PATH}?list=with-partner")).await.text().contains("No partner has a lead on hold"));
    }

    async fn leads_stand_in_the_list_that_fits(app) {
        app.a_lead().named("Una", "Unopened").assigned_to(cast::NILS).create().await;
        app.a_lead().named("Otto", "Opened").assigned_to(cast::NILS).opened().create().await;
        let alone = app.a_lead().named("Ada", "Alone").create().await;
        app.track_permission().await;
        app.a_lead().named("Cora", "Confirmed").confirmed().create().await;
        let sofia = app.sofia().await;

        let first = sofia.get(PATH).await;
        assert_eq!(first.heading(), "Awaiting permission 1 lead");
        assert_eq!(first.rows().len(), 1);
        assert!(first.rows()[0].contains("Ada Alone"));
        assert!(first.links().contains(&format!("/leads/{alone}/confirm?from=awaiting")));
        assert!(first.links().contains(&format!("/leads/{alone}/delete?from=awaiting")));

        let second = sofia.get(&first.link("Already with a partner 2")).await;
        assert_eq!(second.rows().len(), 2);
        assert!(second.rows()[0].contains("Una Unopened"));
        assert!(second.rows()[0].contains("Northwind Nils Holm"), "{}", second.rows()[0]);
        assert!(second.rows()[0].contains("Nothing: not opened, and it can’t be"));
        assert!(second.rows()[1].contains("The lead: opened 4 May 2026"), "{}", second.rows()[1]);
        assert!(second.text().contains("stay with the partner for the review"));
    }

    async fn suspended_leads_are_told_as_such(app) {
        app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (scope, now) = (app.admin_scope(), app.now());
        let draft = SettingsInput {
            track_permission: true,
            ask_on_create: false,
            opened_leads: "suspend".to_owned(),
            assign_to_partner: true,
            text: String::new(),
        }
        .parse()
        .unwrap();
        app.write(move |tx| {
            let seen = settings::load(tx)?.lock_version;
            settings::save(tx, &scope, &draft, seen, now)
        })
        .await
        .unwrap();

        let page = app.sofia().await.get(&format!("{PATH}?list=with-partner")).await;

        assert!(page.text().contains("no partner sees them"));
        assert!(page.rows()[0].contains("suspended now"), "{}", page.rows()[0]);
    }

    async fn the_list_is_read_page_by_page(app) {
        app.track_permission().await;
        for number in 0..53 {
            app.clock.advance(chrono::TimeDelta::minutes(1));
            app.a_lead().named("Person", &format!("{number:02}")).create().await;
        }
        let sofia = app.sofia().await;

        let first = sofia.get(PATH).await;
        let second = sofia.get(&first.link("Next")).await;
        let back = sofia.get(&second.link("Previous")).await;

        assert_eq!(first.rows().len(), 50);
        assert!(first.rows()[0].contains("Person 00"), "the longest waiting first");
        assert_eq!(second.rows().len(), 3);
        assert!(second.rows()[0].contains("Person 50"));
        assert_eq!(back.rows(), first.rows());
    }

    async fn a_selection_of_the_list_is_worked_on_and_leads_back(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        let list = sofia.get(PATH).await;
        let page = sofia.submit(&list, "Confirm permission", &[("lead", lead.as_str())]).await;
        let done = sofia
            .submit(&page, "Confirm permission to distribute 1 lead", &[("permission", "true"), ("ground", "contract")])
            .await;

        assert_eq!(done.location(), PATH);
        assert_eq!(sofia.follow(&done).await.flash(), "Permission is confirmed for 1 lead.");
    }

    async fn a_lead_that_is_saved_unticked_stays_on_hold(app) {
        app.track_permission().await;
        app.a_lead().create().await;

        let rows = app.sofia().await.get("/leads").await.rows();

        assert!(rows[0].contains("On hold"), "{rows:?}");
    }
}
