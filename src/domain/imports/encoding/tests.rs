//! How encodings are told apart.

use super::{Certainty, Detected, Detector, Encoding, Refusal};

fn found(bytes: &[u8]) -> Result<Detected, Refusal> {
    let mut detector = Detector::default();
    // Odd pieces, so that letters and code units are cut.
    bytes.chunks(7).for_each(|piece| detector.feed(piece));
    detector.finish()
}

fn name(bytes: &[u8]) -> &'static str {
    found(bytes).expect("a text").encoding.name()
}

#[test]
fn marks_name_the_encoding() {
    let bom = found(include_bytes!("../../../../tests/data/bom_crlf.csv")).expect("a text");
    let wide = found(include_bytes!("../../../../tests/data/utf16le_tab.txt")).expect("a text");

    assert_eq!((bom.encoding, bom.certainty), (Encoding::UTF_8, Certainty::Marked));
    assert_eq!((wide.encoding, wide.certainty), (Encoding::UTF_16LE, Certainty::Marked));
}

#[test]
fn wide_text_without_a_mark_is_recognised() {
    let bytes = include_bytes!("../../../../tests/data/utf16be_without_bom.csv");

    assert_eq!(found(bytes).expect("a text").encoding, Encoding::UTF_16BE);
}

#[test]
fn an_eight_bit_code_page_is_a_guess() {
    let guess = found(include_bytes!("../../../../tests/data/cp1252_semicolon.csv")).expect("a text");

    assert_eq!(
        (guess.encoding.name(), guess.certainty),
        ("windows-1252", Certainty::Guessed)
    );
}

#[test]
fn a_late_letter_decides() {
    let head = "Name,E-mail\n".to_owned() + &"Ann,ann@nordwind.example\n".repeat(10_000);

    assert_eq!(name(head.as_bytes()), "UTF-8");
    assert_eq!(name(&[head.as_bytes(), "Zoë,".as_bytes()].concat()), "UTF-8");
    assert_eq!(
        name(&[head.as_bytes(), b"Jos\xE9 Garc\xEDa M\xFCller Fran\xE7ois,"].concat()),
        "windows-1252"
    );
}

#[test]
fn a_few_broken_bytes_leave_it_utf_8_and_are_counted() {
    let broken = found(include_bytes!("../../../../tests/data/invalid_bytes.csv")).expect("a text");

    assert_eq!((broken.encoding, broken.invalid_sequences), (Encoding::UTF_8, 1));
}

#[test]
fn what_is_no_text_is_refused_by_its_real_kind() {
    let picture = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR";
    for (bytes, refusal) in [
        (
            include_bytes!("../../../../tests/data/excel_named.csv").as_slice(),
            Refusal::Excel,
        ),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", Refusal::Excel),
        (b"PK\x03\x04\x14\0\0\0\0\0list.csv", Refusal::Zip),
        (
            b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            Refusal::OpenDocument,
        ),
        (b"%PDF-1.7\n", Refusal::Pdf),
        (picture, Refusal::Picture),
        (b"\x1F\x8B\x08\0", Refusal::Compressed),
        (b"\xEF\xBB\xBF<!DOCTYPE HTML><table>", Refusal::Markup),
        (b"", Refusal::Empty),
        (b"\xEF\xBB\xBF", Refusal::Empty),
        (b"a\0\0\0,\0\0\0b\0\0\0\n\0\0\0", Refusal::Utf32),
        (b"\xFF\xFE\0\0a\0\0\0", Refusal::Utf32),
        (
            b"\xFE\xFFa\0\0\0,\0\0\0b\0\0\0",
            Refusal::ContradictoryMark { mark: "UTF-16BE" },
        ),
        (b"\xFE\xFFa\0,\0b\0", Refusal::ContradictoryMark { mark: "UTF-16BE" }),
        (
            b"\xEF\xBB\xBFM\xFCller,Jos\xE9",
            Refusal::ContradictoryMark { mark: "UTF-8" },
        ),
        (b"\x01\x00\x02\x03\x00\x00\x07\xFF", Refusal::Binary),
    ] {
        assert_eq!(found(bytes), Err(refusal), "{bytes:?}");
    }
}

#[test]
fn a_single_zero_byte_does_not_make_it_binary() {
    let text = "Name,E-mail\n".to_owned() + &"Ann,ann@nordwind.example\n".repeat(10) + "B\0ob,";

    assert_eq!(name(text.as_bytes()), "UTF-8");
}

#[test]
fn every_encoding_that_is_guessed_can_be_chosen() {
    for encoding in Encoding::choices() {
        assert_eq!(Encoding::parse(encoding.name()), Some(encoding));
    }
    for text in ["Wałęsa;Żółć;Gdańsk;Kraków", "Žižka;Dvořák;Příliš žluťoučký kůň"] {
        let (bytes, _, _) = encoding_rs::WINDOWS_1250.encode(text);
        assert!(Encoding::choices().any(|choice| choice == found(&bytes).expect("a text").encoding));
    }
    assert_eq!(Encoding::parse("utf-7"), None);
}
