//! The people of a partner, as its manager sees and lets them in.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;

use crate::support::TestApp;
use crate::support::builders::assign_to_partner;
use crate::support::sql::execute;

fn href(app: &TestApp, email: &str) -> String {
    let reference = app.text(&format!("SELECT reference AS t FROM users WHERE email = '{email}'"));
    format!("/portal/people/{reference}")
}

fn state(app: &TestApp, email: &str) -> String {
    app.text(&format!("SELECT state AS t FROM users WHERE email = '{email}'"))
}

fn acts(app: &TestApp, act: &str) -> i64 {
    app.count(&format!(
        "SELECT COUNT(*) AS n FROM audit_events WHERE action = '{act}'"
    ))
}

const OLE: [(&str, &str); 3] = [
    ("name", "Ole Strand"),
    ("email", "ole@northwind.example"),
    ("role", "partner_member"),
];

db_test! {
    async fn a_manager_sees_the_own_people_and_who_has_what(app) {
        app.a_lead().assigned_to(cast::NILS).create().await;
        app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let shared = app.a_lead().create().await;
        app.set_tracking(false, false).await;
        assign_to_partner(&app, &shared, cast::NORA).await;
        app.a_lead().assigned_to(cast::SAM).create().await;
        let nora = app.nora().await;

        let page = nora.get("/portal/people").await;

        assert_eq!(
            page.rows(),
            [
                "Nils Holm nils@northwind.example Partner member Active 1 1 Never",
                "Nora Lindqvist nora@northwind.example Partner manager Active 0 0 just now",
                "Everybody here Leads given to Northwind as a whole 1 0",
            ]
        );
        assert_eq!(nora.get("/portal/people?q=nils").await.rows().len(), 1);
        assert!(nora.get("/portal/people?q=sam").await.text().contains("Nobody matches"));
        assert_eq!(nora.get(&page.link("Nils Holm")).await.heading(), "Nils Holm");
    }

    async fn a_member_has_no_such_pages(app) {
        let nils = app.nils().await;

        assert!(!nils.get("/portal/leads").await.text().contains("People"));
        for path in ["/portal/people".to_owned(), "/portal/people/new".to_owned(), href(&app, cast::NORA)] {
            assert_eq!(nils.get(&path).await.status(), 403, "{path}");
        }
        let suspend = format!("{}/suspend", href(&app, cast::NORA));
        assert_eq!(nils.post(&suspend, &[]).await.status(), 403);
        assert_eq!(state(&app, cast::NORA), "active");
        assert_eq!(acts(&app, "access.denied"), 4);
    }

    async fn an_invited_colleague_is_at_the_same_partner_and_gets_a_mail(app) {
        let nora = app.nora().await;
        let form = nora.get("/portal/people/new").await;

        let answer = nora.submit(&form, "Invite", &OLE).await;

        assert_eq!(answer.status(), 303);
        let page = nora.follow(&answer).await;
        assert_eq!(page.heading(), "Ole Strand");
        assert!(page.text().contains("The user is invited"), "{}", page.text());
        let own = "SELECT COUNT(*) AS n FROM users u JOIN partners p ON p.id = u.partner_id \
            WHERE u.email = 'ole@northwind.example' AND u.role = 'partner_member' AND u.state = 'invited' AND p.name = 'Northwind'";
        assert_eq!(app.count(own), 1);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM outbox WHERE kind = 'account.invited'"), 1);
        assert_eq!(acts(&app, "user.invited"), 1);

        assert_eq!(nora.submit(&page, "Send a new invitation", &[]).await.status(), 303);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM outbox WHERE kind = 'account.invited'"), 2);
    }

    async fn no_other_role_and_no_other_partner_can_be_given(app) {
        let nora = app.nora().await;
        let southgate = app.text("SELECT reference AS t FROM partners WHERE name = 'Southgate'");
        for role in ["administrator", "staff", "", "boss"] {
            let typed = [OLE[0], OLE[1], ("role", role), ("partner", southgate.as_str())];

            let page = nora.post("/portal/people", &typed).await;

            assert_eq!(page.status(), 422, "{role}");
            assert!(page.text().contains("Choose what this person does here"), "{role}");
            assert_eq!(page.value("email"), "ole@northwind.example");
        }
        assert_eq!(acts(&app, "user.invited"), 0);

        let typed = [OLE[0], OLE[1], ("role", "partner_manager"), ("partner", southgate.as_str())];
        assert_eq!(nora.post("/portal/people", &typed).await.status(), 303);
        let own = "SELECT p.name AS t FROM users u JOIN partners p ON p.id = u.partner_id WHERE u.email = 'ole@northwind.example'";
        assert_eq!(app.text(own), "Northwind");
    }

    async fn whose_address_it_is_elsewhere_is_not_told(app) {
        let nora = app.nora().await;
        let invite = async |email: &str| {
            let answer = nora.post("/portal/people", &[OLE[0], ("email", email), OLE[2]]).await;
            assert_eq!(answer.status(), 303, "{}", answer.text());
            let reference = answer.location().replace("/portal/people/", "");
            let headers: Vec<String> = answer.header_lines();
            let page = nora.follow(&answer).await;
            let again = nora.submit(&page, "Send a new invitation", &[]).await;
            let shown = [headers.join("\n"), page.source(), again.header_lines().join("\n"), nora.get("/portal/people?q=ole").await.source()];
            let shown = shown.map(|text| text.replace(&reference, "R").replace(email, "E"));
            // The next one is seen alone.
            execute(&mut app.conn(), "UPDATE users SET search_text = 'x', name = 'X' WHERE name = 'Ole Strand'").unwrap();
            shown
        };

        let free = invite("ole@northwind.example").await;
        for taken in [cast::SAM, cast::ADA] {
            assert_eq!(invite(taken).await, free, "{taken}");
        }

        let twice = async |email: &str| {
            let page = nora.post("/portal/people", &[OLE[0], ("email", email), OLE[2]]).await;
            (page.status(), page.source().replace(email, "E"))
        };
        assert_eq!(twice(cast::SAM).await, twice("ole@northwind.example").await);
        assert_eq!(twice("SAM@Southgate.example").await.0, 422, "however it is spelt");
        assert_eq!(twice(cast::NILS).await.0, 422);
    }

    async fn an_address_that_has_an_account_elsewhere_keeps_that_account_and_gets_no_mail(app) {
        let (nora, ada) = (app.nora().await, app.ada().await);
        let held = nora.post("/portal/people", &[OLE[0], ("email", cast::SAM), OLE[2]]).await.location();

        assert_eq!(app.count("SELECT COUNT(*) AS n FROM outbox WHERE kind = 'account.invited'"), 0);
        assert_eq!(app.audited("user.invitation_held"), 1);
        assert_eq!(app.sam().await.get("/portal/leads").await.status(), 200);
        // Suspending and letting in again mails nothing either.
        assert_eq!(nora.post(&format!("{held}/suspend"), &[]).await.status(), 303);
        assert_eq!(nora.post(&format!("{held}/resume"), &[]).await.status(), 303);
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM outbox WHERE kind = 'account.invited'"), 0);

        let path = held.replace("/portal/people/", "/users/");
        let page = ada.get(&path).await;
        assert!(page.text().contains("with an e-mail address that has another account already"), "{}", page.text());
        let form = ada.get(&format!("{path}/edit")).await;
        assert_eq!(ada.submit(&form, "Save user", &[]).await.status(), 422, "it is taken still");
        assert_eq!(ada.submit(&form, "Save user", &[("email", "sam@northwind.example")]).await.status(), 303);
        assert!(app.mailed_token("sam@northwind.example").is_some());
        assert!(!ada.get(&path).await.text().contains("another account already"));
    }

    async fn an_address_that_became_free_is_invited_after_all(app) {
        let (nora, ada) = (app.nora().await, app.ada().await);
        let held = nora.post("/portal/people", &[OLE[0], ("email", cast::SAM), OLE[2]]).await.location();
        let sam = format!("/users/{}/edit", app.reference_where("email = 'sam@southgate.example' AND state = 'active'"));
        let page = ada.get(&sam).await;
        assert_eq!(ada.submit(&page, "Save user", &[("email", "sam.okafor@southgate.example")]).await.status(), 303);

        assert_eq!(nora.post(&format!("{held}/invite"), &[]).await.status(), 303);

        assert!(app.mailed_token(cast::SAM).is_some());
    }

    async fn invitations_have_a_limit(app) {
        let nora = app.nora().await;
        for number in 0..20 {
            let email = format!("p{number}@northwind.example");
            assert_eq!(nora.post("/portal/people", &[OLE[0], ("email", &email), OLE[2]]).await.status(), 303);
        }

        let page = nora.post("/portal/people", &OLE).await;

        assert_eq!(page.status(), 429);
        assert_eq!(page.heading(), "Too many invitations");
        assert!(page.header("retry-after").is_some());
        assert_eq!(acts(&app, "user.invited"), 20);
        app.clock.advance(chrono::TimeDelta::hours(1));
        assert_eq!(nora.post("/portal/people", &OLE).await.status(), 303);
    }

    async fn a_suspended_colleague_is_out_with_the_next_request_and_comes_in_again(app) {
        let (nora, nils) = (app.nora().await, app.nils().await);
        let page = nora.get(&href(&app, cast::NILS)).await;

        assert_eq!(nora.submit(&page, "Suspend", &[]).await.status(), 303);

        assert_eq!(state(&app, cast::NILS), "suspended");
        assert_eq!(acts(&app, "user.suspended"), 1);
        assert!(nils.get("/portal/leads").await.location().starts_with("/sign-in"));
        let page = nora.get(&href(&app, cast::NILS)).await;
        let again = format!("{}/invite", href(&app, cast::NILS));
        assert_eq!(nora.post(&again, &[]).await.status(), 409);
        assert_eq!(nora.submit(&page, "Let in again", &[]).await.status(), 303);
        assert_eq!(acts(&app, "user.resumed"), 1);
        assert_eq!(app.nils().await.get("/portal/leads").await.status(), 200);
    }

    async fn whom_the_vendor_suspended_only_the_vendor_lets_in(app) {
        let (ada, nora) = (app.ada().await, app.nora().await);
        let reference = href(&app, cast::NILS).replace("/portal/people/", "");
        assert_eq!(ada.post(&format!("/users/{reference}/suspend"), &[]).await.status(), 303);

        let answer = nora.post(&format!("/portal/people/{reference}/resume"), &[]).await;

        assert_eq!(answer.status(), 409);
        assert_eq!(answer.heading(), "This account was suspended by the vendor");
        assert_eq!(state(&app, cast::NILS), "suspended");
        let page = nora.get(&format!("/portal/people/{reference}")).await;
        assert!(page.text().contains("Only the vendor can let Nils Holm in again"));
    }

    async fn the_vendor_suspends_whom_the_partner_suspended_before(app) {
        let (ada, nora) = (app.ada().await, app.nora().await);
        let own = href(&app, cast::NILS);
        let path = own.replace("/portal/people/", "/users/");
        assert_eq!(nora.post(&format!("{own}/suspend"), &[]).await.status(), 303);
        let page = ada.get(&path).await;
        assert!(page.text().contains("was suspended by a manager of the partner"), "{}", page.text());

        let page = ada.get(&page.link("Suspend for the vendor, too")).await;
        assert_eq!(page.heading(), "Suspend Nils Holm for the vendor, too");
        assert_eq!(ada.submit(&page, "Suspend user", &[]).await.status(), 303);

        assert_eq!(acts(&app, "user.suspended"), 2);
        assert_eq!(nora.post(&format!("{own}/resume"), &[]).await.status(), 409);
        assert_eq!(state(&app, cast::NILS), "suspended");
        assert_eq!(ada.post(&format!("{path}/suspend"), &[]).await.status(), 303);
        assert_eq!(acts(&app, "user.suspended"), 2, "twice changes nothing");
        assert_eq!(ada.get(&format!("{path}/suspend")).await.location(), path);
        assert_eq!(ada.post(&format!("{path}/resume"), &[]).await.status(), 303);
        assert_eq!(state(&app, cast::NILS), "active");
    }

    async fn nobody_suspends_themselves(app) {
        let nora = app.nora().await;

        let answer = nora.post(&format!("{}/suspend", href(&app, cast::NORA)), &[]).await;

        assert_eq!(answer.status(), 409);
        assert_eq!(state(&app, cast::NORA), "active");
    }

    async fn people_elsewhere_are_as_unknown_as_nobody(app) {
        let nora = app.nora().await;
        let nobody = format!("/portal/people/{}", Reference::random());
        for act in ["", "/suspend", "/resume", "/invite"] {
            for other in [cast::SAM, cast::ADA, cast::SOFIA] {
                let (path, unknown) = (format!("{}{act}", href(&app, other)), format!("{nobody}{act}"));
                let (page, control) = if act.is_empty() {
                    (nora.get(&path).await, nora.get(&unknown).await)
                } else {
                    (nora.post(&path, &[]).await, nora.post(&unknown, &[]).await)
                };
                assert_eq!(page.status(), 404, "{path}");
                assert_eq!(page.body, control.body, "{path}");
            }
        }
        assert_eq!(app.count("SELECT COUNT(*) AS n FROM users WHERE state <> 'active'"), 0);
        assert_eq!(app.anybody().post(&format!("{nobody}/suspend"), &[]).await.status(), 303);
    }
}
