//! Taking a file in, piece by piece: never the whole of it in memory.

use actix_multipart::{Field, Multipart};
use actix_web::http::StatusCode;
use futures_util::StreamExt;

use super::index;
use crate::db::Error;
use crate::db::types::{ImportId, Reference};
use crate::domain::imports::encoding::{Certainty, Detected, Detector};
use crate::domain::imports::stored::PIECE;
use crate::domain::imports::upload::{self, LARGEST_FILE};
use crate::web::error::WebError;
use crate::web::extract::Staff;
use crate::web::respond::{Answer, see_other};

/// A browser that is cut off in the middle of a file shows no page: so much more is read and thrown away.
const DRAINED: usize = 64 * 1024 * 1024;

const BROKEN_OFF: WebError = WebError::BadRequest("The file did not arrive whole. Choose it and upload it again.");

const TOO_LARGE: &str =
    "The file is larger than 50 MB. Split it into files of up to 50 MB, each with the row of headings";

const NOTHING_CHOSEN: &str = "Choose a CSV file with leads";

/// Why a file is not taken.
enum Refusal {
    TooLarge,
    Unfit(String),
}

/// `POST /leads/import`
pub async fn create(staff: Staff, mut form: Multipart) -> Answer {
    match receive(&staff, &mut form).await? {
        Ok(reference) => see_other(&format!("/leads/import/{reference}")),
        Err(Refusal::TooLarge) => {
            drain(&mut form).await;
            index::refused(&staff, StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE.to_owned()).await
        }
        Err(Refusal::Unfit(sentence)) => index::refused(&staff, StatusCode::UNPROCESSABLE_ENTITY, sentence).await,
    }
}

async fn receive(staff: &Staff, form: &mut Multipart) -> Result<Result<Reference, Refusal>, WebError> {
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|_| BROKEN_OFF)?;
        if field.name() == Some("file") {
            return take(staff, &mut field).await;
        }
    }
    Ok(Err(Refusal::Unfit(NOTHING_CHOSEN.to_owned())))
}

async fn take(staff: &Staff, field: &mut Field) -> Result<Result<Reference, Refusal>, WebError> {
    let name = field
        .content_disposition()
        .and_then(|disposition| disposition.get_filename())
        .unwrap_or_default()
        .to_owned();
    if name.is_empty() {
        return Ok(Err(Refusal::Unfit(NOTHING_CHOSEN.to_owned())));
    }
    let (import, reference) = staff
        .write(move |tx, scope, now| upload::begin(tx, scope, &name, now))
        .await??;
    let taken = match store(staff, field, import).await {
        Ok(Ok(detected)) => look_at(staff, import, detected).await,
        Ok(Err(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error),
    };
    if !matches!(taken, Ok(Ok(()))) {
        let discarded = staff.write(move |tx, _, _| upload::discard(tx, import)).await;
        if !matches!(discarded, Ok(Ok(()))) {
            log::warn!("a refused upload is left to the worker");
        }
    }
    Ok(taken?.map(|()| reference))
}

/// Stores the pieces and finds the encoding on the way.
async fn store(staff: &Staff, field: &mut Field, import: ImportId) -> Result<Result<Detected, Refusal>, WebError> {
    let mut detector = Detector::default();
    let mut piece = Vec::with_capacity(PIECE);
    let (mut length, mut position) = (0, 0);
    while let Some(bytes) = field.next().await {
        let bytes = bytes.map_err(|_| BROKEN_OFF)?;
        length += bytes.len();
        if length > LARGEST_FILE {
            return Ok(Err(Refusal::TooLarge));
        }
        detector.feed(&bytes);
        piece.extend_from_slice(&bytes);
        if piece.len() >= PIECE {
            let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE));
            add(staff, import, position, full).await?;
            position += 1;
        }
    }
    if !piece.is_empty() {
        add(staff, import, position, piece).await?;
    }
    Ok(detector.finish().map_err(|refusal| Refusal::Unfit(refusal.to_string())))
}

async fn add(staff: &Staff, import: ImportId, position: i64, bytes: Vec<u8>) -> Result<(), WebError> {
    staff
        .write(move |tx, _, _| upload::add(tx, import, position, &bytes))
        .await??;
    Ok(())
}

/// Reads the stored file as a table and keeps it for its preview.
async fn look_at(staff: &Staff, import: ImportId, detected: Detected) -> Result<Result<(), Refusal>, WebError> {
    let is_guessed = detected.certainty == Certainty::Guessed;
    let read = staff
        .read_slowly(move |conn, _, _| {
            Ok::<_, Error>(upload::read_through(conn, import, detected.encoding, is_guessed, None))
        })
        .await?;
    match read {
        Ok(reading) => {
            staff
                .write(move |tx, _, _| upload::keep(tx, import, &reading))
                .await??;
            Ok(Ok(()))
        }
        Err(problem) => Ok(Err(Refusal::Unfit(problem.to_string()))),
    }
}

async fn drain(form: &mut Multipart) {
    let mut drained = 0;
    while let Some(Ok(mut field)) = form.next().await {
        while let Some(Ok(bytes)) = field.next().await {
            drained += bytes.len();
            if drained > DRAINED {
                return;
            }
        }
    }
}
