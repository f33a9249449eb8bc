//! The files that a partner keeps with a lead: adding, saving, removing.

use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::web::{Path, Payload};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;

use super::leads::refused::{cannot, refused};
use super::leads::show::{self, Typed};
use super::leads::{path_of, reference};
use crate::db::types::Reference;
use crate::domain::assignments::held::{self, HeldError};
use crate::domain::assignments::life::Transition;
use crate::domain::attachments::kind::LARGEST;
use crate::domain::attachments::{self, AttachError, NewAttachment, QUOTA, Upload};
use crate::domain::submissions::{self, Submission};
use crate::domain::validation::FieldErrors;
use crate::web::attachment;
use crate::web::error::{Refused, WebError};
use crate::web::extract::PartnerUser;
use crate::web::flash::Notice;
use crate::web::forms::SUBMISSION;
use crate::web::respond::{Answer, see_other_with};

/// A browser that is cut off in the middle of a file shows no page: so much more is read and thrown away.
const DRAINED: usize = 32 * 1024 * 1024;

/// Whoever sends more slowly keeps the room of others.
const RECEIVED_WITHIN: Duration = Duration::from_secs(300);

const BROKEN_OFF: WebError = WebError::BadRequest("The file did not arrive whole. Choose it and send it again.");

/// `POST /portal/leads/{reference}/attachments`
pub async fn create(user: PartnerUser, path: Path<String>, request: HttpRequest, payload: Payload) -> Answer {
    let lead = reference(&path)?;
    let href = path_of(&lead);
    let received = admit(&user, lead.clone()).await?;
    let sent = tokio::time::timeout(RECEIVED_WITHIN, receive(request, payload))
        .await
        .map_err(|_| BROKEN_OFF)??;
    let submission = sent.submission(&format!("{href}/attachments"));
    let stored = match NewAttachment::parse(&sent.name, sent.content) {
        Ok(file) => {
            let (wanted, way_on) = (lead.clone(), href.clone());
            user.write(move |tx, scope, now| {
                submissions::once(tx, scope.user(), &submission, now, |tx| {
                    attachments::attach(tx, scope, &wanted, &file, QUOTA, now).map(|()| way_on)
                })
            })
            .await?
        }
        Err(error) => Err(error),
    };
    drop(received);
    let sentence = match stored {
        Ok(location) => return see_other_with(&location, Notice::AttachmentAdded),
        Err(AttachError::Held(HeldError::Refused(refusal))) => return Err(refused(refusal, &href)),
        Err(AttachError::Held(HeldError::Database(error))) => return Err(error.into()),
        Err(AttachError::Empty) => "Choose a file that is not empty",
        Err(AttachError::TooLarge) => "The file is larger than 10 MB: choose a smaller one",
        Err(AttachError::Unfit) => {
            "This is no PDF, PNG, JPEG, Word, Excel or OpenDocument file without macros and no text: choose another file"
        }
        Err(AttachError::NoRoom) => {
            "The files of your company fill the 1 GB that there is for them: remove some that you no longer need first"
        }
        Err(AttachError::TooMany) => "This lead has 20 files already: remove one first",
    };
    let mut errors = FieldErrors::default();
    errors.add("file", sentence);
    show::with_problems(&user, lead, Typed::default(), errors).await
}

/// Whoever may not add a file, or not now, is told so before it is read.
async fn admit(user: &PartnerUser, lead: Reference) -> Result<Upload, WebError> {
    let href = path_of(&lead);
    let partner = user
        .read(move |conn, scope, _| {
            held::check(conn, scope, &lead, Transition::Update).map_err(|error| cannot(error, &lead))?;
            Ok::<_, WebError>(scope.partner())
        })
        .await?;
    user.state().uploads().begin(partner).ok_or_else(|| {
        WebError::Full(Box::new(Refused {
            heading: "Too many files at once".to_owned(),
            sentences: vec![
                "Other files are being received at the moment, so yours was not read. Send it again in a few seconds."
                    .to_owned(),
            ],
            ways: vec![(href, "Go to the lead".to_owned())],
        }))
    })
}

/// The form as it was sent.
#[derive(Default)]
struct Sent {
    /// The key of the form.
    key: Vec<u8>,
    name: String,
    /// One byte more than the largest file has, where it is larger.
    content: Vec<u8>,
}

impl Sent {
    fn submission(&self, address: &str) -> Submission {
        let key = String::from_utf8_lossy(&self.key);
        Submission::new(address, &key, [self.name.as_bytes(), self.content.as_slice()])
    }
}

/// So many bytes of a key are read.
const LONGEST_KEY: usize = 64;

async fn receive(request: HttpRequest, payload: Payload) -> Result<Sent, WebError> {
    let is_multipart = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    if !is_multipart {
        return Ok(Sent::default());
    }
    let mut payload = payload.into_inner();
    let mut form = Multipart::from_request(&request, &mut payload)
        .await
        .map_err(|_| BROKEN_OFF)?;
    let mut sent = Sent::default();
    let mut drained = 0;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|_| BROKEN_OFF)?;
        let is_file = field.name() == Some("file");
        let is_key = field.name() == Some(SUBMISSION);
        if is_file && let Some(disposition) = field.content_disposition() {
            sent.name = disposition.get_filename().unwrap_or_default().to_owned();
        }
        while let Some(bytes) = field.next().await {
            let bytes = bytes.map_err(|_| BROKEN_OFF)?;
            let (part, most) = if is_key {
                (&mut sent.key, LONGEST_KEY)
            } else {
                (&mut sent.content, LARGEST + 1)
            };
            if (is_file || is_key) && part.len() < most {
                let room = most - part.len();
                part.extend_from_slice(&bytes[..bytes.len().min(room)]);
                continue;
            }
            drained += bytes.len();
            if drained > DRAINED {
                return Err(WebError::TooLarge(
                    "The file is larger than 10 MB. Choose a smaller one.",
                ));
            }
        }
    }
    Ok(sent)
}

/// `GET /portal/attachments/{reference}`
pub async fn show(user: PartnerUser, path: Path<String>) -> Answer {
    let wanted = reference(&path)?;
    let asked = wanted.clone();
    let content = user
        .read_slowly(move |conn, scope, _| attachments::content(conn, scope, &asked))
        .await?
        .ok_or(WebError::NotFound)?;
    Ok(attachment::saved(&wanted, content))
}

/// `POST /portal/attachments/{reference}/remove`
pub async fn remove(user: PartnerUser, path: Path<String>) -> Answer {
    let wanted = reference(&path)?;
    let removed = user
        .write(move |tx, scope, now| attachments::remove(tx, scope, &wanted, now))
        .await?;
    match removed {
        Ok(lead) => see_other_with(&path_of(&lead), Notice::AttachmentRemoved),
        Err(HeldError::Refused(refusal)) => Err(refused(refusal, "/portal/leads")),
        Err(HeldError::Database(error)) => Err(error.into()),
    }
}
