//! What deleting a lead asks of the partners that opened it: destroy your copies, and say so.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::partners;
use leadgate::db::types::Reference;
use leadgate::domain::partners::PartnerState;
use leadgate::jobs;

use crate::support::TestApp;
use crate::support::builders::{assign_to, delete};
use crate::support::client::Client;
use crate::support::sql::texts;

/// The words of the navigation's item, with its counter.
async fn item(client: &Client) -> String {
    let page = client.get("/portal/leads").await;
    let links = page.links_with_words();
    let found = links.iter().find(|(_, words)| words.starts_with("Tasks"));
    found.expect("the navigation names the tasks").1.clone()
}

/// A deleted lead that Nils had opened; the path of the task that it left.
async fn a_task(app: &TestApp) -> String {
    let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
    delete(app, &lead).await;
    task_path(app)
}

fn task_path(app: &TestApp) -> String {
    let newest = "SELECT reference AS answer FROM destroy_tasks ORDER BY id DESC LIMIT 1";
    format!("/portal/tasks/{}", texts(&mut app.conn(), newest).remove(0))
}

fn answers(app: &TestApp) -> Vec<String> {
    texts(
        &mut app.conn(),
        "SELECT COALESCE(answer, 'none') || ' ' || remark AS answer FROM destroy_tasks ORDER BY id",
    )
}

fn stand(app: &TestApp, partner: &str, state: PartnerState) {
    diesel::update(partners::table.filter(partners::name.eq(partner)))
        .set(partners::state.eq(state))
        .execute(&mut app.conn())
        .unwrap();
}

fn times(app: &TestApp, email: &str, message: &str) -> usize {
    app.messages_to(email).iter().filter(|kind| *kind == message).count()
}

db_test! {
    async fn whoever_opened_a_deleted_lead_is_asked_to_destroy_the_copies(app) {
        app.a_lead().create().await;
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        let (nils, sofia) = (app.nils().await, app.sofia().await);
        let form = sofia.get(&format!("/leads/{lead}/delete")).await;
        assert!(form.text().contains("Each partner that opened it is asked to destroy its copies."), "{}", form.text());

        assert_eq!(sofia.submit(&form, "Delete lead", &[]).await.status(), 303);

        assert_eq!(nils.get(&format!("/portal/leads/{lead}")).await.status(), 404);
        assert_eq!(item(&nils).await, "Tasks 1 open");
        let list = nils.get("/portal/tasks").await;
        assert_eq!(list.heading(), "Tasks 1 open");
        let page = nils.get(&list.link("ERP Cloud, received 4 May 2026")).await;
        assert_eq!(page.heading(), "Destroy your copies");
        for hidden in ["Anna", "Öberg", "Nordlicht", "booth", lead.as_str()] {
            assert!(!page.source().contains(hidden) && !list.source().contains(hidden), "{hidden}: {}", page.text());
        }
        assert_eq!(nils.get("/portal/notices").await.link("Destroy your copies"), "/portal/tasks");
        assert_eq!(times(&app, cast::NILS, "destroy.asked"), 1);
        assert_eq!(times(&app, cast::NORA, "destroy.asked"), 1, "the manager is told too");
        assert_eq!(app.audited("destroy.asked"), 1);
    }

    async fn a_lead_that_nobody_opened_leaves_no_task(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;

        delete(&app, &lead).await;

        assert!(answers(&app).is_empty());
        assert_eq!(item(&app.nils().await).await, "Tasks");
    }

    async fn former_holders_are_asked_too_each_once(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        assign_to(&app, &lead, cast::SAM).await;
        assign_to(&app, &lead, cast::NORA).await;

        delete(&app, &lead).await;

        // Southgate had it waiting only: a product and a country name nobody.
        assert_eq!(item(&app.nora().await).await, "Tasks 1 open");
        assert_eq!(item(&app.nils().await).await, "Tasks 1 open");
        assert_eq!(item(&app.sam().await).await, "Tasks");
        assert_eq!(answers(&app).len(), 1);
    }

    async fn a_product_that_only_this_lead_had_is_not_kept(app) {
        let lead = app
            .a_lead()
            .with(|lead| lead.product = "As agreed with Anna Öberg".to_owned())
            .assigned_to(cast::NILS)
            .opened()
            .create()
            .await;

        delete(&app, &lead).await;

        assert_eq!(app.text("SELECT product AS t FROM destroy_tasks"), "");
        let list = app.nils().await.get("/portal/tasks").await;
        assert!(list.text().contains("Lead received 4 May 2026"), "{}", list.text());
    }

    async fn a_task_is_answered_once(app) {
        let path = a_task(&app).await;
        let nils = app.nils().await;
        let page = nils.get(&path).await;

        let done = nils.submit(&page, "Send answer", &[("answer", "destroyed")]).await;

        assert_eq!(done.location(), "/portal/tasks");
        let list = nils.follow(&done).await;
        assert_eq!(list.flash(), "Your answer is sent. Thank you.");
        assert!(list.text().contains("Every task is answered."), "{}", list.text());
        assert_eq!(item(&nils).await, "Tasks");
        assert_eq!(nils.get("/portal/notices").await.heading(), "Notices");
        let again = nils.submit(&page, "Send answer", &[("answer", "kept"), ("remark", "Six years")]).await;
        assert_eq!((again.status(), again.heading()), (409, "This task is answered already".to_owned()));
        assert_eq!(nils.submit(&page, "Send answer", &[]).await.status(), 409);
        assert_eq!(answers(&app), ["destroyed "]);
        assert_eq!(app.audited("destroy.answered"), 1);
    }

    async fn of_two_answers_at_once_one_counts(app) {
        let path = format!("{}/answer", a_task(&app).await);
        let (nils, nora) = (app.nils().await, app.nora().await);
        let kept = [("answer", "kept"), ("remark", "Six years")];

        let (first, second) = futures_util::future::join(
            nils.post(&path, &[("answer", "destroyed")]),
            nora.post(&path, &kept),
        )
        .await;

        let mut statuses = [first.status(), second.status()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        assert_eq!(app.audited("destroy.answered"), 1);
    }

    async fn whoever_must_keep_copies_says_why(app) {
        let path = a_task(&app).await;
        let nora = app.nora().await;
        let page = nora.get(&path).await;
        assert!(page.text().contains("Do not name the person"), "{}", page.text());

        let none = nora.submit(&page, "Send answer", &[("remark", "Typed already")]).await;
        assert_eq!(none.status(), 422);
        assert!(none.text().contains("Select whether the copies are destroyed"), "{}", none.text());
        assert!(none.source().contains("Typed already"));
        let silent = nora.submit(&page, "Send answer", &[("answer", "kept")]).await;
        assert!(silent.text().contains("Enter why you must keep copies"), "{}", silent.text());
        let long = "x".repeat(301);
        let long = nora.submit(&page, "Send answer", &[("answer", "destroyed"), ("remark", &long)]).await;
        assert_eq!(long.status(), 422);
        assert_eq!(answers(&app), ["none "]);

        let done = nora.submit(&page, "Send answer", &[("answer", "kept"), ("remark", "Invoices, six years")]).await;
        assert_eq!(done.status(), 303);
        assert_eq!(answers(&app), ["kept Invoices, six years"]);
        let board = app.sofia().await.get("/tasks?state=kept").await;
        assert!(board.rows()[0].contains("Invoices, six years"), "{:?}", board.rows());
    }

    async fn a_task_is_nobody_elses(app) {
        let path = a_task(&app).await;
        let answer = format!("{path}/answer");
        let fields = [("answer", "destroyed")];
        let unknown = format!("/portal/tasks/{}", Reference::random());

        assert!(app.anybody().post(&answer, &fields).await.location().starts_with("/sign-in"));
        assert_eq!(app.sofia().await.post(&answer, &fields).await.status(), 403);
        let sam = app.sam().await;
        assert_eq!(sam.post(&answer, &fields).await.status(), 404);
        assert_eq!(sam.get(&path).await.body, sam.get(&unknown).await.body);
        assert!(sam.get("/portal/tasks").await.text().contains("No tasks"));
        assert_eq!(app.nora().await.get(&path).await.status(), 200, "the manager may answer as well");
        assert_eq!(app.nora().await.get("/tasks").await.status(), 403);

        // One that Nora opened is none of Nils's.
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;
        delete(&app, &lead).await;
        assert_eq!(app.nils().await.get(&task_path(&app)).await.status(), 404);
        assert_eq!(answers(&app), ["none ", "none "]);
    }

    async fn silence_is_reminded_of_after_one_week_and_after_two(app) {
        a_task(&app).await;
        let week = TimeDelta::days(7);

        app.clock.advance(week - TimeDelta::minutes(1));
        jobs::tick(&app.state).await;
        assert_eq!(times(&app, cast::NILS, "destroy.reminder"), 0);
        app.clock.advance(TimeDelta::minutes(1));
        jobs::tick(&app.state).await;
        jobs::tick(&app.state).await;
        assert_eq!(times(&app, cast::NILS, "destroy.reminder"), 1);
        assert_eq!(app.nils().await.get("/portal/notices").await.heading(), "Notices 2 unread");
        assert!(app.sofia().await.get("/tasks").await.rows()[0].contains("reminded once"));
        // That message is sent before the next one is due.
        diesel::sql_query("UPDATE outbox SET state = 'sent'").execute(&mut app.conn()).unwrap();
        app.clock.advance(week);
        jobs::tick(&app.state).await;
        app.clock.advance(week);
        jobs::tick(&app.state).await;

        assert_eq!(times(&app, cast::NILS, "destroy.reminder"), 2);
        assert_eq!(app.audited("destroy.reminded"), 2);
    }

    async fn an_answered_task_is_not_reminded_of(app) {
        let path = a_task(&app).await;
        app.nils().await.post(&format!("{path}/answer"), &[("answer", "destroyed")]).await;

        app.clock.advance(TimeDelta::days(20));
        jobs::tick(&app.state).await;

        assert_eq!(times(&app, cast::NILS, "destroy.reminder"), 0);
    }

    async fn the_task_of_a_suspended_partner_waits(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        stand(&app, "Northwind", PartnerState::Suspended);

        delete(&app, &lead).await;
        app.clock.advance(TimeDelta::days(30));
        jobs::tick(&app.state).await;
        assert_eq!(times(&app, cast::NILS, "destroy.asked"), 0);
        let board = app.sofia().await.get("/tasks").await;
        assert!(board.rows()[0].contains("waits until the partner is let in"), "{:?}", board.rows());

        stand(&app, "Northwind", PartnerState::Active);
        jobs::tick(&app.state).await;
        assert_eq!(times(&app, cast::NILS, "destroy.asked"), 1);
        assert_eq!(times(&app, cast::NILS, "destroy.reminder"), 0);
        assert_eq!(item(&app.nils().await).await, "Tasks 1 open");
        app.clock.advance(TimeDelta::days(7));
        jobs::tick(&app.state).await;
        assert_eq!(times(&app, cast::NILS, "destroy.reminder"), 1);
    }

    async fn deleting_many_tells_each_recipient_once(app) {
        let mut leads = Vec::new();
        for _ in 0..3 {
            leads.push(app.a_lead().assigned_to(cast::NILS).opened().create().await);
        }
        let sofia = app.sofia().await;
        let mut fields: Vec<(&str, &str)> = leads.iter().map(|lead| ("lead", lead.as_str())).collect();
        fields.extend([("typed", "delete"), ("proof", cast::PASSWORD)]);

        let done = sofia.post("/leads/selection/delete", &fields).await;

        assert!(done.status() < 400, "{}", done.text());
        assert_eq!(item(&app.nils().await).await, "Tasks 3 open");
        assert_eq!(times(&app, cast::NILS, "destroy.asked"), 1);
        assert_eq!(app.nils().await.get("/portal/notices").await.heading(), "Notices 1 unread");
    }

    async fn the_board_is_narrowed_by_partner_answer_and_age(app) {
        let old = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        delete(&app, &old).await;
        app.clock.advance(TimeDelta::days(10));
        for _ in 0..52 {
            let lead = app.a_lead().assigned_to(cast::SAM).opened().create().await;
            delete(&app, &lead).await;
        }
        app.sam().await.post(&format!("{}/answer", task_path(&app)), &[("answer", "destroyed")]).await;
        let sofia = app.sofia().await;
        let southgate = app.text("SELECT reference AS t FROM partners WHERE name = 'Southgate'");

        let all = sofia.get("/tasks").await;
        assert_eq!((all.heading(), all.rows().len()), ("Destroy tasks 52".to_owned(), 50));
        assert!(all.rows()[0].contains("Northwind"), "{:?}", all.rows()[0]);
        let rest = sofia.get(&all.link("Next")).await;
        assert_eq!(rest.rows().len(), 2);
        assert_eq!(sofia.get(&rest.link("Previous")).await.rows(), all.rows());
        assert_eq!(sofia.get("/tasks?age=7").await.rows().len(), 1);
        assert_eq!(sofia.get("/tasks?age=14").await.rows().len(), 0);
        assert_eq!(sofia.get(&format!("/tasks?partner={southgate}&age=7")).await.rows().len(), 0);
        let answered = sofia.get(&format!("/tasks?state=destroyed&partner={southgate}")).await;
        assert_eq!(answered.rows().len(), 1);
        assert!(answered.rows()[0].contains("Destroyed Sam"), "{:?}", answered.rows());
        assert_eq!(sofia.get("/tasks?age=8").await.status(), 400);
    }
}
