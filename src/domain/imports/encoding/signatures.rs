//! Files that are no plain text, told by their first bytes, and the sentences that say what to do instead.

/// Why a file can't be imported as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("The file is empty. Choose a file with a row of headings and at least one lead")]
    Empty,
    #[error("This is an Excel file, not a CSV file: in Excel choose Save as, CSV UTF-8, and upload that file")]
    Excel,
    #[error(
        "This is an OpenDocument file, not a CSV file: in its program choose Save as, Text CSV (UTF-8), and upload that file"
    )]
    OpenDocument,
    #[error("This is a ZIP archive, not a CSV file: unpack it and upload the CSV file in it")]
    Zip,
    #[error("This is a compressed file, not a CSV file: unpack it and upload the CSV file in it")]
    Compressed,
    #[error("This is a PDF document, not a CSV file: ask for the list as CSV, or export it again where it comes from")]
    Pdf,
    #[error("This is a picture, not a CSV file: ask for the list as CSV, or export it again where it comes from")]
    Picture,
    #[error(
        "This is a web page or an XML document, not a CSV file: if Excel can open it, choose Save as, CSV UTF-8 there"
    )]
    Markup,
    #[error("This is a text with formatting (RTF), not a CSV file: save the list as CSV UTF-8 and upload that file")]
    RichText,
    #[error("The file is encoded in UTF-32, which can't be imported: save it as CSV UTF-8 and upload that file")]
    Utf32,
    #[error(
        "The file contradicts itself: its first bytes announce {mark}, but its content is something else. Save it again as CSV UTF-8 and upload that file"
    )]
    ContradictoryMark { mark: &'static str },
    #[error("This is no text file: save the list as CSV UTF-8 and upload that file")]
    Binary,
}

/// What the file is if it is not a text.
pub(super) fn foreign_format(head: &[u8]) -> Option<Refusal> {
    if head.starts_with(b"PK\x03\x04") {
        return Some(archive(head));
    }
    let text = head.trim_ascii_start();
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let markup = text.get(..14).unwrap_or(text).to_ascii_lowercase();
    [
        (head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Refusal::Excel),
        (head.starts_with(b"PK\x05\x06"), Refusal::Zip),
        (head.starts_with(b"\x1F\x8B"), Refusal::Compressed),
        (
            head.starts_with(b"BZh") && head.get(4..10) == Some(b"1AY&SY"),
            Refusal::Compressed,
        ),
        (
            head.starts_with(b"\xFD7zXZ\0") || head.starts_with(b"7z\xBC\xAF\x27\x1C"),
            Refusal::Compressed,
        ),
        (
            head.starts_with(b"\x28\xB5\x2F\xFD") || head.starts_with(b"Rar!\x1A\x07"),
            Refusal::Compressed,
        ),
        (head.starts_with(b"%PDF-"), Refusal::Pdf),
        (
            head.starts_with(b"\x89PNG\r\n\x1A\n") || head.starts_with(b"\xFF\xD8\xFF"),
            Refusal::Picture,
        ),
        (
            head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"),
            Refusal::Picture,
        ),
        (
            head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
            Refusal::Picture,
        ),
        (
            markup.starts_with(b"<!doctype html") || markup.starts_with(b"<html") || markup.starts_with(b"<?xml"),
            Refusal::Markup,
        ),
        (head.starts_with(b"{\\rtf"), Refusal::RichText),
    ]
    .into_iter()
    .find_map(|(matches, refusal)| matches.then_some(refusal))
}

fn archive(head: &[u8]) -> Refusal {
    let mentions = |part: &[u8]| head.windows(part.len()).any(|window| window == part);
    if mentions(b"vnd.oasis.opendocument") {
        Refusal::OpenDocument
    } else if mentions(b"xl/") || mentions(b"[Content_Types].xml") && !mentions(b"word/") && !mentions(b"ppt/") {
        Refusal::Excel
    } else {
        Refusal::Zip
    }
}
