//! Who has seen a lead: every disclosure with person, time, channel and fields.

use actix_web::web::Path;
use askama::Template;

use super::{find, reference};
use crate::domain::disclosures::{self, SHOWN, Shown};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::frame::StaffFrame;
use crate::web::here::Here;
use crate::web::respond::{Answer, page};
use crate::web::view::Moment;

/// A disclosure as a row.
struct Row {
    person: String,
    partner: String,
    channel: &'static str,
    /// `First name, Last name, E-mail`.
    fields: String,
    /// `Consent, text version 2`; nothing where no confirmation stood behind it.
    basis: String,
    at: Moment,
}

impl Row {
    fn new(shown: Shown, here: Here) -> Self {
        let basis = match (shown.ground, shown.text_version) {
            (Some(ground), Some(version)) => format!("{}, text version {version}", ground.label()),
            (Some(ground), None) => ground.label().to_owned(),
            (None, _) => "Not tracked".to_owned(),
        };
        Row {
            person: shown.person.unwrap_or_else(|| "The partner as a whole".to_owned()),
            partner: shown.partner,
            channel: shown.kind.label(),
            fields: in_words(&shown.fields),
            basis,
            at: Moment::new(shown.at, here),
        }
    }
}

/// `first_name last_name` as `First name, last name`.
fn in_words(fields: &str) -> String {
    let words = fields.replace(' ', ", ").replace('_', " ").replace("email", "e-mail");
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[derive(Template)]
#[template(path = "staff/leads/disclosures.html")]
struct DisclosuresPage {
    frame: StaffFrame,
    href: String,
    title: String,
    rows: Vec<Row>,
    is_cut: bool,
}

/// `GET /leads/{reference}/disclosures`
pub async fn index(staff: Staff, path: Path<String>) -> Answer {
    let asked = reference(&path)?;
    let href = format!("/leads/{asked}");
    let (frame, (lead, shown)) = staff
        .page(move |conn, scope, _| {
            let lead = find(conn, scope, &asked)?;
            let shown = disclosures::of_lead(conn, scope, lead.id)?;
            Ok::<_, WebError>((lead, shown))
        })
        .await?;
    let here = staff.here();
    page(&DisclosuresPage {
        frame: frame.at("leads"),
        href,
        title: lead.title(),
        is_cut: shown.len() as i64 == SHOWN,
        rows: shown.into_iter().map(|shown| Row::new(shown, here)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_are_told_in_words() {
        assert_eq!(in_words("first_name email country"), "First name, e-mail, country");
        assert_eq!(in_words(""), "");
    }
}
