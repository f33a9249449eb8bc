//! Asking the partner: the same question for every lead, answered once, gone with the assignment.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::{outbox, users};
use leadgate::db::types::Reference;
use leadgate::domain::leads::LeadStatus;
use leadgate::domain::outbox::{Message, MessageState};

use super::life::lead_in;
use crate::support::TestApp;
use crate::support::builders::{NELLY, assign_to, enter_nelly};

const WORK_LIST: &str = "/leads/awaiting-permission?list=with-partner";

/// A lead of Nils's that was opened before anybody tracked permission.
async fn under_review(app: &TestApp) -> Reference {
    let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
    app.track_permission().await;
    lead
}

async fn ask(app: &TestApp, lead: &Reference) {
    let asked = app.sofia().await.post(&format!("/leads/{lead}/question"), &[]).await;
    assert_eq!(asked.location(), format!("/leads/{lead}"));
}

/// Who gets which of the two messages.
fn told(app: &TestApp) -> Vec<(Message, String)> {
    outbox::table
        .inner_join(users::table)
        .filter(outbox::kind.eq_any([Message::LeadAsked, Message::LeadAnswered]))
        .select((outbox::kind, users::email))
        .order((outbox::id, users::email))
        .load(&mut app.conn())
        .unwrap()
}

fn answers(app: &TestApp) -> String {
    app.text(
        "SELECT COALESCE(MAX(COALESCE(cycle_answer, 'none') || ' ' || answer_remark), 'nothing') AS t FROM assignments \
         WHERE asked_at IS NOT NULL",
    )
}

db_test! {
    async fn a_partner_is_asked_from_the_work_list_and_answers_in_the_portal(app) {
        let lead = under_review(&app).await;
        let (sofia, nils) = (app.sofia().await, app.nils().await);
        assert!(sofia.get(WORK_LIST).await.rows()[0].contains("Not asked"));
        assert!(sofia.get(WORK_LIST).await.has_button("Ask the partner about Anna Öberg"));

        let asked = sofia.post(&format!("/leads/{lead}/question"), &[("from", "with-partner")]).await;

        assert_eq!(asked.location(), WORK_LIST);
        let list = sofia.follow(&asked).await;
        assert_eq!(list.flash(), "The partner is asked. You are told of the answer.");
        assert!(list.rows()[0].contains("Asked 4 May 2026") && list.rows()[0].contains("no answer yet"), "{:?}", list.rows());
        assert!(!list.has_button("Ask the partner about Anna Öberg"));

        assert!(nils.get("/portal").await.text().contains("The vendor asks about 1 lead."));
        let leads = nils.get("/portal/leads").await;
        assert!(leads.text().contains("The vendor asks about 1 lead."), "{}", leads.text());
        assert!(leads.rows()[0].contains("Question for you"), "{:?}", leads.rows());
        let tasks = nils.get(&leads.link("Answer")).await;
        assert_eq!(tasks.heading(), "Tasks 1 open");
        assert!(tasks.rows()[0].contains("Are you in an active sales cycle with this lead?"), "{:?}", tasks.rows());
        assert_eq!(nils.get("/portal/notices").await.link("A question about a lead"), format!("/portal/leads/{lead}"));
        let page = nils.get(&tasks.link("Anna Öberg, Nordlicht GmbH")).await;
        let done = nils.submit(&page, "Send answer", &[("answer", "yes"), ("answer_remark", "Offer is out")]).await;

        let page = nils.follow(&done).await;
        assert_eq!(page.flash(), "Your answer is sent. Thank you.");
        assert!(page.text().contains("Yes, an active sales cycle Remark Offer is out"), "{}", page.text());
        assert!(!page.has_button("Send answer"));
        assert_eq!(nils.get("/portal/tasks").await.heading(), "Tasks");
        assert_eq!(nils.get("/portal/notices").await.heading(), "Notices");
        let list = sofia.get(WORK_LIST).await;
        assert!(list.rows()[0].contains("Yes, an active sales cycle Offer is out"), "{:?}", list.rows());
        let page = sofia.get(&format!("/leads/{lead}")).await;
        assert!(page.text().contains("Sales cycle Yes, an active sales cycle Remark Offer is out"), "{}", page.text());
        assert!(page.text().contains("Nils Holm answered: yes, an active sales cycle."), "{}", page.text());
        assert!(page.text().contains("asked Northwind, Nils Holm whether they are in an active sales cycle"));
        let to = |message, email: &str| (message, email.to_owned());
        assert_eq!(told(&app), [to(Message::LeadAsked, cast::NILS), to(Message::LeadAnswered, cast::SOFIA)]);
        assert!(sofia.get("/notices").await.text().contains("Northwind answered a question about a lead"));
        assert_eq!((app.audited("lead.asked"), app.audited("lead.answered")), (1, 1));
    }

    async fn any_lead_that_a_partner_holds_can_be_asked_about(app) {
        let (sofia, nils) = (app.sofia().await, app.nils().await);
        for status in [LeadStatus::Unopened, LeadStatus::Open, LeadStatus::Won, LeadStatus::Lost, LeadStatus::Converted] {
            let lead = lead_in(&app, status).await;
            let page = sofia.get(&format!("/leads/{lead}")).await;
            assert_eq!(sofia.submit(&page, "Ask the partner", &[]).await.status(), 303, "{status:?}");

            let page = nils.get(&format!("/portal/leads/{lead}")).await;
            let done = nils.submit(&page, "Send answer", &[("answer", "no")]).await;

            assert_eq!(done.location(), format!("/portal/leads/{lead}"), "{status:?}");
            assert!(nils.follow(&done).await.text().contains("No active sales cycle"), "{status:?}");
        }
        let nobodys = lead_in(&app, LeadStatus::Unassigned).await;
        let refused = sofia.post(&format!("/leads/{nobodys}/question"), &[]).await;
        assert_eq!((refused.status(), refused.heading()), (409, "No partner has this lead".to_owned()));
        assert_eq!(app.audited("lead.asked"), 5);
    }

    async fn whoever_may_not_ask_asks_nothing(app) {
        let lead = under_review(&app).await;
        let path = format!("/leads/{lead}/question");

        assert!(app.anybody().post(&path, &[]).await.location().starts_with("/sign-in"));
        assert_eq!(app.nils().await.post(&path, &[]).await.status(), 403);
        let unknown = format!("/leads/{}/question", Reference::random());
        assert_eq!(app.sofia().await.post(&unknown, &[]).await.status(), 404);

        assert_eq!((answers(&app), app.audited("lead.asked")), ("nothing".to_owned(), 0));
        assert_eq!(told(&app), []);
        assert_eq!(app.audited("access.denied"), 1);
    }

    async fn whoever_does_not_hold_the_lead_answers_nothing(app) {
        let lead = under_review(&app).await;
        ask(&app, &lead).await;
        enter_nelly(&app).await;
        let path = format!("/portal/leads/{lead}/answer");
        let unknown = format!("/portal/leads/{}/answer", Reference::random());

        assert!(app.anybody().post(&path, &[("answer", "yes")]).await.location().starts_with("/sign-in"));
        assert_eq!(app.sofia().await.post(&path, &[("answer", "yes")]).await.status(), 403);
        for email in [cast::SAM, NELLY] {
            let client = app.sign_in(email).await;
            for fields in [&[("answer", "yes")][..], &[]] {
                let foreign = client.post(&path, fields).await;
                assert_eq!(foreign.status(), 404, "{email}");
                assert_eq!(foreign.body, client.post(&unknown, fields).await.body, "{email}");
            }
            assert_eq!(client.get("/portal/tasks").await.heading(), "Tasks", "{email}");
        }

        assert_eq!((answers(&app), app.audited("lead.answered")), ("none ".to_owned(), 0));
        let manager = app.nora().await;
        assert_eq!(manager.post(&path, &[("answer", "no")]).await.status(), 303, "the manager may answer as well");
    }

    async fn asking_twice_is_one_question(app) {
        let lead = under_review(&app).await;
        ask(&app, &lead).await;

        let again = app.ada().await.post(&format!("/leads/{lead}/question"), &[("from", "with-partner")]).await;

        assert_eq!((again.status(), again.heading()), (409, "The partner was asked already".to_owned()));
        assert_eq!(again.link("Back to Awaiting permission"), WORK_LIST);
        assert_eq!(told(&app).len(), 1);
        assert_eq!(app.audited("lead.asked"), 1);
        assert!(!app.sofia().await.get(&format!("/leads/{lead}")).await.has_button("Ask the partner"));
    }

    async fn of_two_answers_at_once_one_counts(app) {
        let lead = under_review(&app).await;
        ask(&app, &lead).await;
        let path = format!("/portal/leads/{lead}/answer");
        let (nils, nora) = (app.nils().await, app.nora().await);

        let (first, second) =
            futures_util::future::join(nils.post(&path, &[("answer", "yes")]), nora.post(&path, &[("answer", "no")])).await;

        let mut answers = [(first.status(), first), (second.status(), second)];
        answers.sort_by_key(|(status, _)| *status);
        assert_eq!([answers[0].0, answers[1].0], [303, 409]);
        assert_eq!(answers[1].1.heading(), "This question is answered already");
        assert_eq!(app.audited("lead.answered"), 1);
    }

    async fn an_answer_that_cannot_be_stored_comes_back_as_it_was_typed(app) {
        let opened = under_review(&app).await;
        app.set_tracking(false, false).await;
        let waiting = app.a_lead().assigned_to(cast::NILS).create().await;
        let nils = app.nils().await;
        for lead in [&opened, &waiting] {
            ask(&app, lead).await;
            let page = nils.get(&format!("/portal/leads/{lead}")).await;

            let none = nils.submit(&page, "Send answer", &[("answer_remark", "We talk <b>")]).await;
            assert_eq!((none.status(), none.errors()), (422, vec!["Choose whether you are in an active sales cycle".to_owned()]));
            assert_eq!(none.value("answer_remark").trim(), "We talk <b>");
            let long = "x".repeat(1_001);
            let long = nils.submit(&page, "Send answer", &[("answer", "no"), ("answer_remark", &long)]).await;
            assert_eq!((long.status(), long.errors().len()), (422, 1));
            assert_eq!(long.value("answer"), "no");
            assert_eq!(long.value("answer_remark").trim().len(), 1_001);
        }
        assert_eq!((answers(&app), app.audited("lead.answered")), ("none ".to_owned(), 0));
        // Where nothing is asked, a bad form is told so as well.
        let quiet = app.a_lead().assigned_to(cast::NILS).create().await;
        assert_eq!(nils.post(&format!("/portal/leads/{quiet}/answer"), &[]).await.status(), 409);
    }

    async fn the_question_ends_with_the_assignment(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;
        ask(&app, &lead).await;
        let nils = app.nils().await;

        assign_to(&app, &lead, cast::SAM).await;

        assert_eq!(nils.post(&format!("/portal/leads/{lead}/answer"), &[("answer", "yes")]).await.status(), 404);
        assert_eq!(nils.get("/portal/tasks").await.heading(), "Tasks");
        let waiting: i64 = outbox::table
            .filter(outbox::kind.eq(Message::LeadAsked))
            .filter(outbox::state.eq(MessageState::Waiting))
            .count()
            .get_result(&mut app.conn())
            .unwrap();
        assert_eq!(waiting, 0);
        let sam = app.sam().await;
        assert!(!sam.get(&format!("/portal/leads/{lead}")).await.has_button("Send answer"));
        assert!(app.sofia().await.get(&format!("/leads/{lead}")).await.has_button("Ask the partner"));
    }

    async fn nobody_is_asked_who_could_not_answer(app) {
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;
        app.track_permission().await;
        let sofia = app.sofia().await;
        assert!(!sofia.get(WORK_LIST).await.has_button("Ask the partner about Anna Öberg"));

        let refused = sofia.post(&format!("/leads/{lead}/question"), &[]).await;

        assert_eq!((refused.status(), refused.heading()), (409, "The partner does not see this lead now".to_owned()));
        assert_eq!((answers(&app), told(&app).len()), ("nothing".to_owned(), 0));
    }

    async fn whoever_asked_is_told_besides_whoever_assigned_it(app) {
        let lead = under_review(&app).await;
        app.ada().await.post(&format!("/leads/{lead}/question"), &[]).await;

        app.nils().await.post(&format!("/portal/leads/{lead}/answer"), &[("answer", "no")]).await;

        let mut to: Vec<String> = told(&app).into_iter().skip(1).map(|(_, email)| email).collect();
        to.sort();
        assert_eq!(to, [cast::ADA, cast::SOFIA]);
    }

    async fn asking_again_takes_the_former_answer_away(app) {
        let lead = under_review(&app).await;
        ask(&app, &lead).await;
        let answer = format!("/portal/leads/{lead}/answer");
        app.nils().await.post(&answer, &[("answer", "no"), ("answer_remark", "Not yet")]).await;
        assert_eq!(answers(&app), "no Not yet");

        let sofia = app.sofia().await;
        let page = sofia.get(&format!("/leads/{lead}")).await;
        sofia.submit(&page, "Ask the partner again", &[]).await;

        assert_eq!(answers(&app), "none ");
        app.nils().await.post(&answer, &[("answer", "yes")]).await;
        assert_eq!(answers(&app), "yes ");
        assert_eq!((app.audited("lead.asked"), app.audited("lead.answered")), (2, 2));
    }
}
