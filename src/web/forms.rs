//! Forms and query strings as they arrive: decoded once, strictly, every name at most once unless it is a selection.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::error::WebError;
use crate::db::types::random_text;
use crate::domain::submissions::Submission;

/// The largest form, in bytes: a lead with every field at its longest takes a quarter of it.
const LARGEST_FORM: usize = 256 * 1024;

/// The one name that a form may repeat: the leads of a selection.
pub const SELECTION: &str = "lead";

/// The field with the key of a form that takes effect once.
pub const SUBMISSION: &str = "submission";

/// Characters of such a key.
const SUBMISSION_LENGTH: usize = 26;

const WRONG_ENCODING: &str = "The form holds characters that are not valid text (UTF-8). Enter them anew.";

/// The fields of a form.
#[derive(Clone, Default)]
pub struct FormData(BTreeMap<String, Vec<String>>);

impl FormData {
    fn parse(bytes: &[u8]) -> Result<Self, WebError> {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let split = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = decode(&pair[..split])?;
            let value = decode(pair.get(split + 1..).unwrap_or_default())?;
            let values = fields.entry(name.clone()).or_default();
            if !values.is_empty() && name != SELECTION {
                return Err(WebError::RepeatedField);
            }
            values.push(value);
        }
        Ok(FormData(fields))
    }

    /// What was typed into a field; nothing where the form has no such field.
    pub fn text(&self, name: &str) -> String {
        self.0
            .get(name)
            .and_then(|values| values.first())
            .cloned()
            .unwrap_or_default()
    }

    /// Whether a box was ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Whether the form has a field of this name: which button was pressed.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// By what a second sending of the form with this address is told from another form.
    pub fn submission(&self, address: &str, typed: &[&str]) -> Submission {
        let typed = typed.iter().flat_map(|name| self.0.get(*name)).flatten();
        let typed = typed.chain(self.selection()).map(String::as_bytes);
        Submission::new(address, &self.text(SUBMISSION), typed)
    }

    /// The key that the form goes on with: its own, or a new one.
    pub fn submission_key(&self) -> String {
        match self.text(SUBMISSION) {
            key if key.is_empty() => submission_key(),
            key => key,
        }
    }

    /// The values of a selection.
    pub fn selection(&self) -> &[String] {
        self.0.get(SELECTION).map_or(&[], Vec::as_slice)
    }
}

impl FromRequest for FormData {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let limited = request
            .headers()
            .get("content-length")
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok())
            .is_none_or(|length| length <= LARGEST_FORM);
        let body = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if !limited {
                return Err(WebError::TooLarge(
                    "The form is too large to be read. Shorten what you entered.",
                ));
            }
            let body = body
                .await
                .map_err(|_| WebError::BadRequest("The form did not arrive whole. Send it again."))?;
            let bytes = body
                .to_bytes_limited(LARGEST_FORM)
                .await
                .map_err(|_| WebError::TooLarge("The form is too large to be read. Shorten what you entered."))?
                .map_err(|_| WebError::BadRequest("The form did not arrive whole. Send it again."))?;
            if !is_form && !bytes.is_empty() {
                return Err(WebError::BadRequest("This address reads forms only."));
            }
            FormData::parse(&bytes)
        })
    }
}

/// A new key for a form that takes effect once.
pub fn submission_key() -> String {
    random_text(SUBMISSION_LENGTH)
}

/// The fields of a query string.
#[derive(Clone, Default)]
pub struct QueryData(FormData);

impl QueryData {
    /// # Errors
    /// Undecodable text or a repeated name.
    pub fn of(request: &HttpRequest) -> Result<Self, WebError> {
        Self::parse(request.query_string())
    }

    /// Reads a query string without its question mark.
    ///
    /// # Errors
    /// Undecodable text or a repeated name.
    pub fn parse(text: &str) -> Result<Self, WebError> {
        FormData::parse(text.as_bytes()).map(QueryData)
    }

    pub fn text(&self, name: &str) -> String {
        self.0.text(name)
    }

    /// The value of a name out of a closed set; `None` where it is not given.
    ///
    /// # Errors
    /// It is none of the set.
    pub fn choice<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, WebError> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        parse(&text).map(Some).ok_or(WebError::BadRequest(
            "The address asks for something that this list does not offer. Clear the filters and choose anew.",
        ))
    }
}

impl From<FormData> for QueryData {
    fn from(form: FormData) -> Self {
        QueryData(form)
    }
}

impl FromRequest for QueryData {
    type Error = WebError;
    type Future = std::future::Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(QueryData::of(request))
    }
}

fn decode(bytes: &[u8]) -> Result<String, WebError> {
    let spaced: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let text = percent_decode(&spaced)
        .decode_utf8()
        .map_err(|_| WebError::BadRequest(WRONG_ENCODING))?;
    if text.contains('\0') {
        return Err(WebError::BadRequest(WRONG_ENCODING));
    }
    Ok(text.into_owned())
}

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as it may stand in a query string.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// A query string out of names and values, with its question mark; empty values are left out.
pub fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let parts: Vec<String> = pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("?{}", parts.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_once() {
        let form = FormData::parse(b"name=%253Cb%253E&need=a+b%2Bc").expect("a good form");

        assert_eq!(form.text("name"), "%3Cb%3E");
        assert_eq!(form.text("need"), "a b+c");
    }

    #[test]
    fn a_name_comes_once_unless_it_is_the_selection() {
        assert!(matches!(
            FormData::parse(b"permission=1&permission=0"),
            Err(WebError::RepeatedField)
        ));
        assert_eq!(
            FormData::parse(b"lead=a&lead=b").expect("a selection").selection(),
            ["a", "b"]
        );
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(matches!(FormData::parse(b"name=%FF"), Err(WebError::BadRequest(_))));
        assert!(matches!(FormData::parse(b"name=a%00b"), Err(WebError::BadRequest(_))));
    }

    #[test]
    fn a_query_leaves_out_what_is_empty() {
        assert_eq!(query([("q", "a b&c"), ("status", "")]), "?q=a%20b%26c");
        assert_eq!(query([("q", "")]), "");
    }
}
