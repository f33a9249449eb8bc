//! Every kind of message over real SMTP, brought about as people do: none holds anything of a lead, all have the headers
//! that they must have and no others. A kind that is not among these does not compile.

use chrono::TimeDelta;
use diesel::prelude::*;
use leadgate::app::AppState;
use leadgate::cli::demo::cast;
use leadgate::db::schema::outbox as rows;
use leadgate::db::types::Reference;
use leadgate::domain::accounts::second_factor::secret::Secret;
use leadgate::domain::assignments::vendor_note::{self, VendorNote};
use leadgate::domain::assignments::{question, recall, remind};
use leadgate::domain::leads::staff;
use leadgate::domain::outbox::{self, Message};
use leadgate::jobs;

use super::letters::{CANARY, with_canaries};
use super::sending_by;
use crate::support::TestApp;
use crate::support::builders::delete;
use crate::support::client::Client;
use crate::support::smtp::{Received, SmtpServer};
use crate::web::life::LOST;

/// A lead of Nils's that is full of what no message may hold.
async fn waiting(app: &TestApp) -> Reference {
    app.a_lead().with(with_canaries).assigned_to(cast::NILS).create().await
}

async fn opened(app: &TestApp) -> Reference {
    app.a_lead()
        .with(with_canaries)
        .assigned_to(cast::NILS)
        .opened()
        .create()
        .await
}

async fn done(client: &Client, path: String, fields: &[(&str, &str)]) {
    let answer = client.post(&path, fields).await;
    assert_eq!(answer.status(), 303, "{path}: {}", answer.text());
}

/// What staff do with a lead, as Sofia.
async fn as_sofia(app: &TestApp, lead: &Reference, message: Message) {
    let (scope, now) = (app.staff_scope(), app.now());
    let lead = staff::id_of(&mut app.conn(), &scope, lead).unwrap().unwrap();
    app.write(move |tx| {
        match message {
            Message::LeadAsked => question::ask(tx, &scope, lead, now)?,
            Message::LeadReminder => remind::remind(tx, &scope, lead, now)?,
            Message::LeadGone => recall::recall(tx, &scope, lead, now)?,
            _ => {
                let to = staff::live_assignment(tx, &scope, lead)?.map(|assignment| assignment.id);
                vendor_note::write(tx, &scope, lead, to, &VendorNote::parse(CANARY).unwrap(), now)?;
            }
        }
        Ok::<_, anyhow::Error>(())
    })
    .await
    .unwrap();
}

async fn closed_by(app: &TestApp, client: &Client) -> Reference {
    let lead = opened(app).await;
    let fields = [("choice", LOST), ("remark", CANARY)];
    done(client, format!("/portal/leads/{lead}/closing"), &fields).await;
    lead
}

async fn let_a_deadline_run(app: &TestApp) {
    let ada = app.ada().await;
    ada.submit(&ada.get("/settings/deadlines").await, "Save", &[("open_within", "1")])
        .await;
    waiting(app).await;
}

async fn set_up_a_factor(app: &TestApp) {
    let nora = app.nora().await;
    let page = nora.get("/account/second-factor").await;
    let code = Secret::parse(&page.value("secret")).unwrap().code_at(app.now());
    nora.submit(&page, "Turn on the second factor", &[("code", &code)])
        .await;
}

async fn change_the_address(app: &TestApp) {
    let ada = app.ada().await;
    let edit = format!("/users/{}/edit", app.reference_of(cast::NORA));
    ada.submit(
        &ada.get(&edit).await,
        "Save user",
        &[("email", "nora@southgate.example")],
    )
    .await;
}

async fn set_another_password(app: &TestApp) {
    let (ask, new) = (app.anybody(), "tram sieve ochre quill");
    ask.post("/forgotten-password", &[("email", cast::SAM)]).await;
    let token = app.mailed_token(cast::SAM).unwrap();
    ask.post("/reset-password", &[("token", &token), ("new", new), ("again", new)])
        .await;
}

/// Brings about a message of this kind.
async fn bring_about(app: &TestApp, state: &AppState, message: Message) {
    let nils = app.nils().await;
    match message {
        Message::LeadWaiting => {
            waiting(app).await;
        }
        Message::LeadOpened => {
            opened(app).await;
        }
        Message::LeadClosed => {
            closed_by(app, &nils).await;
        }
        Message::LeadClosedByManager => {
            closed_by(app, &app.nora().await).await;
        }
        Message::LeadDeclined => {
            let lead = opened(app).await;
            let fields = [("reason", "other"), ("remark", CANARY)];
            done(&nils, format!("/portal/leads/{lead}/decline"), &fields).await;
        }
        Message::LeadReopened => {
            let lead = closed_by(app, &nils).await;
            done(&app.sofia().await, format!("/leads/{lead}/reopening"), &[]).await;
        }
        Message::LeadAsked | Message::LeadReminder | Message::LeadGone | Message::LeadWritten => {
            let lead = opened(app).await;
            as_sofia(app, &lead, message).await;
        }
        Message::LeadAnswered => {
            let lead = opened(app).await;
            as_sofia(app, &lead, Message::LeadAsked).await;
            let fields = [("answer", "no"), ("answer_remark", CANARY)];
            done(&nils, format!("/portal/leads/{lead}/answer"), &fields).await;
        }
        Message::LeadDue => {
            let_a_deadline_run(app).await;
            app.clock.advance(TimeDelta::hours(12));
        }
        Message::LeadExpired => {
            let_a_deadline_run(app).await;
            for _ in 0..3 {
                app.clock.advance(TimeDelta::hours(12));
                jobs::tick(state).await;
            }
        }
        Message::Digest => {
            let page = nils.get("/account/notifications").await;
            nils.submit(&page, "Save", &[("lead.waiting", "hourly")]).await;
            waiting(app).await;
            app.clock.advance(TimeDelta::hours(1));
        }
        Message::DestroyAsked => delete(app, &opened(app).await).await,
        Message::DestroyReminder => {
            delete(app, &opened(app).await).await;
            jobs::tick(state).await;
            app.clock.advance(TimeDelta::days(7));
        }
        Message::AccountInvited => {
            let fields = [
                ("name", "Jan Brandt"),
                ("email", "jan@vendor.example"),
                ("role", "staff"),
            ];
            done(&app.ada().await, "/users".to_owned(), &fields).await;
        }
        Message::AccountNewDevice => {
            app.nora().await;
            app.nora().await;
        }
        Message::AccountReset => {
            app.anybody()
                .post("/forgotten-password", &[("email", cast::NORA)])
                .await;
        }
        Message::AccountPasswordChanged => set_another_password(app).await,
        Message::AccountFactorChanged => set_up_a_factor(app).await,
        Message::AccountFactorReset => {
            set_up_a_factor(app).await;
            let path = format!("/users/{}/second-factor", app.reference_of(cast::NORA));
            let ada = app.ada().await;
            ada.submit(&ada.get(&path).await, "Reset the second factor", &[]).await;
        }
        Message::AccountAddressChanged | Message::AccountAddressLeft => change_the_address(app).await,
        Message::MailTest => {
            let (scope, now) = (app.admin_scope(), app.now());
            app.write(move |tx| outbox::queue_test(tx, &scope, now)).await.unwrap();
        }
    }
}

/// The names of the headers, in small letters.
fn headers(message: &Received) -> Vec<String> {
    let (head, _) = message.raw.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut names: Vec<String> = unfolded
        .lines()
        .map(|line| line.split(':').next().unwrap().to_lowercase())
        .collect();
    names.sort();
    names
}

fn assert_in_order(message: &Received, kind: Message) {
    assert_eq!(
        headers(message),
        [
            "auto-submitted",
            "content-type",
            "date",
            "from",
            "message-id",
            "mime-version",
            "subject",
            "to"
        ],
        "{kind:?}"
    );
    assert_eq!(message.header("From"), "Leadgate <leadgate@vendor.example>", "{kind:?}");
    assert_eq!(message.header("Auto-Submitted"), "auto-generated", "{kind:?}");
    assert_eq!(message.recipients.len(), 1, "{kind:?}");
    assert!(
        message.header("To").contains(&message.recipients[0]),
        "{kind:?}: {}",
        message.header("To")
    );
    assert!(!message.header("Subject").is_empty(), "{kind:?}");
    assert!(message.header("Message-ID").ends_with("@vendor.example>"), "{kind:?}");
    assert!(
        message.header("Content-Type").starts_with("multipart/alternative"),
        "{kind:?}"
    );
    assert!(
        !message.raw.to_lowercase().contains("base64"),
        "{kind:?} can't be searched"
    );
    let text = message.text().to_lowercase();
    for word in [
        &CANARY.to_lowercase(),
        "permission",
        "on hold",
        "confirm",
        "<img",
        "src=",
        "url(",
    ] {
        assert!(!text.contains(word), "{word} in {kind:?}: {}", message.raw);
    }
}

async fn is_neutral(app: TestApp, kind: Message) {
    let server = SmtpServer::start().await;
    let state = sending_by(&app, server.mailer());
    bring_about(&app, &state, kind).await;
    jobs::tick(&state).await;

    let sent: Vec<String> = rows::table
        .filter(rows::kind.eq(kind))
        .filter(rows::state.eq("sent"))
        .select(rows::message_id)
        .load(&mut app.conn())
        .unwrap();
    assert!(!sent.is_empty(), "no {kind:?} was sent");
    let taken = server.taken();
    for id in sent {
        let id = format!("<{id}@vendor.example>");
        assert!(
            taken.iter().any(|message| message.header("Message-ID") == id),
            "{kind:?} did not arrive"
        );
    }
    for message in &taken {
        assert_in_order(message, kind);
    }
}

db_test! {
    async fn no_kind_of_message_holds_anything_of_a_lead(app) {
        for kind in Message::ALL {
            is_neutral(TestApp::on(app.backend).await, *kind).await;
        }
    }
}
