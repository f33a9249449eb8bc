//! Confirming permission for one lead.

use leadgate::db::types::Reference;
use leadgate::domain::leads::staff;
use leadgate::domain::permission::Ground;
use leadgate::domain::permission::confirmation::{self, Confirmation};
use leadgate::domain::settings::{self, SettingsInput};

use crate::support::TestApp;

const BUTTON: &str = "Confirm permission to distribute";
const TICK: (&str, &str) = ("permission", "true");

fn confirmation_of(app: &TestApp, lead: &Reference) -> Option<Confirmation> {
    let (mut conn, scope) = (app.conn(), app.staff_scope());
    let id = staff::id_of(&mut conn, &scope, lead).unwrap().unwrap();
    confirmation::of_lead(&mut conn, &scope, id).unwrap()
}

/// Ada saves another wording.
async fn reword(app: &TestApp, text: &str) {
    let (scope, now) = (app.admin_scope(), app.now());
    let draft = SettingsInput {
        track_permission: true,
        ask_on_create: true,
        opened_leads: "keep".to_owned(),
        assign_to_partner: true,
        text: text.to_owned(),
    }
    .parse()
    .unwrap();
    app.write(move |tx| {
        let seen = settings::load(tx)?.lock_version;
        settings::save(tx, &scope, &draft, seen, now)
    })
    .await
    .unwrap();
}

db_test! {
    async fn confirming_refuses_whoever_may_not(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let path = format!("/leads/{lead}/confirm");
        let fields = [TICK, ("ground", "contract"), ("text_version", "1")];

        assert!(app.anybody().get(&path).await.location().starts_with("/sign-in"));
        assert!(app.anybody().post(&path, &fields).await.location().starts_with("/sign-in"));
        assert_eq!(app.nora().await.get(&path).await.status(), 403);
        assert_eq!(app.nora().await.post(&path, &fields).await.status(), 403);
        let unknown = format!("/leads/{}/confirm", Reference::random());
        assert_eq!(app.sofia().await.get(&unknown).await.status(), 404);
        assert_eq!(app.sofia().await.post(&unknown, &fields).await.status(), 404);
        assert_eq!(app.sofia().await.get("/leads/nonsense/confirm").await.status(), 404);
        assert!(confirmation_of(&app, &lead).is_none());
    }

    async fn consent_is_confirmed_with_its_evidence(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        let page = sofia.get(&format!("/leads/{lead}/confirm")).await;
        assert_eq!(page.heading(), BUTTON);
        assert!(page.text().contains("Anna Öberg, Nordlicht GmbH"));
        assert!(page.text().contains("I confirm that this lead may be passed on."));
        assert!(page.text().contains("can’t be taken back"));
        assert!(page.text().contains("delete the lead"));
        let done = sofia
            .submit(&page, BUTTON, &[TICK, ("ground", "consent"), ("evidence", "Said so at the fair"), ("given_on", "2026-03-01")])
            .await;

        assert_eq!(done.location(), format!("/leads/{lead}"));
        let record = confirmation_of(&app, &lead).unwrap();
        assert_eq!(record.ground, Ground::Consent);
        assert_eq!(record.evidence.as_deref(), Some("Said so at the fair"));
        assert_eq!(record.given_on.unwrap().to_string(), "2026-03-01");
        assert_eq!(record.confirmed_by, "Sofia Lind");
        assert_eq!(record.confirmed_at, app.now());
        assert_eq!(record.text, Some((1, "I confirm that this lead may be passed on.".to_owned())));
    }

    async fn no_box_is_ticked_before_and_a_tick_stays_where_it_was(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        let page = sofia.get(&format!("/leads/{lead}/confirm")).await;
        assert!(!page.source().contains(" checked"));

        let unticked = sofia.submit(&page, BUTTON, &[("ground", "contract")]).await;
        assert_eq!(unticked.status(), 422);
        assert_eq!(
            unticked.errors(),
            ["Tick Permission to Distribute if a legal ground exists; otherwise leave the lead on hold or delete it"]
        );
        assert_eq!(unticked.value("permission"), "");
        assert_eq!(unticked.value("ground"), "contract");

        let ticked = sofia.submit(&page, BUTTON, &[TICK]).await;
        assert_eq!(ticked.status(), 422);
        assert_eq!(ticked.errors(), ["Choose the legal ground"]);
        assert_eq!(ticked.value("permission"), "true");
        assert!(confirmation_of(&app, &lead).is_none());
    }

    async fn each_ground_asks_for_what_proves_it(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;
        let page = sofia.get(&format!("/leads/{lead}/confirm")).await;

        let bare = sofia.submit(&page, BUTTON, &[TICK, ("ground", "consent")]).await;
        assert_eq!(bare.errors(), [
            "Enter where and how the lead gave consent",
            "Enter the day on which the lead gave consent",
        ]);

        let future = sofia
            .submit(&page, BUTTON, &[TICK, ("ground", "consent"), ("evidence", "On the phone"), ("given_on", "2026-05-05")])
            .await;
        assert_eq!(future.errors(), ["The day of consent must be today or in the past"]);
        assert_eq!(future.value("evidence"), "On the phone");
        assert_eq!(future.value("given_on"), "2026-05-05");

        let interest = sofia.submit(&page, BUTTON, &[TICK, ("ground", "lead_interest")]).await;
        assert_eq!(interest.errors(), ["Enter the reason why this is in the lead's interest"]);
        assert!(confirmation_of(&app, &lead).is_none());

        let today = sofia
            .submit(&page, BUTTON, &[TICK, ("ground", "consent"), ("evidence", "On the phone"), ("given_on", "2026-05-04")])
            .await;
        assert_eq!(today.status(), 303);
    }

    async fn the_interest_of_the_lead_is_confirmed_with_its_reason(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;
        let page = sofia.get(&format!("/leads/{lead}/confirm")).await;

        sofia.submit(&page, BUTTON, &[TICK, ("ground", "lead_interest"), ("reason", "Asked for a local contact")]).await;

        let record = confirmation_of(&app, &lead).unwrap();
        assert_eq!(record.ground, Ground::LeadInterest);
        assert_eq!(record.reason.as_deref(), Some("Asked for a local contact"));
        assert_eq!(record.evidence, None);
    }

    async fn nobody_confirms_words_that_he_did_not_see(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;
        let page = sofia.get(&format!("/leads/{lead}/confirm")).await;
        reword(&app, "Other words, stricter than before.").await;

        let again = sofia.submit(&page, BUTTON, &[TICK, ("ground", "contract")]).await;
        let without = sofia.post(&format!("/leads/{lead}/confirm"), &[TICK, ("ground", "contract")]).await;

        for refused in [&again, &without] {
            assert_eq!(refused.status(), 422);
            assert_eq!(
                refused.errors(),
                ["The confirmation text was changed while you read it. Read the new text, then tick again"]
            );
            assert!(refused.text().contains("Other words, stricter than before."));
            assert_eq!(refused.value("permission"), "");
            assert_eq!(refused.value("ground"), "contract");
        }
        assert!(confirmation_of(&app, &lead).is_none());
        sofia.submit(&again, BUTTON, &[TICK]).await;
        assert_eq!(confirmation_of(&app, &lead).unwrap().text.unwrap().0, 2);
    }

    async fn a_confirmation_is_about_whoever_was_looked_at(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let (sofia, ada) = (app.sofia().await, app.ada().await);
        let path = format!("/leads/{lead}/confirm");
        let page = sofia.get(&path).await;
        let form = ada.get(&format!("/leads/{lead}/edit")).await;
        assert_eq!(ada.submit(&form, "Save lead", &[("first_name", "Jane"), ("last_name", "Doe")]).await.status(), 303);

        let unready = sofia.submit(&page, BUTTON, &[TICK]).await;
        assert_eq!(unready.status(), 422);
        let refused = sofia.submit(&unready, BUTTON, &[("ground", "contract")]).await;
        let bare = sofia.post(&path, &[TICK, ("ground", "contract"), ("text_version", "1")]).await;

        for answer in [&refused, &bare] {
            assert_eq!(answer.status(), 409);
            assert_eq!(answer.heading(), "This lead was changed meanwhile");
            assert_eq!(answer.link("Look at the lead"), format!("/leads/{lead}"));
        }
        assert!(confirmation_of(&app, &lead).is_none());
        let confirmed = "SELECT COUNT(*) AS n FROM audit_events WHERE action = 'lead.confirmed'";
        assert_eq!(app.count(confirmed), 0);
        let page = sofia.get(&refused.link("Confirm permission")).await;
        assert!(page.text().contains("Jane Doe"), "{}", page.text());
        assert_eq!(sofia.submit(&page, BUTTON, &[TICK, ("ground", "contract")]).await.status(), 303);
    }

    async fn a_text_that_is_edited_later_leaves_old_confirmations_their_words(app) {
        app.track_permission().await;
        let lead = app.a_lead().confirmed().create().await;

        reword(&app, "Other words.").await;

        let record = confirmation_of(&app, &lead).unwrap();
        assert_eq!(record.text, Some((1, "I confirm that this lead may be passed on.".to_owned())));
    }

    async fn a_lead_is_confirmed_once(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;
        let path = format!("/leads/{lead}/confirm");
        let page = sofia.get(&path).await;

        sofia.submit(&page, BUTTON, &[TICK, ("ground", "contract")]).await;
        let second = sofia.submit(&page, BUTTON, &[TICK, ("ground", "lead_interest"), ("reason", "Another")]).await;

        for refused in [second, sofia.get(&path).await] {
            assert_eq!(refused.status(), 409);
            assert_eq!(refused.heading(), "Permission is confirmed already");
            assert_eq!(refused.link("Go to the lead"), format!("/leads/{lead}"));
        }
        assert_eq!(confirmation_of(&app, &lead).unwrap().ground, Ground::Contract);
    }

    async fn without_tracking_there_is_nothing_to_confirm(app) {
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;
        let path = format!("/leads/{lead}/confirm");

        for refused in [sofia.get(&path).await, sofia.post(&path, &[TICK, ("ground", "contract")]).await] {
            assert_eq!(refused.status(), 409);
            assert_eq!(refused.heading(), "Permission is not tracked");
            assert_eq!(refused.link("Go to the lead"), format!("/leads/{lead}"));
        }
    }

    async fn a_look_at_the_page_confirms_nothing(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        sofia.get(&format!("/leads/{lead}/confirm?permission=true&ground=contract&text_version=1")).await;
        sofia.request("HEAD", &format!("/leads/{lead}/confirm"), &[], "").await;

        assert!(confirmation_of(&app, &lead).is_none());
    }

    async fn from_the_work_list_it_leads_back_there(app) {
        app.track_permission().await;
        let lead = app.a_lead().create().await;
        let sofia = app.sofia().await;

        let page = sofia.get(&format!("/leads/{lead}/confirm?from=awaiting")).await;
        let done = sofia.submit(&page, BUTTON, &[TICK, ("ground", "contract")]).await;

        assert_eq!(done.location(), "/leads/awaiting-permission");
        assert_eq!(sofia.follow(&done).await.flash(), "Permission to distribute is confirmed.");
    }
}
