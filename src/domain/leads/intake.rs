//! How a lead comes in, from the form or from a file.

use diesel::prelude::*;

use super::LeadStatus;
use crate::db::schema::leads;
use crate::db::types::{ImportId, LeadId, Reference, UserId, UtcTime};
use crate::db::{Tx, on_backend};
use crate::domain::access::{Actor, StaffScope};
use crate::domain::audit::{self, Act, Subject};
use crate::domain::countries::Country;
use crate::domain::permission::confirmation::{self, Basis, ConfirmError};
use crate::domain::text::{clean_block, clean_line, email_is_valid, phone_is_valid, search_key};
use crate::domain::validation::FieldErrors;

/// What was typed, or read from a row of a file; every field as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadInput {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub phone: String,
    pub company: String,
    pub job_title: String,
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub region: String,
    /// Two letters of ISO 3166-1, or nothing.
    pub country: String,
    pub product: String,
    pub source: String,
    /// What the partner will read.
    pub need: String,
    /// What the partner will never read.
    pub internal_note: String,
}

/// A lead that can be stored: cleaned, within limits, with a way to reach the person.
#[derive(Clone, PartialEq, Eq)]
pub struct LeadDraft(LeadInput);

impl std::fmt::Debug for LeadDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LeadDraft(…)")
    }
}

impl LeadInput {
    /// # Errors
    /// Every field that is too long or has another format than it needs; no name; no way to reach the person.
    pub fn parse(&self) -> Result<LeadDraft, FieldErrors> {
        let lead = self.cleaned();
        let mut errors = FieldErrors::default();
        if lead.first_name.is_empty() && lead.last_name.is_empty() && lead.company.is_empty() {
            errors.add("last_name", "Enter a name, or at least the company");
        }
        if !lead.email.is_empty() && !email_is_valid(&lead.email) {
            errors.add("email", "Enter an e-mail address in the format name@example.com");
        }
        if !lead.phone.is_empty() && !phone_is_valid(&lead.phone) {
            errors.add("phone", "Enter a phone number like +49 30 1234567");
        }
        if !lead.country.is_empty() && Country::parse(&lead.country).is_none() {
            errors.add("country", "Choose a country from the list");
        }
        if !lead.has_way_to_reach() {
            errors.add(
                "email",
                "Enter an e-mail address, a phone number, or street and city: there must be a way to reach the person",
            );
        }
        lead.check_lengths(&mut errors);
        if errors.is_empty() {
            Ok(LeadDraft(lead))
        } else {
            Err(errors)
        }
    }

    fn cleaned(&self) -> LeadInput {
        LeadInput {
            first_name: clean_line(&self.first_name),
            last_name: clean_line(&self.last_name),
            email: clean_line(&self.email),
            phone: clean_line(&self.phone),
            company: clean_line(&self.company),
            job_title: clean_line(&self.job_title),
            street: clean_line(&self.street),
            city: clean_line(&self.city),
            postal_code: clean_line(&self.postal_code),
            region: clean_line(&self.region),
            country: clean_line(&self.country).to_ascii_uppercase(),
            product: clean_line(&self.product),
            source: clean_line(&self.source),
            need: clean_block(&self.need),
            internal_note: clean_block(&self.internal_note),
        }
    }

    fn has_way_to_reach(&self) -> bool {
        let has_town = !self.city.is_empty() || !self.postal_code.is_empty();
        let has_address = has_town && !self.street.is_empty();
        !self.email.is_empty() || !self.phone.is_empty() || has_address
    }

    fn check_lengths(&self, errors: &mut FieldErrors) {
        errors.limit("first_name", "First name", &self.first_name, 200);
        errors.limit("last_name", "Last name", &self.last_name, 200);
        errors.limit("email", "E-mail", &self.email, 254);
        errors.limit("phone", "Phone", &self.phone, 64);
        errors.limit("company", "Company", &self.company, 200);
        errors.limit("job_title", "Job title", &self.job_title, 200);
        errors.limit("street", "Street", &self.street, 400);
        errors.limit("city", "City", &self.city, 200);
        errors.limit("postal_code", "Postal code", &self.postal_code, 32);
        errors.limit("region", "Region", &self.region, 200);
        errors.limit("product", "Product interest", &self.product, 200);
        errors.limit("source", "Source", &self.source, 200);
        errors.limit("need", "Need", &self.need, 4_000);
        errors.limit("internal_note", "Internal note", &self.internal_note, 4_000);
    }
}

impl LeadDraft {
    /// A row of a file, cleaned and checked by the import. It may lack what a form insists on, because a file can't
    /// be asked back; what it can't hold was moved to the internal note.
    pub fn from_file(row: LeadInput) -> Self {
        LeadDraft(row)
    }

    pub fn input(&self) -> &LeadInput {
        &self.0
    }

    fn name_key(&self) -> String {
        search_key(&format!(
            "{} {} {}",
            self.0.last_name, self.0.first_name, self.0.company
        ))
    }

    /// The words by which this lead is found, each behind two blanks: so that the beginning of a word can be searched
    /// with one or two letters, as an index of three letters each allows.
    fn search_text(&self) -> String {
        let lead = &self.0;
        let mut text = String::new();
        for field in [
            &lead.first_name,
            &lead.last_name,
            &lead.company,
            &lead.email,
            &lead.city,
        ] {
            for word in search_key(field).split_whitespace() {
                text.push_str("  ");
                text.push_str(word);
            }
        }
        let phone = phone_key(&lead.phone);
        if !phone.is_empty() {
            text.push_str("  ");
            text.push_str(&phone);
        }
        text
    }
}

/// A phone number as its digits alone.
pub(super) fn phone_key(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

// The attribute lets SQLite take many of them in one statement.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = leads, treat_none_as_default_value = false)]
pub(super) struct Content<'a> {
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    phone: &'a str,
    company: &'a str,
    job_title: &'a str,
    street: &'a str,
    city: &'a str,
    postal_code: &'a str,
    region: &'a str,
    country: &'a str,
    product: &'a str,
    source: &'a str,
    need: &'a str,
    internal_note: &'a str,
    name_key: String,
    email_key: String,
    phone_key: String,
    search_text: String,
    updated_at: UtcTime,
}

impl<'a> Content<'a> {
    pub(super) fn of(draft: &'a LeadDraft, now: UtcTime) -> Self {
        let lead = &draft.0;
        Content {
            first_name: &lead.first_name,
            last_name: &lead.last_name,
            email: &lead.email,
            phone: &lead.phone,
            company: &lead.company,
            job_title: &lead.job_title,
            street: &lead.street,
            city: &lead.city,
            postal_code: &lead.postal_code,
            region: &lead.region,
            country: &lead.country,
            product: &lead.product,
            source: &lead.source,
            need: &lead.need,
            internal_note: &lead.internal_note,
            name_key: draft.name_key(),
            email_key: search_key(&lead.email),
            phone_key: phone_key(&lead.phone),
            search_text: draft.search_text(),
            updated_at: now,
        }
    }
}

/// What the form said about permission: the ground with its evidence, and the version of the text that was shown.
#[derive(Debug, Clone)]
pub struct Tick {
    pub basis: Basis,
    pub seen: Option<i64>,
}

/// Enters a lead; on hold unless it comes with a tick.
///
/// # Errors
/// Those of [`confirmation::confirm`]; then nothing is stored at all.
pub fn create(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    draft: &LeadDraft,
    tick: Option<&Tick>,
    now: UtcTime,
) -> Result<Reference, ConfirmError> {
    let (id, reference) = insert(tx, scope, draft, now)?;
    audit::record(
        tx,
        scope.actor(),
        Act::LeadCreated,
        &Subject::lead(id, &reference),
        "",
        now,
    )?;
    if let Some(tick) = tick {
        confirmation::confirm(tx, scope, id, &tick.basis, tick.seen, now)?;
    }
    Ok(reference)
}

fn insert(tx: &mut Tx<'_>, scope: &StaffScope, draft: &LeadDraft, now: UtcTime) -> QueryResult<(LeadId, Reference)> {
    let origin = Origin::new(scope.user(), None, now);
    let row = (Content::of(draft, now), &origin);
    let id = on_backend!(&mut **tx, |conn| diesel::insert_into(leads::table)
        .values(row)
        .returning(leads::id)
        .get_result(conn))?;
    Ok((id, origin.reference))
}

/// Enters many leads at once, on hold; `detail` says where they come from.
pub fn create_many(
    tx: &mut Tx<'_>,
    scope: &StaffScope,
    drafts: &[LeadDraft],
    detail: &str,
    now: UtcTime,
) -> QueryResult<Vec<(LeadId, Reference)>> {
    create_all(tx, scope.actor(), scope.user(), None, drafts, detail, now)
}

/// Enters many leads at once, on hold, each with the beginning of its history; the number of statements is the same
/// for any number of leads. `detail` says in the history where they come from.
pub(in crate::domain) fn create_all(
    tx: &mut Tx<'_>,
    actor: &Actor,
    creator: UserId,
    import: Option<ImportId>,
    drafts: &[LeadDraft],
    detail: &str,
    now: UtcTime,
) -> QueryResult<Vec<(LeadId, Reference)>> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let origins: Vec<Origin> = drafts.iter().map(|_| Origin::new(creator, import, now)).collect();
    let rows: Vec<_> = drafts
        .iter()
        .zip(&origins)
        .map(|(draft, origin)| (Content::of(draft, now), origin))
        .collect();
    on_backend!(&mut **tx, |conn| diesel::insert_into(leads::table)
        .values(rows)
        .execute(conn))?;
    let references: Vec<&Reference> = origins.iter().map(|origin| &origin.reference).collect();
    let created: Vec<(LeadId, Reference)> = leads::table
        .filter(leads::reference.eq_any(references))
        .select((leads::id, leads::reference))
        .order(leads::id)
        .load(&mut **tx)?;
    let subjects: Vec<Subject> = created
        .iter()
        .map(|(id, reference)| Subject::lead(*id, reference))
        .collect();
    audit::record_all(tx, actor, Act::LeadImported, &subjects, detail, now)?;
    Ok(created)
}

#[derive(Insertable)]
#[diesel(table_name = leads, treat_none_as_default_value = false)]
struct Origin {
    reference: Reference,
    status: LeadStatus,
    created_by: UserId,
    created_at: UtcTime,
    import_id: Option<ImportId>,
}

impl Origin {
    fn new(creator: UserId, import: Option<ImportId>, now: UtcTime) -> Self {
        Origin {
            reference: Reference::random(),
            status: LeadStatus::Unassigned,
            created_by: creator,
            created_at: now,
            import_id: import,
        }
    }
}
