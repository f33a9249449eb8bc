//! The settings of lead distribution.

use leadgate::cli::demo::cast;
use leadgate::domain::leads::LeadInput;
use leadgate::domain::leads::intake;
use leadgate::domain::permission::text::SUGGESTED;

use crate::support::TestApp;
use crate::support::client::{Client, Page};

const MODULE: &str = "/settings/lead-distribution/module";
const TEXTS: &str = "/settings/lead-distribution/module/texts";
const TRACK: (&str, &str) = ("track_permission", "true");
const ASK: (&str, &str) = ("ask_on_create", "true");

/// Opens the page, changes the form, and presses Save.
async fn save(client: &Client, changes: &[(&str, &str)]) -> Page {
    let page = client.get(MODULE).await;
    client.submit(&page, "Save", changes).await
}

/// The button of the page that asks before tracking is turned on.
fn turn_on_button(page: &Page) -> &'static str {
    let known = [
        "Turn tracking on",
        "Turn tracking on and put 1 lead on hold",
        "Turn tracking on and put 3 leads on hold",
    ];
    known
        .into_iter()
        .find(|button| page.has_button(button))
        .expect("a button that turns tracking on")
}

fn is_tracking(app: &TestApp) -> bool {
    leadgate::domain::settings::load(&mut app.conn())
        .unwrap()
        .track_permission
}

fn last_change(app: &TestApp) -> String {
    use diesel::prelude::*;
    use leadgate::db::schema::audit_events;
    audit_events::table
        .filter(audit_events::action.eq("settings.changed"))
        .order(audit_events::id.desc())
        .select(audit_events::detail)
        .first(&mut app.conn())
        .unwrap()
}

db_test! {
    async fn settings_are_for_administrators_alone(app) {
        for path in ["/settings", "/settings/lead-distribution", MODULE, TEXTS, &format!("{TEXTS}/1")] {
            assert!(app.anybody().get(path).await.location().starts_with("/sign-in"), "{path}");
            assert_eq!(app.sofia().await.get(path).await.status(), 403, "{path}");
            assert_eq!(app.nora().await.get(path).await.status(), 403, "{path}");
        }
        assert_eq!(app.sofia().await.post(MODULE, &[TRACK]).await.status(), 403);
        assert_eq!(app.anybody().post(MODULE, &[TRACK]).await.status(), 303);
        assert!(!is_tracking(&app));
        assert_eq!(app.ada().await.get(&format!("{TEXTS}/1")).await.status(), 404);
        assert_eq!(app.ada().await.get(&format!("{TEXTS}/x")).await.status(), 404);
    }

    async fn the_way_leads_from_the_overview_to_the_options(app) {
        let ada = app.ada().await;

        let overview = ada.get("/settings").await;
        let area = ada.get(&overview.link("Lead Distribution")).await;
        let module = ada.get(&area.link("Lead Distribution Module Settings")).await;

        assert_eq!(overview.heading(), "Settings");
        assert_eq!(area.heading(), "Lead Distribution");
        assert_eq!(module.heading(), "Lead Distribution Module Settings");
        assert!(module.source().contains("id=\"gdpr-options\""));
        assert_eq!(module.value("text"), SUGGESTED);
        assert_eq!(module.value("track_permission"), "", "no box is ticked before");
        assert_eq!(module.value("opened_leads"), "keep");
    }

    async fn asking_without_tracking_is_refused_beside_the_box(app) {
        let ada = app.ada().await;

        let page = save(&ada, &[ASK, ("text", "My own words")]).await;

        assert_eq!(page.status(), 422);
        assert_eq!(page.errors(), ["Turn on Track permission to distribute Leads first: asking needs it"]);
        assert!(page.source().contains("id=\"ask_on_create-error\""));
        assert!(page.title().starts_with("Error: "));
        assert_eq!(page.value("text"), "My own words");
        assert_eq!(page.value("ask_on_create"), "true");
        assert!(!is_tracking(&app));
    }

    async fn asking_without_a_text_is_refused(app) {
        let ada = app.ada().await;

        let page = save(&ada, &[TRACK, ASK, ("text", " ")]).await;

        assert_eq!(page.status(), 422);
        assert_eq!(page.errors(), ["Enter the confirmation text: users see it when they create a lead"]);
    }

    async fn turning_tracking_on_first_says_what_it_does(app) {
        app.a_lead().create().await;
        app.a_lead().assigned_to(cast::NILS).create().await;
        app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let ada = app.ada().await;

        let question = save(&ada, &[TRACK, ASK]).await;

        assert_eq!(question.status(), 200);
        assert_eq!(question.heading(), "Turn on tracking of permission");
        assert!(question.text().contains("Leads that go on hold 3"), "{}", question.text());
        assert!(question.text().contains("Of them with partners, opened 1"), "{}", question.text());
        assert!(question.text().contains("Of them with partners, not opened 1"), "{}", question.text());
        assert!(!is_tracking(&app), "nothing is saved before the answer");

        let done = ada.submit(&question, turn_on_button(&question), &[]).await;
        assert_eq!(done.status(), 303);
        assert!(is_tracking(&app));
        let page = ada.follow(&done).await;
        assert_eq!(page.flash(), "The settings are saved.");
        assert!(page.text().contains("Version 1, since 4 May 2026 , used by 0 confirmations"), "{}", page.text());
        assert!(last_change(&app).starts_with("track_permission: off -> on; ask_on_create: off -> on"));
    }

    async fn a_thousand_existing_leads_are_blocked_and_listed(app) {
        let (scope, now) = (app.staff_scope(), app.now());
        app.write(move |tx| {
            for number in 0..998 {
                let lead = LeadInput {
                    last_name: format!("Person {number}"),
                    email: format!("person{number}@example.example"),
                    ..LeadInput::default()
                };
                let draft = lead.parse().unwrap();
                intake::create(tx, &scope, &draft, None, now).map_err(anyhow::Error::from)?;
            }
            Ok::<_, anyhow::Error>(())
        })
        .await
        .unwrap();
        let unopened = app.a_lead().named("Una", "Unopened").assigned_to(cast::NILS).create().await;
        let opened = app.a_lead().named("Otto", "Opened").assigned_to(cast::SAM).opened().create().await;
        let ada = app.ada().await;

        let question = save(&ada, &[TRACK]).await;
        assert!(question.text().contains("Leads that go on hold 1,000"), "{}", question.text());
        ada.submit(&question, "Turn tracking on and put 1,000 leads on hold", &[]).await;

        let sofia = app.sofia().await;
        let list = sofia.get("/leads/awaiting-permission").await;
        assert_eq!(list.heading(), "Awaiting permission 998 leads");
        let held = sofia.get("/leads/awaiting-permission?list=with-partner").await;
        assert_eq!(held.heading(), "Awaiting permission 2 leads");
        let (first, second) = (held.rows()[0].clone(), held.rows()[1].clone());
        assert!(first.contains("Una Unopened") && first.contains("Northwind") && first.contains("not opened"), "{first}");
        assert!(second.contains("Otto Opened") && second.contains("Southgate") && second.contains("opened 4 May 2026"), "{second}");
        assert!(held.links().contains(&format!("/leads/{unopened}/confirm?from=with-partner")));
        assert!(held.links().contains(&format!("/leads/{opened}/delete?from=with-partner")));
    }

    async fn turning_tracking_off_needs_the_typed_word_and_is_written_down(app) {
        app.track_permission().await;
        app.a_lead().create().await;
        let ada = app.ada().await;

        let question = save(&ada, &[("track_permission", ""), ("ask_on_create", "")]).await;
        assert_eq!(question.status(), 200);
        assert_eq!(question.heading(), "Turn off tracking of permission");
        assert!(question.text().contains("Leads no longer on hold 1"), "{}", question.text());
        assert!(is_tracking(&app));

        let again = ada.submit(&question, "Turn tracking off", &[("typed", "yes")]).await;
        assert_eq!(again.status(), 422);
        assert_eq!(again.errors(), ["Type “turn off” to turn tracking off"]);
        assert_eq!(again.value("typed"), "yes");
        assert!(is_tracking(&app));

        let done = ada.submit(&again, "Turn tracking off", &[("typed", "Turn off")]).await;
        assert_eq!(done.status(), 303);
        assert!(!is_tracking(&app));
        assert_eq!(last_change(&app), "track_permission: on -> off; ask_on_create: on -> off");
    }

    async fn the_second_of_two_administrators_is_told_and_loses_nothing(app) {
        app.track_permission().await;
        let (first, second) = (app.ada().await, app.ada().await);
        let opened = second.get(MODULE).await;

        let saved = save(&first, &[("text", "The words of the first")]).await;
        assert_eq!(saved.status(), 303);
        let refused = second.submit(&opened, "Save", &[("text", "The words of the second"), ("opened_leads", "suspend")]).await;

        assert_eq!(refused.status(), 409);
        assert!(refused.text().contains("Somebody else saved these settings meanwhile"), "{}", refused.text());
        assert!(refused.text().contains("Ada Berg saved them"), "{}", refused.text());
        assert_eq!(refused.rows(), [
            "Confirmation text The words of the first The words of the second",
            "Leads that partners have opened Stay with the partner Suspended at once",
        ]);
        assert_eq!(refused.value("text"), "The words of the second");
        assert_eq!(refused.value("opened_leads"), "suspend");

        let done = second.submit(&refused, "Save", &[]).await;
        assert_eq!(done.status(), 303);
        assert_eq!(second.get(MODULE).await.value("text"), "The words of the second");
        assert!(second.get(MODULE).await.text().contains("Version 3, since"));
    }

    async fn a_question_that_somebody_overtook_is_not_answered(app) {
        let (first, second) = (app.ada().await, app.ada().await);
        let question = save(&second, &[TRACK]).await;

        save(&first, &[("assign_to_partner", "")]).await;
        let refused = second.submit(&question, turn_on_button(&question), &[]).await;

        assert_eq!(refused.status(), 409);
        assert_eq!(refused.value("track_permission"), "true");
        assert!(!is_tracking(&app));
    }

    async fn older_versions_can_be_looked_up(app) {
        app.track_permission().await;
        app.a_lead().confirmed().create().await;
        let ada = app.ada().await;

        save(&ada, &[("text", "Second wording\n\nwith two paragraphs")]).await;

        let versions = ada.get(TEXTS).await;
        assert_eq!(versions.rows(), [
            "Version 2 In force 4 May 2026, 09:30 UTC Ada Berg 0",
            "Version 1 4 May 2026, 09:30 UTC Ada Berg 1",
        ]);
        let first = ada.get(&versions.link("Version 1")).await;
        assert_eq!(first.heading(), "Confirmation text, version 1");
        assert!(first.text().contains("I confirm that this lead may be passed on."));
        assert!(first.text().contains("Confirmations that rest on it 1"), "{}", first.text());
    }

    async fn the_preview_shows_the_text_and_markup_in_it_is_only_text(app) {
        app.track_permission().await;
        let ada = app.ada().await;

        save(&ada, &[("text", "One <b>bold</b>\n\n<script>alert(1)</script>")]).await;

        let page = ada.get(MODULE).await;
        assert!(page.source().contains("data-preview-source=\"confirmation-text\""));
        assert!(page.source().contains("data-preview-target=\"confirmation-text\""));
        assert!(!page.source().contains("<script>alert"));
        assert!(page.text().contains("One <b>bold</b>"));
    }

    async fn a_form_without_its_version_is_not_understood(app) {
        let page = app.ada().await.post(MODULE, &[TRACK, ("opened_leads", "keep")]).await;

        assert_eq!(page.status(), 400);
        assert!(!is_tracking(&app));
    }
}
