//! What kind of file something is, told by its content: a name can lie.

use super::office;
use crate::text_enum;

/// The largest file, in bytes.
pub const LARGEST: usize = 10 * 1024 * 1024;

text_enum! {
    /// The kinds that are taken; each value is the ending under which a file is served.
    pub enum Kind {
        Pdf = "pdf",
        Png = "png",
        Jpeg = "jpg",
        Word = "docx",
        Excel = "xlsx",
        OpenDocument = "odt",
        Csv = "csv",
        Text = "txt",
    }
}

impl Kind {
    pub fn label(self) -> &'static str {
        match self {
            Kind::Pdf => "PDF",
            Kind::Png | Kind::Jpeg => "Picture",
            Kind::Word => "Word document",
            Kind::Excel => "Excel workbook",
            Kind::OpenDocument => "OpenDocument text",
            Kind::Csv => "CSV",
            Kind::Text => "Text",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Kind::Pdf => "application/pdf",
            Kind::Png => "image/png",
            Kind::Jpeg => "image/jpeg",
            Kind::Word => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Excel => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::OpenDocument => "application/vnd.oasis.opendocument.text",
            Kind::Csv => "text/csv; charset=utf-8",
            Kind::Text => "text/plain; charset=utf-8",
        }
    }

    /// The kind of these bytes; the name decides nothing but whether a text is called CSV.
    pub fn of(bytes: &[u8], name: &str) -> Option<Self> {
        if bytes.starts_with(b"%PDF-") {
            Some(Kind::Pdf)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Kind::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Some(Kind::Jpeg)
        } else if bytes.starts_with(b"PK\x03\x04") {
            office::kind_of(bytes)
        } else if is_text(bytes) {
            let is_csv = name.to_ascii_lowercase().ends_with(".csv");
            Some(if is_csv { Kind::Csv } else { Kind::Text })
        } else {
            None
        }
    }
}

/// Text that a person could have typed: UTF-8 without control characters but line ends and tabs.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.is_empty() && text.chars().all(|c| matches!(c, '\n' | '\r' | '\t') || !c.is_control()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_and_not_the_name() {
        assert_eq!(Kind::of(b"%PDF-1.7\n", "x.exe"), Some(Kind::Pdf));
        assert_eq!(Kind::of(b"\x89PNG\r\n\x1a\n\0\0", "x.pdf"), Some(Kind::Png));
        assert_eq!(Kind::of(b"\xff\xd8\xff\xe0", ""), Some(Kind::Jpeg));
        assert_eq!(Kind::of(b"MZ\x90\0\x03", "offer.pdf"), None);
        assert_eq!(Kind::of(b"\x7fELF", "offer.txt"), None);
        assert_eq!(Kind::of(b"PK\x03\x04 no archive", "offer.docx"), None);
    }

    #[test]
    fn a_text_has_no_control_characters() {
        assert_eq!(Kind::of("Grüße\r\n\tAnna".as_bytes(), "a"), Some(Kind::Text));
        assert_eq!(Kind::of(b"a,b\n1,2\n", "A.CSV"), Some(Kind::Csv));
        for bytes in [&b""[..], b"a\0b", b"\xff\xfea", b"a\x1b[31m"] {
            assert_eq!(Kind::of(bytes, "a.txt"), None, "{bytes:?}");
        }
    }
}
