//! The rules for single values that the web form and the import share: cleaning, e-mail, phone, search key.

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};

const LONGEST_EMAIL: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;
const EXTENSION_WORDS: [&str; 5] = ["ext", "extension", "x", "p", "dw"];

/// A value of one line: composed (NFC), line breaks and tabs as one space, other control characters gone, trimmed.
pub fn clean_line(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..0x7F).contains(&byte)) {
        return text.trim().to_owned();
    }
    let spaced = text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
    compose(spaced.chars().filter(|c| !c.is_control()).collect::<String>().trim())
}

/// A value of several lines: composed (NFC), line breaks as `\n`, other control characters but the tab gone, trimmed.
pub fn clean_block(text: &str) -> String {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let printable: String = unified
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect();
    compose(printable.trim())
}

/// Whether mail could be sent there as far as the form tells: one `@`, a local part of at most 64 bytes, a domain
/// with a dot or outside ASCII, no blanks, quotes or brackets, at most 254 bytes (RFC 5321). Letters of every script
/// pass.
pub fn email_is_valid(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    text.len() <= LONGEST_EMAIL
        && (1..=LONGEST_LOCAL_PART).contains(&local.len())
        && !text.chars().any(is_foreign_to_addresses)
        && [local, domain]
            .iter()
            .all(|part| part.split('.').all(|label| !label.is_empty()))
        && !domain.contains('@')
        && (domain.contains('.') || !domain.is_ascii())
        && domain.split('.').all(is_domain_label)
}

/// Whether a phone could be meant: digits, blanks, `+ ( ) - . /` and an extension (`ext`, `x`, `p`, `dw`), three
/// digits at least.
pub fn phone_is_valid(text: &str) -> bool {
    let written_as_phone = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '+' | '(' | ')' | '-' | '.' | '/'));
    let words = text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty());
    written_as_phone
        && text.bytes().filter(u8::is_ascii_digit).count() >= 3
        && words
            .into_iter()
            .all(|word| EXTENSION_WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// The form in which texts are compared: lower case, without accents, special letters spelt out, one space between
/// words.
pub fn search_key(text: &str) -> String {
    if text.is_ascii() {
        return collapse(&text.to_ascii_lowercase());
    }
    let mut key = String::with_capacity(text.len());
    for letter in text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
    {
        match letter {
            'ß' => key.push_str("ss"),
            'ø' => key.push('o'),
            'ł' => key.push('l'),
            'đ' | 'ð' => key.push('d'),
            'æ' => key.push_str("ae"),
            'œ' => key.push_str("oe"),
            'ı' => key.push('i'),
            'þ' => key.push_str("th"),
            'ς' => key.push('σ'),
            other => key.push(other),
        }
    }
    collapse(&key)
}

/// A LIKE pattern for each word of a search key, with `\` as the escape: every one must match. Wildcards in it are
/// letters like others.
pub fn like_patterns(key: &str) -> Vec<String> {
    const WORDS: usize = 8;
    key.split_whitespace()
        .take(WORDS)
        .map(|word| {
            let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            format!("%{escaped}%")
        })
        .collect()
}

fn compose(text: &str) -> String {
    if is_nfc(text) {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

fn is_foreign_to_addresses(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '"' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | ':' | '\\' | '\u{FFFD}'
        )
}

fn is_domain_label(label: &str) -> bool {
    !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .chars()
            .all(|c| c == '-' || c.is_alphanumeric() || is_combining_mark(c))
}

#[cfg(test)]
mod tests {
    use super::{clean_block, clean_line, email_is_valid, phone_is_valid, search_key};

    #[test]
    fn a_line_loses_control_characters_and_line_breaks_and_is_composed() {
        assert_eq!(clean_line("  A\u{0}cme\r\nLtd\t\u{7} "), "Acme Ltd");
        assert_eq!(clean_line("Zoe\u{308}"), "Zoë");
        assert_eq!(clean_line("'+49 30 1"), "'+49 30 1");
        assert_eq!(clean_line("🏠\u{202e}x"), "🏠\u{202e}x");
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(clean_block("\none\r\ntwo\rthree\u{1}\n"), "one\ntwo\nthree");
    }

    #[test]
    fn usual_and_international_addresses_are_valid() {
        for address in [
            "a@b.example",
            "anna+tag@mail.example.org",
            "用户@例子.广告",
            "jörg@müller.example",
            "x@例子",
            "o'neil@b.example",
        ] {
            assert!(email_is_valid(address), "{address}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_valid() {
        let long_local = format!("{}@b.example", "a".repeat(65));
        let long = format!("a@{}.example", "b.".repeat(130));
        for text in [
            "",
            "a",
            "@b.example",
            "a@",
            "a@b",
            "a b@c.example",
            "a@b@c.example",
            "a@b..example",
            ".a@b.example",
            "a@-b.example",
            "\"a\"@b.example",
            "L2wCCrXlVskCHtfY9e4EyA==",
            "a@b.example\n",
            "a@b.example, c@d.example",
            "a@b_c.example",
            &long_local,
            &long,
        ] {
            assert!(!email_is_valid(text), "{text}");
        }
    }

    #[test]
    fn phones_are_digits_signs_and_extensions() {
        for text in [
            "+49 (30) 123-456",
            "030/123.456",
            "123",
            "+381 p 555 0191",
            "555 0100 ext. 12",
            "5550100x12",
        ] {
            assert!(phone_is_valid(text), "{text}");
        }
        for text in ["", "12", "call me 123", "J9qZbS8uXw0rU/ELIEw3sw==", "123;456"] {
            assert!(!phone_is_valid(text), "{text}");
        }
    }

    #[test]
    fn the_search_key_ignores_case_accents_and_blanks() {
        assert_eq!(search_key("  Łódź   Straße\tØrsted "), "lodz strasse orsted");
        assert_eq!(search_key("ÆŒ Þór đ İı"), "aeoe thor d ii");
        assert_eq!(search_key("Ｆｕｌｌ ﬁ"), "full fi");
        assert_eq!(search_key("ΟΔΟΣ"), search_key("οδος"));
    }
}
