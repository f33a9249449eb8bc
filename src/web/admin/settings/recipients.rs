//! Who among the vendor is told what partners do.

use askama::Template;

use crate::domain::outbox::Message;
use crate::domain::outbox::events::{self, Rule};
use crate::domain::validation::FieldErrors;
use crate::web::extract::Admin;
use crate::web::flash::Notice;
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};

/// The fields of one event.
struct Event {
    name: &'static str,
    label: &'static str,
    assigner_field: String,
    manager_field: String,
    addresses_field: String,
    assigner: bool,
    channel_manager: bool,
    addresses: String,
}

impl Event {
    fn new(event: Message, assigner: bool, channel_manager: bool, addresses: String) -> Self {
        let name = event.as_str();
        Event {
            name,
            label: event.label(),
            assigner_field: field(event, "assigner"),
            manager_field: field(event, "manager"),
            addresses_field: field(event, "addresses"),
            assigner,
            channel_manager,
            addresses,
        }
    }

    fn of_rule(rule: &Rule) -> Self {
        Event::new(
            rule.event,
            rule.assigner,
            rule.channel_manager,
            rule.addresses.join(", "),
        )
    }

    fn of_form(event: Message, form: &FormData) -> Self {
        Event::new(
            event,
            form.is_ticked(&field(event, "assigner")),
            form.is_ticked(&field(event, "manager")),
            form.text(&field(event, "addresses")),
        )
    }
}

fn field(event: Message, part: &str) -> String {
    format!("{}.{part}", event.as_str())
}

#[derive(Template)]
#[template(path = "admin/settings/recipients.html")]
struct RecipientsPage {
    frame: StaffFrame,
    events: Vec<Event>,
    errors: FieldErrors,
}

/// `GET /settings/recipients`
pub async fn edit(admin: Admin) -> Answer {
    let (frame, rules) = admin.page(|conn, _, _| events::rules(conn)).await?;
    page(&RecipientsPage {
        frame: frame.at("settings"),
        events: rules.iter().map(Event::of_rule).collect(),
        errors: FieldErrors::default(),
    })
}

/// `POST /settings/recipients`
pub async fn update(admin: Admin, form: FormData) -> Answer {
    let typed: Vec<Event> = Message::TO_STAFF
        .iter()
        .map(|event| Event::of_form(*event, &form))
        .collect();
    let mut errors = FieldErrors::default();
    let mut rules = Vec::new();
    for (event, typed) in Message::TO_STAFF.iter().zip(&typed) {
        match events::parse_addresses(&typed.addresses) {
            Ok(addresses) => rules.push(Rule {
                event: *event,
                assigner: typed.assigner,
                channel_manager: typed.channel_manager,
                addresses,
            }),
            Err(sentence) => errors.add(typed.addresses_field.clone(), sentence),
        }
    }
    if !errors.is_empty() {
        let (frame, ()) = admin.page(|_, _, _| Ok::<_, crate::db::Error>(())).await?;
        return unprocessable(&RecipientsPage {
            frame: frame.at("settings"),
            events: typed,
            errors,
        });
    }
    admin
        .write(move |tx, scope, now| events::save(tx, scope, &rules, now))
        .await??;
    see_other_with("/settings/recipients", Notice::SettingsSaved)
}
