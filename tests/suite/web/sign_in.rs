//! Signing in and out.

use leadgate::cli::demo::cast;

db_test! {
    async fn staff_sign_in_and_out(app) {
        let client = app.anybody();

        let page = client.post("/sign-in", &[("email", cast::SOFIA), ("password", cast::PASSWORD)]).await;
        assert_eq!(page.location(), "/");
        assert_eq!(client.get("/leads").await.status(), 200);

        let page = client.post("/sign-out", &[]).await;
        assert_eq!(page.location(), "/sign-in");
        assert_eq!(client.get("/leads").await.location(), "/sign-in?next=%2Fleads");
    }

    async fn a_wrong_password_and_an_unknown_account_get_the_same_answer(app) {
        let client = app.anybody();

        let wrong = client.post("/sign-in", &[("email", cast::SOFIA), ("password", "not this one")]).await;
        let unknown = client.post("/sign-in", &[("email", "nobody@vendor.example"), ("password", "not this one")]).await;

        assert_eq!(wrong.status(), 422);
        assert_eq!(wrong.errors(), ["The e-mail address or the password is wrong"]);
        assert_eq!(wrong.source().replace(cast::SOFIA, "E"), unknown.source().replace("nobody@vendor.example", "E"));
    }

    async fn the_way_to_the_start_page_is_everybodys_own(app) {
        for (client, start) in [(app.sofia().await, "/"), (app.ada().await, "/"), (app.nora().await, "/portal"),
            (app.nils().await, "/portal")]
        {
            assert_eq!(client.get("/sign-in").await.location(), start, "whoever is in need not sign in");
            let lost = client.get("/nothing-here").await;
            assert_eq!(lost.status(), 404);
            let home = client.get(&lost.link("Go to the start page")).await;
            if start == "/" {
                assert_eq!(home.status(), 200);
            } else {
                assert_eq!((home.location().as_str(), client.follow(&home).await.status()), (start, 200));
            }
        }
        let refused = app.nora().await.get("/leads").await;
        assert_eq!((refused.status(), refused.link("Go to the start page").as_str()), (403, "/"));
        assert_eq!(app.anybody().get("/").await.location(), "/sign-in");
    }

    async fn the_way_after_signing_in_leads_nobody_to_pages_of_others(app) {
        let next = async |email: &str, next: &str| {
            let fields = [("email", email), ("password", cast::PASSWORD), ("next", next)];
            app.anybody().post("/sign-in", &fields).await.location()
        };

        assert_eq!(next(cast::NORA, "/leads/new").await, "/portal");
        assert_eq!(next(cast::NORA, "/portal/notices").await, "/portal/notices");
        assert_eq!(next(cast::NORA, "/account").await, "/account");
        assert_eq!(next(cast::SOFIA, "/portal/leads").await, "/");
        assert_eq!(next(cast::SOFIA, "/leads/new").await, "/leads/new");
    }

    async fn a_list_of_leads_shows_them(app) {
        app.a_lead().named("Anna", "Öberg").create().await;

        let page = app.sofia().await.get("/leads").await;

        assert_eq!(page.status(), 200);
        assert_eq!(page.heading(), "Leads 1 lead");
        assert!(page.rows()[0].contains("Anna Öberg"), "{:?}", page.rows());
    }
}
