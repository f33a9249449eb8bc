//! Adding a file to a lead, and removing it.

use diesel::prelude::*;

use super::kind::{Kind, LARGEST};
use crate::db::Tx;
use crate::db::schema::attachments;
use crate::db::types::{LeadId, Reference, UtcTime};
use crate::domain::access::PartnerScope;
use crate::domain::assignments::held::{self, HeldError};
use crate::domain::assignments::life::{Refusal, Transition};
use crate::domain::audit::{self, Act};
use crate::domain::leads::partner;
use crate::domain::scrubbing;
use crate::domain::text::clean_line;

/// So many files of one partner stay with one lead.
pub const MOST_PER_LEAD: i64 = 20;

/// So many bytes all files of one partner may have together: 1 GB.
pub const QUOTA: i64 = 1024 * 1024 * 1024;

/// Characters of a title.
const LONGEST_TITLE: usize = 120;

/// Why a file is not kept.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is too large")]
    TooLarge,
    #[error("files of this kind are not taken")]
    Unfit,
    #[error("the lead has as many files as it may have")]
    TooMany,
    #[error("the files of the partner fill the room that it has")]
    NoRoom,
    #[error(transparent)]
    Held(#[from] HeldError),
}

impl From<diesel::result::Error> for AttachError {
    fn from(error: diesel::result::Error) -> Self {
        AttachError::Held(HeldError::Database(error))
    }
}

/// A file that may be kept.
pub struct NewAttachment {
    title: String,
    kind: Kind,
    content: Vec<u8>,
}

impl NewAttachment {
    /// # Errors
    /// It is empty, too large or of no kind that is taken.
    pub fn parse(name: &str, content: Vec<u8>) -> Result<Self, AttachError> {
        if content.is_empty() {
            return Err(AttachError::Empty);
        }
        if content.len() > LARGEST {
            return Err(AttachError::TooLarge);
        }
        let kind = Kind::of(&content, name).ok_or(AttachError::Unfit)?;
        // Some browsers send the whole path.
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let title: String = clean_line(name).chars().take(LONGEST_TITLE).collect();
        Ok(NewAttachment {
            title: if title.is_empty() {
                kind.label().to_owned()
            } else {
                title
            },
            kind,
            content,
        })
    }
}

/// Keeps a file with an opened lead, as long as all files of the partner together have at most `quota` bytes.
pub fn attach(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    lead: &Reference,
    file: &NewAttachment,
    quota: i64,
    now: UtcTime,
) -> Result<(), AttachError> {
    let held = held::hold(tx, scope, lead, Transition::Update)?;
    let kept: i64 = attachments::table
        .filter(attachments::lead_id.eq(held.lead))
        .filter(attachments::partner_id.eq(scope.partner()))
        .count()
        .get_result(&mut **tx)?;
    if kept >= MOST_PER_LEAD {
        return Err(AttachError::TooMany);
    }
    if bytes_of(tx, scope)? + file.content.len() as i64 > quota {
        return Err(AttachError::NoRoom);
    }
    diesel::insert_into(attachments::table)
        .values((
            attachments::reference.eq(Reference::random()),
            attachments::lead_id.eq(held.lead),
            attachments::partner_id.eq(scope.partner()),
            attachments::author_id.eq(scope.user()),
            attachments::title.eq(&file.title),
            attachments::kind.eq(file.kind),
            attachments::byte_count.eq(file.content.len() as i64),
            attachments::attached_at.eq(now),
            attachments::content.eq(&file.content),
        ))
        .execute(&mut **tx)?;
    let detail = file.kind.as_str();
    audit::record(tx, scope.actor(), Act::AttachmentAdded, &held.subject(), detail, now)?;
    Ok(())
}

/// How many bytes the files of a partner have. Files of one partner that are added at the same moment may miss one
/// another here: no more of them than are received at once.
fn bytes_of(tx: &mut Tx<'_>, scope: &PartnerScope) -> QueryResult<i64> {
    tx.bytes_attached(scope.partner().get())
}

/// Removes a file of the own partner for good, and tells from which lead.
pub fn remove(
    tx: &mut Tx<'_>,
    scope: &PartnerScope,
    attachment: &Reference,
    now: UtcTime,
) -> Result<Reference, HeldError> {
    let lead: Option<LeadId> = attachments::table
        .filter(attachments::reference.eq(attachment))
        .filter(attachments::partner_id.eq(scope.partner()))
        .select(attachments::lead_id)
        .first(&mut **tx)
        .optional()?;
    let lead = match lead {
        Some(lead) => partner::reference_of(tx, scope, lead)?,
        None => None,
    };
    let lead = lead.ok_or(HeldError::Refused(Refusal::Unseen))?;
    let held = held::hold(tx, scope, &lead, Transition::Update)?;
    let kind: Kind = diesel::delete(attachments::table.filter(attachments::reference.eq(attachment)))
        .returning(attachments::kind)
        .get_result(&mut **tx)
        .optional()?
        .ok_or(HeldError::Refused(Refusal::Unseen))?;
    scrubbing::ask(tx, now)?;
    audit::record(
        tx,
        scope.actor(),
        Act::AttachmentRemoved,
        &held.subject(),
        kind.as_str(),
        now,
    )?;
    Ok(lead)
}
