//! A person who was entered before is pointed out before there are two of them: to staff alone, and nothing is inherited.

use leadgate::domain::leads::intake;

use crate::support::TestApp;
use crate::support::client::{Client, Page};

const ANYWAY: &str = "Create anyway";

async fn enter(client: &Client, fields: &[(&str, &str)]) -> Page {
    let form = client.get("/leads/new").await;
    client.submit(&form, "Create lead", fields).await
}

fn leads(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) AS n FROM leads")
}

db_test! {
    async fn somebody_with_the_same_address_is_pointed_out_before_anything_is_saved(app) {
        let anna = app.a_lead().create().await;
        let ada = app.ada().await;

        let hint = enter(&ada, &[("last_name", "Oeberg"), ("email", "Anna.Oberg@Nordlicht.example"), ("need", "Wants a call")]).await;

        assert_eq!(hint.status(), 422);
        assert_eq!(hint.errors(), Vec::<String>::new());
        assert!(hint.text().contains("Nothing is saved yet"), "{}", hint.text());
        let words = "Possibly the same person: Sofia Lind entered this person on 4 May 2026: Anna Öberg, Nordlicht GmbH";
        assert!(hint.text().contains(words), "{}", hint.text());
        assert_eq!(hint.link("Anna Öberg, Nordlicht GmbH"), format!("/leads/{anna}"));
        assert_eq!((hint.value("last_name").as_str(), hint.value("need").trim()), ("Oeberg", "Wants a call"));
        assert!(hint.has_button(ANYWAY) && !hint.has_button("Create lead"));
        assert_eq!(leads(&app), 1);

        let done = ada.submit(&hint, ANYWAY, &[]).await;

        assert_eq!(ada.follow(&done).await.heading(), "Lead: Oeberg");
        assert_eq!(leads(&app), 2);
    }

    async fn the_same_number_in_another_spelling_is_the_same(app) {
        app.a_lead().create().await;

        let hint = enter(&app.sofia().await, &[("last_name", "Someone"), ("phone", "+46 (8) 555-01 00")]).await;

        assert!(hint.text().contains("Sofia Lind entered this person on 4 May 2026"), "{}", hint.text());
        assert_eq!(leads(&app), 1);
    }

    async fn who_is_a_third_person_is_pointed_out_anew(app) {
        app.a_lead().create().await;
        app.a_lead().named("Bert", "Berg").with(|lead| lead.email = "bert@berg.example".to_owned()).create().await;
        let sofia = app.sofia().await;
        let hint = enter(&sofia, &[("last_name", "Someone"), ("email", "anna.oberg@nordlicht.example")]).await;

        let again = sofia.submit(&hint, ANYWAY, &[("email", "bert@berg.example")]).await;

        assert_eq!(again.status(), 422);
        assert!(again.text().contains("Bert Berg"), "{}", again.text());
        assert_eq!(leads(&app), 2);
        let somebody_else = sofia.submit(&again, ANYWAY, &[("email", "cleo@nobody.example")]).await;
        assert_eq!(somebody_else.status(), 303, "nobody has this address");
    }

    async fn a_double_click_after_the_hint_makes_one_lead(app) {
        app.a_lead().create().await;
        let sofia = app.sofia().await;
        let hint = enter(&sofia, &[("last_name", "Oeberg"), ("email", "anna.oberg@nordlicht.example")]).await;

        let (first, second) = tokio::join!(sofia.submit(&hint, ANYWAY, &[]), sofia.submit(&hint, ANYWAY, &[]));

        assert_eq!(first.location(), second.location());
        assert_eq!(leads(&app), 2);
    }

    async fn permission_is_not_inherited(app) {
        app.track_permission().await;
        app.a_lead().confirmed().create().await;
        let sofia = app.sofia().await;
        let form = sofia.get("/leads/new").await;
        let fields = [("last_name", "Oeberg"), ("email", "anna.oberg@nordlicht.example")];
        let hint = sofia.submit(&form, "Save on hold", &fields).await;
        assert!(hint.text().contains("Permission is never taken from one lead to another."), "{}", hint.text());
        assert!(!hint.source().contains(" checked"));

        let done = sofia.submit(&hint, "Save on hold", &[("on_hold", "true")]).await;

        assert!(sofia.follow(&done).await.text().contains("it can't reach any partner"));
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM confirmations"), 1);
    }

    async fn an_import_is_not_asked(app) {
        app.a_lead().create().await;
        let (scope, now) = (app.staff_scope(), app.now());
        let input = leadgate::domain::leads::LeadInput {
            last_name: "Oeberg".to_owned(),
            email: "anna.oberg@nordlicht.example".to_owned(),
            ..Default::default()
        };
        let drafts = vec![input.parse().unwrap(); 2];

        app.write(move |tx| intake::create_many(tx, &scope, &drafts, "fair.csv", now)).await.unwrap();

        assert_eq!(leads(&app), 3);
    }
}
