//! Entering and correcting a lead.

use leadgate::domain::settings::{self, SettingsInput};

const ANNA: &[(&str, &str)] = &[
    ("first_name", "Anna"),
    ("last_name", "Öberg"),
    ("email", "anna.oberg@nordlicht.example"),
    ("company", "Nordlicht GmbH"),
];

fn with<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    base.iter().chain(more).copied().collect()
}

db_test! {
    async fn without_tracking_a_lead_is_entered_without_a_word_of_permission(app) {
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        assert!(!form.text().to_lowercase().contains("permission"), "{}", form.text());

        let done = sofia.submit(&form, "Create lead", ANNA).await;

        let page = sofia.follow(&done).await;
        assert_eq!(page.heading(), "Lead: Anna Öberg, Nordlicht GmbH");
        assert_eq!(page.flash(), "The lead is created and can be assigned.");
    }

    async fn the_box_is_never_ticked_beforehand(app) {
        app.track_permission().await;
        let sofia = app.sofia().await;

        let fresh = sofia.get("/leads/new").await;
        let with_error = sofia.submit(&fresh, "Save on hold", &[("last_name", "Öberg"), ("email", "no address")]).await;

        assert!(!fresh.source().contains(" checked"));
        assert_eq!(with_error.status(), 422);
        assert!(!with_error.source().contains(" checked"));
    }

    async fn the_main_button_needs_the_tick_when_the_settings_ask_for_it(app) {
        app.track_permission().await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        assert!(form.text().contains("I confirm that this lead may be passed on."));

        let page = sofia.submit(&form, "Create lead", ANNA).await;

        assert_eq!(page.status(), 422);
        assert_eq!(page.errors(), ["Tick Permission to Distribute to create the lead, or choose Save on hold"]);
        assert_eq!(page.value("last_name"), "Öberg");
        assert!(page.title().starts_with("Error: "));
    }

    async fn without_the_question_an_unticked_lead_is_on_hold(app) {
        app.set_tracking(true, false).await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;

        let done = sofia.submit(&form, "Create lead", ANNA).await;

        assert!(sofia.follow(&done).await.text().contains("On hold"));
    }

    async fn a_lead_is_saved_on_hold_and_stays_so_through_edits(app) {
        app.track_permission().await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        let done = sofia.submit(&form, "Save on hold", ANNA).await;
        let href = done.location();
        assert!(sofia.follow(&done).await.text().contains("it can't reach any partner"));

        let form = sofia.get(&format!("{href}/edit")).await;
        let done = sofia.submit(&form, "Save lead", &[("city", "Kiel"), ("permission", "true"), ("has_confirmation", "true")]).await;

        let page = sofia.follow(&done).await;
        assert!(page.text().contains("Kiel"));
        assert!(page.text().contains("it can't reach any partner"));
    }

    async fn consent_needs_evidence_and_a_day_in_the_past(app) {
        app.track_permission().await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        let ticked = with(ANNA, &[("permission", "true"), ("ground", "consent")]);

        let nothing = sofia.submit(&form, "Create lead", &ticked).await;
        let future = sofia
            .submit(&form, "Create lead", &with(&ticked, &[("evidence", "Quote form"), ("given_on", "2026-05-05")]))
            .await;
        let today = sofia
            .submit(&form, "Create lead", &with(&ticked, &[("evidence", "Quote form"), ("given_on", "2026-05-04")]))
            .await;

        assert_eq!(
            nothing.errors(),
            ["Enter where and how the lead gave consent", "Enter the day on which the lead gave consent"]
        );
        assert_eq!(future.errors(), ["The day of consent must be today or in the past"]);
        assert!(future.source().contains(" checked"), "the tick that was made is kept");
        assert_eq!(future.value("evidence"), "Quote form");
        let page = sofia.follow(&today).await;
        assert!(page.text().contains("Ground Consent"), "{}", page.text());
        assert!(page.text().contains("Evidence Quote form"));
        assert!(page.text().contains("Confirmation text, version 1"));
    }

    async fn the_interest_of_the_lead_needs_a_reason_and_a_contract_nothing(app) {
        app.track_permission().await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        let ticked = |ground: &'static str| with(ANNA, &[("permission", "true"), ("ground", ground)]);

        let interest = sofia.submit(&form, "Create lead", &ticked("lead_interest")).await;
        let none = sofia.submit(&form, "Create lead", &with(ANNA, &[("permission", "true")])).await;
        let contract = sofia.submit(&form, "Create lead", &ticked("contract")).await;

        assert_eq!(interest.errors(), ["Enter the reason why this is in the lead's interest"]);
        assert_eq!(none.errors(), ["Choose the legal ground"]);
        assert_eq!(contract.status(), 303);
    }

    async fn a_tick_and_save_on_hold_contradict_each_other(app) {
        app.track_permission().await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;

        let page = sofia.submit(&form, "Save on hold", &with(ANNA, &[("permission", "true"), ("ground", "contract")])).await;

        assert_eq!(page.status(), 422);
        assert!(page.errors()[0].starts_with("You ticked Permission to Distribute and chose Save on hold"));
    }

    async fn nobody_confirms_words_that_he_did_not_see(app) {
        app.track_permission().await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        let (scope, now) = (app.admin_scope(), app.now());
        let draft = SettingsInput {
            track_permission: true,
            ask_on_create: true,
            opened_leads: "keep".to_owned(),
            assign_to_partner: true,
            text: "Other words".to_owned(),
        };
        app.write(move |tx| {
            let seen = settings::load(tx)?.lock_version;
            settings::save(tx, &scope, &draft.parse().unwrap(), seen, now)
        })
        .await
        .unwrap();

        let ticked = with(ANNA, &[("permission", "true"), ("ground", "contract")]);
        let page = sofia.submit(&form, "Create lead", &ticked).await;

        assert_eq!(page.status(), 422);
        assert!(page.errors()[0].starts_with("The confirmation text was changed"), "{:?}", page.errors());
        assert!(page.text().contains("Other words"));
        assert_eq!(sofia.submit(&page, "Create lead", &[]).await.status(), 303, "the new text was seen now");
    }

    async fn a_double_click_makes_one_lead(app) {
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;

        let (first, second) = tokio::join!(
            sofia.submit(&form, "Create lead", ANNA),
            sofia.submit(&form, "Create lead", ANNA),
        );

        assert_eq!(first.location(), second.location());
        assert_eq!(sofia.get("/leads").await.heading(), "Leads 1 lead");
    }

    async fn bad_input_is_told_field_by_field_and_kept(app) {
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        let long = "x".repeat(201);

        let page = sofia
            .submit(&form, "Create lead", &[
                ("first_name", &long), ("email", "anna(at)nordlicht"), ("phone", "call me"), ("country", "XX"), ("need", "<b>&"),
            ])
            .await;

        assert_eq!(page.status(), 422);
        assert_eq!(page.errors().len(), 4, "{:?}", page.errors());
        assert_eq!(page.value("first_name"), long);
        assert_eq!(page.value("need").trim(), "<b>&");
    }

    async fn a_lead_needs_a_name_and_a_way_to_reach_the_person(app) {
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;

        let page = sofia.submit(&form, "Create lead", &[("city", "Kiel")]).await;

        assert_eq!(page.errors().len(), 2, "{:?}", page.errors());
    }

    async fn two_editors_lose_nothing(app) {
        let lead = app.a_lead().create().await;
        let (sofia, ada) = (app.sofia().await, app.ada().await);
        let edit = format!("/leads/{lead}/edit");
        let (first, second) = (sofia.get(&edit).await, ada.get(&edit).await);

        sofia.submit(&first, "Save lead", &[("city", "Kiel")]).await;
        let conflict = ada.submit(&second, "Save lead", &[("city", "Lund"), ("region", "Skåne")]).await;

        assert_eq!(conflict.status(), 409);
        assert!(conflict.text().contains("City Kiel"), "{}", conflict.text());
        assert_eq!(conflict.value("city"), "Lund");
        assert_eq!(ada.submit(&conflict, "Save lead", &[]).await.status(), 303);
        assert!(sofia.get(&format!("/leads/{lead}")).await.text().contains("Lund, Skåne"));
    }

    async fn another_name_on_a_confirmed_lead_needs_a_reason(app) {
        app.track_permission().await;
        let lead = app.a_lead().confirmed().create().await;
        let sofia = app.sofia().await;
        let form = sofia.get(&format!("/leads/{lead}/edit")).await;

        let refused = sofia.submit(&form, "Save lead", &[("last_name", "Oberg")]).await;
        let done = sofia.submit(&refused, "Save lead", &[("identity_change", "spelling_corrected")]).await;

        assert_eq!(refused.status(), 422);
        assert_eq!(refused.value("last_name"), "Oberg");
        let page = sofia.follow(&done).await;
        assert!(page.text().contains("changed last name (the spelling was wrong)."), "{}", page.text());
        assert!(page.text().contains("Confirmed"));
    }

    async fn the_same_person_is_pointed_out_and_permission_not_inherited(app) {
        app.track_permission().await;
        app.a_lead().named("Anna", "Öberg").confirmed().create().await;
        let second = app.a_lead().named("A.", "Oeberg").create().await;

        let page = app.sofia().await.get(&format!("/leads/{second}")).await;

        assert!(page.text().contains("Possibly the same person Anna Öberg, Nordlicht GmbH"), "{}", page.text());
        assert!(page.text().contains("it can't reach any partner"));
    }
}
