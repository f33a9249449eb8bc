//! Entering a lead, with the confirmation of permission or on hold.

use askama::Template;

use super::form::{TYPED, confirmation_input, lead_input};
use crate::db::types::Reference;
use crate::db::{DbConn, Error, Tx};
use crate::domain::access::StaffScope;
use crate::domain::leads::intake::{self, Tick};
use crate::domain::leads::related::{self, RelatedLead};
use crate::domain::leads::{LeadDraft, LeadInput};
use crate::domain::permission::confirmation::{ConfirmError, ConfirmationInput};
use crate::domain::permission::text::{self, ConfirmationText};
use crate::domain::settings::{self, Settings};
use crate::domain::submissions::{self, Submission};
use crate::domain::validation::FieldErrors;
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::flash::Notice;
use crate::web::forms::{FormData, submission_key};
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page, see_other_with, unprocessable};
use crate::web::view::{Moment, country_options};

#[derive(Template)]
#[template(path = "staff/leads/new.html")]
struct NewPage {
    frame: StaffFrame,
    submission: String,
    lead: LeadInput,
    countries: Vec<(&'static str, &'static str)>,
    is_tracking: bool,
    /// The wording, where the settings ask for the tick.
    text: Option<ConfirmationText>,
    ticked: bool,
    confirmation: ConfirmationInput,
    related: Vec<Related>,
    errors: FieldErrors,
}

/// A lead that may be the same person.
struct Related {
    reference: Reference,
    title: String,
    /// `Sofia Lind entered this person on 3 May 2026`.
    words: String,
}

/// What the form depends on.
struct Rules {
    settings: Settings,
    text: Option<ConfirmationText>,
}

impl Rules {
    fn load(conn: &mut DbConn) -> Result<Self, Error> {
        let settings = settings::load(conn)?;
        let text = if settings.ask_on_create {
            text::current(conn)?
        } else {
            None
        };
        Ok(Rules { settings, text })
    }
}

/// `GET /leads/new`
pub async fn new(staff: Staff) -> Answer {
    let (frame, rules) = staff.page(|conn, _, _| Rules::load(conn)).await?;
    page(&NewPage {
        frame: frame.at("leads"),
        submission: submission_key(),
        lead: LeadInput::default(),
        countries: country_options(),
        is_tracking: rules.settings.track_permission,
        text: rules.text,
        ticked: false,
        confirmation: ConfirmationInput::default(),
        related: Vec::new(),
        errors: FieldErrors::default(),
    })
}

/// Why a lead was not entered.
enum CreateError {
    Confirm(ConfirmError),
    /// The page that was sent did not point out every lead that may be the same person.
    Unseen,
}

impl From<Error> for CreateError {
    fn from(error: Error) -> Self {
        CreateError::Confirm(error.into())
    }
}

/// `POST /leads`
pub async fn create(staff: Staff, form: FormData) -> Answer {
    let lead = lead_input(&form);
    let rules = staff.glance(|conn, _, _| Rules::load(conn)).await?;
    let today = staff.here().today();
    let confirmation = confirmation_input(&form);
    let ticked = rules.settings.track_permission && form.is_ticked("permission");

    let mut errors = FieldErrors::default();
    let draft = lead.parse().map_err(|found| errors.append(found)).ok();
    let seen = form.text("text_version").parse().ok();
    let tick = if ticked {
        let basis = confirmation.parse(today).map_err(|found| errors.append(found)).ok();
        basis.map(|basis| Tick { basis, seen })
    } else {
        None
    };
    check_buttons(&form, &rules, ticked, seen, &mut errors);

    let submission = form.submission("/leads", &TYPED);
    if let (Some(draft), true) = (draft, errors.is_empty()) {
        match enter(&staff, draft, tick, submission, form.text("related_seen")).await? {
            Ok(location) => {
                let notice = if ticked || !rules.settings.track_permission {
                    Notice::LeadCreated
                } else {
                    Notice::LeadCreatedOnHold
                };
                return see_other_with(&location, notice);
            }
            Err(CreateError::Unseen) => {}
            Err(CreateError::Confirm(ConfirmError::TextChanged)) => errors.add("permission", TEXT_CHANGED),
            Err(CreateError::Confirm(ConfirmError::NotTracked)) => errors.add("permission", NOT_TRACKED),
            Err(CreateError::Confirm(
                ConfirmError::AlreadyConfirmed | ConfirmError::ChangedMeanwhile | ConfirmError::NotFound,
            )) => {
                return Err(WebError::Internal("a new lead can't be confirmed or gone".to_owned()));
            }
            Err(CreateError::Confirm(ConfirmError::Database(error))) => return Err(error.into()),
        }
    }
    let (asked, here) = (lead.clone(), staff.here());
    let (frame, related) = staff
        .page(move |conn, scope, _| related::find(conn, scope, &asked, None))
        .await?;
    unprocessable(&NewPage {
        frame: frame.at("leads"),
        submission: form.submission_key(),
        lead,
        countries: country_options(),
        is_tracking: rules.settings.track_permission,
        text: rules.text,
        ticked,
        confirmation,
        related: related.into_iter().map(|lead| Related::new(lead, here)).collect(),
        errors,
    })
}

const TEXT_CHANGED: &str =
    "The confirmation text was changed while you filled in the form: read the text above, then create the lead again";
const NOT_TRACKED: &str = "Permission is no longer tracked: untick the box, then create the lead";

/// The tick, the wording and the pressed button must say the same.
fn check_buttons(form: &FormData, rules: &Rules, ticked: bool, seen: Option<i64>, errors: &mut FieldErrors) {
    let on_hold = form.has("on_hold");
    if ticked && on_hold {
        errors.add(
            "permission",
            "You ticked Permission to Distribute and chose Save on hold: untick the box, or choose Create lead",
        );
    }
    if rules.settings.ask_on_create && !ticked && !on_hold {
        errors.add(
            "permission",
            "Tick Permission to Distribute to create the lead, or choose Save on hold",
        );
    }
    if ticked && seen != rules.text.as_ref().map(|text| text.version) {
        errors.add("permission", TEXT_CHANGED);
    }
}

/// Enters the lead, unless it may be a person whom the sent page did not point out.
async fn enter(
    staff: &Staff,
    draft: LeadDraft,
    tick: Option<Tick>,
    submission: Submission,
    related_seen: String,
) -> Result<Result<String, CreateError>, WebError> {
    let work = move |tx: &mut Tx<'_>, scope: &StaffScope, now| {
        submissions::once(tx, scope.user(), &submission, now, |tx| {
            let related = related::find(tx, scope, draft.input(), None)?;
            let seen: Vec<&str> = related_seen.split_whitespace().collect();
            if related.iter().any(|lead| !seen.contains(&lead.reference.as_str())) {
                return Err(CreateError::Unseen);
            }
            let reference = intake::create(tx, scope, &draft, tick.as_ref(), now).map_err(CreateError::Confirm)?;
            Ok(format!("/leads/{reference}"))
        })
    };
    staff.write(work).await
}

impl NewPage {
    /// What the button says: with a lead that may be the same person in sight, it is pressed on purpose.
    fn button(&self) -> &'static str {
        if self.related.is_empty() {
            "Create lead"
        } else {
            "Create anyway"
        }
    }

    /// The leads that this page points out.
    fn related_seen(&self) -> String {
        let references: Vec<&str> = self.related.iter().map(|lead| lead.reference.as_str()).collect();
        references.join(" ")
    }
}

impl Related {
    fn new(lead: RelatedLead, here: Here) -> Self {
        let entered = Moment::new(lead.created_at, here);
        Related {
            words: match &lead.created_by {
                Some(name) => format!("{name} entered this person on {}", entered.day()),
                None => format!("This person was entered on {}", entered.day()),
            },
            reference: lead.reference,
            title: lead.title,
        }
    }
}
