//! What happened to a lead, day by day, in words.

use crate::domain::assignments::decline::DeclineReason;
use crate::domain::assignments::question::CycleAnswer;
use crate::domain::audit::Act;
use crate::domain::leads::history::HistoryEntry;
use crate::domain::permission::Ground;
use crate::web::here::Here;
use crate::web::view::Moment;

/// The acts of one day.
pub struct Day {
    pub name: String,
    pub entries: Vec<Entry>,
}

pub struct Entry {
    pub when: Moment,
    pub actor: String,
    pub words: String,
}

/// The acts by day, as they come: newest first.
pub fn days(entries: Vec<HistoryEntry>, here: Here) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for entry in entries {
        let when = Moment::new(entry.happened_at, here);
        let words = words(entry.act, &entry.detail);
        let actor = entry.actor.unwrap_or_else(|| "Leadgate".to_owned());
        if days.last().is_none_or(|day| day.name != when.day()) {
            days.push(Day {
                name: when.day().to_owned(),
                entries: Vec::new(),
            });
        }
        if let Some(day) = days.last_mut() {
            day.entries.push(Entry { when, actor, words });
        }
    }
    days
}

/// What somebody did, as the rest of a sentence that begins with the name.
fn words(act: Act, detail: &str) -> String {
    match act {
        Act::LeadCreated => "created the lead.".to_owned(),
        Act::LeadImported => "imported the lead.".to_owned(),
        Act::LeadEdited => format!("changed {}.", fields_in_words(detail)),
        Act::LeadConfirmed => {
            let ground = Ground::parse(detail).map_or("", Ground::label);
            format!("confirmed permission to distribute: {}.", ground.to_lowercase())
        }
        Act::LeadAssigned => format!("assigned the lead to {detail}."),
        Act::LeadReassigned => format!("reassigned the lead to {detail}."),
        Act::LeadRecalled => format!("took the lead back from {detail}."),
        Act::LeadExpired => format!("took the lead back from {detail}: a deadline had passed."),
        Act::LeadReminded => format!("reminded {detail} of the lead."),
        Act::LeadAsked => format!("asked {detail} whether they are in an active sales cycle with the lead."),
        Act::LeadAnswered => {
            let answer = CycleAnswer::parse(detail).map_or("", CycleAnswer::label);
            format!("answered: {}.", answer.to_lowercase())
        }
        Act::LeadOpened => "opened the lead.".to_owned(),
        Act::LeadMoved => format!("moved the lead to a colleague: {detail}."),
        Act::LeadDeclined => {
            let (_, reason) = detail.rsplit_once("; ").unwrap_or_default();
            let reason = DeclineReason::parse(reason).map_or("", DeclineReason::label);
            format!("gave the lead back: {}.", reason.to_lowercase())
        }
        Act::LeadClosed => format!("closed the lead. {detail}."),
        Act::LeadConverted => format!("converted the lead to a deal: {}.", detail.to_lowercase()),
        Act::LeadReopened => format!("opened the lead again, which was {detail}."),
        Act::LeadNoted => "wrote a note.".to_owned(),
        Act::InternalNoteAdded => "wrote an internal note.".to_owned(),
        Act::PartnerWritten => format!("wrote to {detail}."),
        Act::NextStepSet => "set the next step.".to_owned(),
        Act::AttachmentAdded => format!("added a file ({detail})."),
        Act::AttachmentRemoved => format!("removed a file ({detail})."),
        Act::DistributionRefused => "tried to assign the lead, and it was refused.".to_owned(),
        Act::EditRefused => format!(
            "tried to change {} of the lead on hold, and it was refused.",
            fields_in_words(detail)
        ),
        other => other.as_str().to_owned(),
    }
}

/// `last_name email; spelling_corrected` as `last name, e-mail (the spelling was wrong)`.
fn fields_in_words(detail: &str) -> String {
    use crate::domain::leads::edit::IdentityChange;
    let (fields, reason) = detail.split_once("; ").unwrap_or((detail, ""));
    let fields: Vec<String> = fields
        .split(' ')
        .map(|field| field.replace('_', " ").replace("email", "e-mail"))
        .collect();
    match IdentityChange::parse(reason) {
        Some(reason) => format!("{} ({})", fields.join(", "), reason.label().to_lowercase()),
        None => fields.join(", "),
    }
}
