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

    async fn a_list_of_leads_shows_them(app) {
        app.a_lead().named("Anna", "Öberg").create().await;

        let page = app.sofia().await.get("/leads").await;

        assert_eq!(page.status(), 200);
        assert_eq!(page.heading(), "Leads 1 lead");
        assert!(page.rows()[0].contains("Anna Öberg"), "{:?}", page.rows());
    }
}
