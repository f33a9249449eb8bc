//! Lead Distribution Module Settings: the GDPR options, and how leads may be assigned.

use actix_session::Session;
use askama::Template;

use crate::db::page::Count;
use crate::db::types::UtcTime;
use crate::db::{DbConn, Error};
use crate::domain::access::AdminScope;
use crate::domain::permission::text::{self, ConfirmationText};
use crate::domain::settings::{self, Consequence, OpenedLeads, SaveError, Settings, SettingsDraft, SettingsInput};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Admin;
use crate::web::flash::{Flash, Notice};
use crate::web::forms::FormData;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, page_with, see_other_with, unprocessable};
use crate::web::step_up::{self, Proof};
use crate::web::view::{Moment, paragraphs};

/// Where the options stand on their page.
const GDPR_OPTIONS: &str = "/settings/lead-distribution/module#gdpr-options";

/// The word to type before tracking is turned off.
const TURN_OFF: &str = "turn off";

/// What was ticked and typed, upon which saved version of the settings.
#[derive(Debug, Clone)]
struct SettingsForm {
    input: SettingsInput,
    seen: i64,
}

impl SettingsForm {
    fn of(form: &FormData) -> Result<Self, WebError> {
        let seen = form.text("seen").parse().map_err(|_| {
            WebError::BadRequest("The form does not say which settings it changes. Open the page anew.")
        })?;
        Ok(SettingsForm {
            input: SettingsInput {
                track_permission: form.is_ticked("track_permission"),
                ask_on_create: form.is_ticked("ask_on_create"),
                opened_leads: form.text("opened_leads"),
                assign_to_partner: form.is_ticked("assign_to_partner"),
                text: form.text("text"),
            },
            seen,
        })
    }

    /// The settings in force, as a form.
    fn current(state: &State) -> Self {
        let settings = &state.settings;
        SettingsForm {
            input: SettingsInput {
                track_permission: settings.track_permission,
                ask_on_create: settings.ask_on_create,
                opened_leads: settings.opened_leads.as_str().to_owned(),
                assign_to_partner: settings.assign_to_partner,
                text: state
                    .text
                    .as_ref()
                    .map_or(text::SUGGESTED, |text| &text.body)
                    .to_owned(),
            },
            seen: settings.lock_version,
        }
    }
}

/// The settings in force with what their page tells about them.
struct State {
    settings: Settings,
    text: Option<ConfirmationText>,
    uses: Count,
    last_change: Option<(String, UtcTime)>,
}

fn state(conn: &mut DbConn, scope: &AdminScope) -> Result<State, Error> {
    let text = text::current(conn)?;
    let uses = match &text {
        Some(text) => text::uses(conn, text.id)?,
        None => Count(0),
    };
    Ok(State {
        settings: settings::load(conn)?,
        text,
        uses,
        last_change: settings::last_change(conn, scope)?,
    })
}

/// The version in force, for the line below the text.
struct Version {
    number: i64,
    since: Moment,
    uses: String,
}

/// Somebody else saved while this administrator typed.
struct Overtaken {
    by: Option<(String, Moment)>,
    differences: Vec<Difference>,
}

/// One setting that is saved otherwise than it was typed.
struct Difference {
    name: &'static str,
    saved: String,
    typed: String,
}

#[derive(Template)]
#[template(path = "admin/settings/module.html")]
struct EditPage {
    frame: StaffFrame,
    /// Said at the place of the change, not on top of the page.
    saved: Option<Flash>,
    form: SettingsForm,
    errors: FieldErrors,
    version: Option<Version>,
    tracking_since: Option<Moment>,
    preview: Vec<String>,
    overtaken: Option<Overtaken>,
    needs_proof: bool,
}

impl EditPage {
    fn new(mut frame: StaffFrame, state: &State, form: SettingsForm, here: Here) -> Self {
        let saved = frame.flash.take();
        EditPage {
            frame: frame.at("settings"),
            saved,
            preview: paragraphs(&form.input.text),
            form,
            errors: FieldErrors::default(),
            version: state.text.as_ref().map(|text| Version {
                number: text.version,
                since: Moment::new(text.created_at, here),
                uses: confirmations(state.uses),
            }),
            tracking_since: state.settings.tracking_since.map(|since| Moment::new(since, here)),
            overtaken: None,
            needs_proof: false,
        }
    }

    fn opened_leads(&self) -> [(&'static str, &'static str, &'static str); 2] {
        [
            (
                OpenedLeads::Keep.as_str(),
                "They stay with the partner for the review",
                "Staff ask the partner whether they are in an active sales cycle, then confirm permission or delete the lead.",
            ),
            (
                OpenedLeads::Suspend.as_str(),
                "They are suspended at once",
                "The partner loses sight of them until permission is confirmed.",
            ),
        ]
    }
}

fn confirmations(count: Count) -> String {
    let noun = if count.is_one() {
        "confirmation"
    } else {
        "confirmations"
    };
    format!("{} {noun}", count.words())
}

/// `GET /settings/lead-distribution/module`
pub async fn edit(admin: Admin, session: Session) -> Answer {
    let (frame, state) = admin.page(|conn, scope, _| state(conn, scope)).await?;
    let form = SettingsForm::current(&state);
    let mut edit = EditPage::new(frame, &state, form, admin.here());
    edit.needs_proof = step_up::is_needed(&session, admin.now());
    page(&edit)
}

/// `POST /settings/lead-distribution/module`
pub async fn update(admin: Admin, session: Session, fields: FormData) -> Answer {
    let form = SettingsForm::of(&fields)?;
    let draft = match form.input.parse() {
        Ok(draft) => draft,
        Err(errors) => {
            let (frame, state) = admin.page(|conn, scope, _| state(conn, scope)).await?;
            let mut page = EditPage::new(frame, &state, form, admin.here());
            page.errors = errors;
            page.needs_proof = step_up::is_needed(&session, admin.now());
            return unprocessable(&page);
        }
    };
    let mut errors = FieldErrors::default();
    let user = admin.principal().user();
    if step_up::prove(admin.state(), &session, &admin.actor(), user, &fields, &mut errors).await? == Proof::Missing {
        let (frame, state) = admin.page(|conn, scope, _| state(conn, scope)).await?;
        let mut page = EditPage::new(frame, &state, form, admin.here());
        page.errors = errors;
        page.needs_proof = true;
        return page_with(Proof::Missing.status(), &page);
    }
    let settings = admin.read(|conn, _, _| settings::load(conn)).await?;
    if settings.lock_version != form.seen {
        return overtaken(&admin, form).await;
    }
    if draft.turns_tracking_on(&settings) && fields.text("step") != "turn_on" {
        return ask_before_turning_on(&admin, form).await;
    }
    if draft.turns_tracking_off(&settings) {
        let typed = fields.text("typed");
        if fields.text("step") != "turn_off" {
            return ask_before_turning_off(&admin, form, typed, FieldErrors::default()).await;
        }
        if typed.trim().to_lowercase() != TURN_OFF {
            let mut errors = FieldErrors::default();
            errors.add("typed", format!("Type “{TURN_OFF}” to turn tracking off"));
            return ask_before_turning_off(&admin, form, typed, errors).await;
        }
    }
    save(&admin, form, draft).await
}

async fn save(admin: &Admin, form: SettingsForm, draft: SettingsDraft) -> Answer {
    let seen = form.seen;
    let done = admin
        .write(move |tx, scope, now| settings::save(tx, scope, &draft, seen, now))
        .await?;
    match done {
        Ok(()) => see_other_with(GDPR_OPTIONS, Notice::SettingsSaved),
        Err(SaveError::ChangedMeanwhile) => overtaken(admin, form).await,
        Err(SaveError::Database(error)) => Err(error.into()),
    }
}

/// Everything that was typed, beside what somebody else saved; saving once more puts it in force.
async fn overtaken(admin: &Admin, mut form: SettingsForm) -> Answer {
    let (frame, state) = admin.page(|conn, scope, _| state(conn, scope)).await?;
    let here = admin.here();
    form.seen = state.settings.lock_version;
    let overtaken = Overtaken {
        by: state
            .last_change
            .clone()
            .map(|(who, when)| (who, Moment::new(when, here))),
        differences: differences(&SettingsForm::current(&state).input, &form.input),
    };
    let mut page = EditPage::new(frame, &state, form, here);
    page.overtaken = Some(overtaken);
    page_with(actix_web::http::StatusCode::CONFLICT, &page)
}

fn differences(saved: &SettingsInput, typed: &SettingsInput) -> Vec<Difference> {
    let on_off = |on: bool| if on { "On" } else { "Off" }.to_owned();
    let opened = |value: &str| {
        match OpenedLeads::parse(value) {
            Some(OpenedLeads::Suspend) => "Suspended at once",
            Some(OpenedLeads::Keep) | None => "Stay with the partner",
        }
        .to_owned()
    };
    let normal = |text: &str| crate::domain::text::clean_block(text);
    let all = [
        (
            "Track permission to distribute Leads",
            on_off(saved.track_permission),
            on_off(typed.track_permission),
        ),
        (
            "Ask users to confirm permission when they create a Lead",
            on_off(saved.ask_on_create),
            on_off(typed.ask_on_create),
        ),
        ("Confirmation text", normal(&saved.text), normal(&typed.text)),
        (
            "Leads that partners have opened",
            opened(&saved.opened_leads),
            opened(&typed.opened_leads),
        ),
        (
            "Assign leads to a partner as a whole",
            on_off(saved.assign_to_partner),
            on_off(typed.assign_to_partner),
        ),
    ];
    all.into_iter()
        .filter(|(_, saved, typed)| saved != typed)
        .map(|(name, saved, typed)| Difference { name, saved, typed })
        .collect()
}

#[derive(Template)]
#[template(path = "admin/settings/turn_on.html")]
struct TurnOnPage {
    frame: StaffFrame,
    form: SettingsForm,
    consequence: Consequence,
}

impl TurnOnPage {
    fn suspends(&self) -> bool {
        self.form.input.opened_leads == OpenedLeads::Suspend.as_str()
    }
}

async fn ask_before_turning_on(admin: &Admin, form: SettingsForm) -> Answer {
    let (frame, consequence) = admin.page(|conn, scope, _| settings::consequence(conn, scope)).await?;
    page(&TurnOnPage {
        frame: frame.at("settings"),
        form,
        consequence,
    })
}

#[derive(Template)]
#[template(path = "admin/settings/turn_off.html")]
struct TurnOffPage {
    frame: StaffFrame,
    form: SettingsForm,
    consequence: Consequence,
    typed: String,
    errors: FieldErrors,
}

async fn ask_before_turning_off(admin: &Admin, form: SettingsForm, typed: String, errors: FieldErrors) -> Answer {
    let (frame, consequence) = admin.page(|conn, scope, _| settings::consequence(conn, scope)).await?;
    let is_again = !errors.is_empty();
    let template = TurnOffPage {
        frame: frame.at("settings"),
        form,
        consequence,
        typed,
        errors,
    };
    if is_again {
        unprocessable(&template)
    } else {
        page(&template)
    }
}
