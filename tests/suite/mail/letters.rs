//! What messages look like.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::users;
use leadgate::domain::leads::LeadInput;
use leadgate::domain::outbox;
use leadgate::jobs;
use leadgate::mail::MemoryMailer;

use super::sending_by;
use crate::support::smtp::SmtpServer;

pub const CANARY: &str = "CANARY7f3a";

/// Puts the canary into every field that a person may fill.
pub fn with_canaries(input: &mut LeadInput) {
    let marked = |field: &str| format!("{CANARY} {field}");
    input.first_name = marked("first");
    input.last_name = marked("last");
    input.email = format!("{CANARY}@nordlicht.example");
    input.company = marked("company");
    input.job_title = marked("title");
    input.street = marked("street");
    input.city = marked("city");
    input.postal_code = CANARY.to_owned();
    input.region = marked("region");
    input.product = marked("product");
    input.source = marked("source");
    input.need = marked("need");
    input.internal_note = marked("note");
}

db_test! {
    async fn a_waiting_lead_is_told_in_one_sentence_with_one_link(app) {
        let server = SmtpServer::start().await;
        let lead = app.a_lead().assigned_to(cast::NILS).create().await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let messages = server.taken();
        assert_eq!(messages.len(), 1);
        let message = &messages[0];
        assert_eq!(message.recipients, [cast::NILS]);
        assert_eq!(message.header("Subject"), "A new lead is waiting");
        assert_eq!(message.header("From"), "Leadgate <leadgate@vendor.example>");
        assert_eq!(message.header("Auto-Submitted"), "auto-generated");
        assert!(message.header("Message-ID").ends_with("@vendor.example>"), "{}", message.header("Message-ID"));
        assert!(message.header("Content-Type").starts_with("multipart/alternative"));
        let address = format!("{}/portal/leads/{lead}", app.origin);
        assert_eq!(message.text().matches(&address).count(), 3, "{}", message.text());
        assert!(message.raw.len() < 20_000);
        for remote in ["<img", "src=", "url(", "@import", "<link"] {
            assert!(!message.text().contains(remote), "{remote} in {}", message.text());
        }
    }

    async fn whoever_assigned_a_lead_is_told_when_it_is_opened(app) {
        let server = SmtpServer::start().await;
        let lead = app.a_lead().assigned_to(cast::NILS).opened().create().await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let messages = server.taken();
        // The recipient has it already: "a lead is waiting" is no longer true.
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].recipients, [cast::SOFIA]);
        assert!(messages[0].text().contains(&format!("{}/leads/{lead}", app.origin)));
    }

    async fn a_deadline_is_told_by_the_clock_of_whoever_is_reminded(app) {
        let server = SmtpServer::start().await;
        let ada = app.ada().await;
        let page = ada.get("/settings/deadlines").await;
        ada.submit(&page, "Save", &[("open_within", "5")]).await;
        diesel::update(users::table.filter(users::email.eq(cast::NILS)))
            .set(users::time_zone.eq("America/New_York"))
            .execute(&mut app.conn())
            .unwrap();
        // Monday, 4 May 2026, 09:30 in UTC.
        app.a_lead().assigned_to(cast::NILS).create().await;

        app.clock.advance(TimeDelta::hours(60));
        for _ in 0..2 {
            jobs::tick(&sending_by(&app, server.mailer())).await;
        }

        let messages = server.taken();
        let reminder = messages.iter().find(|message| message.header("Subject") == "A lead needs you soon");
        let text = reminder.expect("a reminder").text();
        assert!(text.contains("Please open it by 11 May 2026, 05:30 EDT: the time for it is 5 working days."), "{text}");
    }

    async fn a_question_and_its_answer_are_told_without_a_word_of_either_side(app) {
        let server = SmtpServer::start().await;
        let lead = app.a_lead().with(with_canaries).assigned_to(cast::NILS).opened().create().await;
        app.sofia().await.post(&format!("/leads/{lead}/question"), &[]).await;
        jobs::tick(&sending_by(&app, server.mailer())).await;
        let fields = [("answer", "yes"), ("answer_remark", CANARY)];
        app.nils().await.post(&format!("/portal/leads/{lead}/answer"), &fields).await;
        jobs::tick(&sending_by(&app, server.mailer())).await;

        let messages = server.taken();
        let asked = messages.iter().find(|m| m.recipients == [cast::NILS]).unwrap();
        assert_eq!(asked.header("Subject"), "A question about a lead");
        assert!(asked.text().contains(&format!("{}/portal/leads/{lead}", app.origin)));
        let answered = messages.last().unwrap();
        assert_eq!(answered.recipients, [cast::SOFIA]);
        assert_eq!(answered.header("Subject"), "A question was answered");
        assert!(answered.text().contains(&format!("{}/leads/{lead}", app.origin)));
        for message in messages {
            let text = message.text().to_lowercase();
            assert!(!text.contains(&CANARY.to_lowercase()) && !text.contains("permission"), "{}", message.raw);
        }
    }

    async fn no_message_holds_anything_of_a_lead(app) {
        let server = SmtpServer::start().await;
        app.a_lead().with(with_canaries).assigned_to(cast::NILS).create().await;
        app.a_lead().with(with_canaries).assigned_to(cast::NORA).opened().create().await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        assert_eq!(server.taken().len(), 2);
        for message in server.taken() {
            assert!(!message.text().contains(CANARY), "{}", message.raw);
        }
    }

    async fn a_name_can_write_no_header(app) {
        let server = SmtpServer::start().await;
        diesel::update(users::table.filter(users::email.eq(cast::NILS)))
            .set(users::name.eq("Nils\r\nBcc: eve@evil.example\r\n\r\nHello"))
            .execute(&mut app.conn())
            .unwrap();
        app.a_lead().assigned_to(cast::NILS).create().await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let messages = server.taken();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].recipients, [cast::NILS]);
        assert_eq!(messages[0].header("Bcc"), "");
        assert!(messages[0].header("To").contains("nils@northwind.example"));
    }

    async fn a_test_message_goes_to_whoever_asked_for_it(app) {
        let mailer = MemoryMailer::default();
        let (scope, now) = (app.admin_scope(), app.now());
        app.write(move |tx| outbox::queue_test(tx, &scope, now)).await.unwrap();

        jobs::tick(&sending_by(&app, mailer.clone())).await;

        let sent = mailer.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].to_address.as_str(), sent[0].subject.as_str()), (cast::ADA, "Test message"));
    }

    async fn a_link_for_a_new_password_leads_to_the_configured_address(app) {
        let server = SmtpServer::start().await;
        app.anybody().post("/forgotten-password", &[("email", cast::NORA)]).await;
        let token = app.mailed_token(cast::NORA).unwrap();

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let messages = server.taken();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].recipients, [cast::NORA]);
        assert_eq!(messages[0].header("Subject"), "Set a new password");
        let address = format!("{}/reset-password?token={token}", app.origin);
        assert!(messages[0].text().contains(&address), "{}", messages[0].text());
    }

    async fn a_link_that_was_used_meanwhile_is_not_sent(app) {
        let server = SmtpServer::start().await;
        let client = app.anybody();
        client.post("/forgotten-password", &[("email", cast::NORA)]).await;
        let token = app.mailed_token(cast::NORA).unwrap();
        let new = "tram sieve ochre quill";
        client.post("/reset-password", &[("token", &token), ("new", new), ("again", new)]).await;

        jobs::tick(&sending_by(&app, server.mailer())).await;

        let subjects: Vec<String> = server.taken().iter().map(|message| message.header("Subject").to_owned()).collect();
        assert_eq!(subjects, ["Your password was changed"]);
    }
}
