//! Which office document a ZIP archive is, by the names in its directory (APPNOTE 4.3.12, 4.3.16). Nothing is unpacked.

use super::kind::Kind;

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const END_LENGTH: usize = 22;
const ENTRY_LENGTH: usize = 46;

/// More entries than any document of ten megabytes has.
const MOST_ENTRIES: usize = 10_000;

/// The document that the archive is; none for other archives, and none for documents with macros.
pub fn kind_of(bytes: &[u8]) -> Option<Kind> {
    let names = names(bytes)?;
    let has = |wanted: &str| names.contains(&wanted.as_bytes());
    if names
        .iter()
        .any(|name| name.to_ascii_lowercase().ends_with(b"vbaproject.bin"))
    {
        return None;
    }
    if has("[Content_Types].xml") && has("word/document.xml") {
        Some(Kind::Word)
    } else if has("[Content_Types].xml") && has("xl/workbook.xml") {
        Some(Kind::Excel)
    } else if names.first() == Some(&&b"mimetype"[..]) && is_open_document_text(bytes) {
        // Scripts of OpenDocument stand in folders of their own.
        let has_scripts = names
            .iter()
            .any(|name| name.starts_with(b"Basic/") || name.starts_with(b"Scripts/"));
        (!has_scripts).then_some(Kind::OpenDocument)
    } else {
        None
    }
}

/// OpenDocument 1.3, part 2, 3.3: the type stands uncompressed at the beginning.
fn is_open_document_text(bytes: &[u8]) -> bool {
    const TYPE: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.text";
    bytes.get(30..).is_some_and(|rest| {
        rest.strip_prefix(TYPE)
            .is_some_and(|rest| rest.first().is_none_or(|byte| *byte != b'-'))
    })
}

/// The names in the central directory.
fn names(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    // A comment of up to 64 kB may follow the end record.
    let from = bytes.len().saturating_sub(END_LENGTH + 0xffff);
    let end = from
        + bytes
            .get(from..)?
            .windows(END.len())
            .rposition(|window| window == END)?;
    bytes.get(end..end + END_LENGTH)?;
    let count = usize::from(short(bytes, end + 10)?);
    let mut at = long(bytes, end + 16)? as usize;
    if count > MOST_ENTRIES {
        return None;
    }
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        if bytes.get(at..at + ENTRY.len())? != ENTRY {
            return None;
        }
        let length = usize::from(short(bytes, at + 28)?);
        let others = usize::from(short(bytes, at + 30)?) + usize::from(short(bytes, at + 32)?);
        names.push(bytes.get(at + ENTRY_LENGTH..at + ENTRY_LENGTH + length)?);
        at += ENTRY_LENGTH + length + others;
    }
    Some(names)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of empty stored files, but for the first, which holds `first`.
    fn archive(names: &[&str], first: &str) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            let content = if index == 0 { first } else { "" };
            let offset = bytes.len() as u32;
            let length = (content.len() as u32).to_le_bytes();
            bytes.extend_from_slice(b"PK\x03\x04");
            bytes.extend_from_slice(&[0; 14]);
            bytes.extend_from_slice(&length);
            bytes.extend_from_slice(&length);
            bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
            bytes.extend_from_slice(&[0; 2]);
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(content.as_bytes());
            directory.extend_from_slice(ENTRY);
            directory.extend_from_slice(&[0; 24]);
            directory.extend_from_slice(&(name.len() as u16).to_le_bytes());
            directory.extend_from_slice(&[0; 12]);
            directory.extend_from_slice(&offset.to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
        }
        let start = bytes.len() as u32;
        let count = (names.len() as u16).to_le_bytes();
        bytes.extend_from_slice(&directory);
        bytes.extend_from_slice(END);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&count);
        bytes.extend_from_slice(&count);
        bytes.extend_from_slice(&(directory.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&start.to_le_bytes());
        bytes.extend_from_slice(&[0; 2]);
        bytes
    }

    #[test]
    fn documents_are_known_by_what_is_in_them() {
        let types = "[Content_Types].xml";
        let text = "application/vnd.oasis.opendocument.text";
        for (names, first, kind) in [
            (vec![types, "word/document.xml"], "", Some(Kind::Word)),
            (vec![types, "xl/workbook.xml"], "", Some(Kind::Excel)),
            (vec![types, "word/document.xml", "word/vbaProject.bin"], "", None),
            (vec!["mimetype", "content.xml"], text, Some(Kind::OpenDocument)),
            (vec!["mimetype", "Basic/Standard/Module1.xml"], text, None),
            (
                vec!["mimetype", "content.xml"],
                "application/vnd.oasis.opendocument.text-template",
                None,
            ),
            (vec!["evil.exe"], "", None),
        ] {
            assert_eq!(kind_of(&archive(&names, first)), kind, "{names:?}");
        }
    }

    #[test]
    fn a_broken_archive_is_no_document() {
        let good = archive(&["[Content_Types].xml", "word/document.xml"], "");
        for length in 0..good.len() {
            assert_eq!(kind_of(&good[..length]), None, "{length}");
        }
    }
}
