//! A file of a lead on its way: always to be saved, never shown, under a name of our own.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::db::types::Reference;
use crate::domain::attachments::{Attachment, Content};

/// A file as pages list it.
pub struct Listed {
    pub reference: Reference,
    pub title: String,
    /// `PDF, 1.2 MB`.
    pub about: String,
    pub by: String,
    pub when: super::view::Moment,
}

impl Listed {
    pub fn new(attachment: Attachment, by: String, here: super::here::Here) -> Self {
        Listed {
            about: format!("{}, {}", attachment.kind.label(), size(attachment.byte_count)),
            reference: attachment.reference,
            title: attachment.title,
            when: super::view::Moment::new(attachment.attached_at, here),
            by,
        }
    }
}

/// `820 bytes`, `14 kB`, `1.2 MB`.
fn size(bytes: i64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

pub fn saved(reference: &Reference, content: Content) -> HttpResponse {
    let short: String = reference.to_string().chars().take(8).collect();
    let name = format!("attachment; filename=\"attachment-{short}.{}\"", content.kind.as_str());
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content.kind.content_type()))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(content.bytes)
}
