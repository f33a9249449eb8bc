//! Whether a stored text names a person: what erasure looks for in texts that belong to no lead.

use super::leads::LeadInput;
use super::text::search_key;

/// So many digits make a number that tells a person.
const TELLING_DIGITS: usize = 6;

/// Each text as a search key and, where it is a number, as its digits; a line each, with a line break on either side.
pub(super) fn keys(texts: &[String]) -> String {
    let mut keys = String::from("\n");
    for text in texts {
        let key = search_key(&text.replace('\0', ""));
        let digits = digits(text);
        keys.push_str(&key);
        keys.push('\n');
        if digits.len() >= TELLING_DIGITS && digits != key {
            keys.push_str(&digits);
            keys.push('\n');
        }
    }
    keys
}

/// The pairs of LIKE patterns, with `\` as the escape, one of which [`keys`] meet where they name this person: by e-mail,
/// by phone, or by first and last name.
pub(super) fn patterns(person: &LeadInput) -> Vec<(String, String)> {
    let anywhere = |key: &str| format!("%{}%", escaped(key));
    let line = |key: &str| format!("%\n{}\n%", escaped(key));
    let mut patterns = Vec::new();
    if !person.email.is_empty() {
        patterns.push((anywhere(&search_key(&person.email)), "%".to_owned()));
    }
    let digits = digits(&person.phone);
    if digits.len() >= TELLING_DIGITS {
        patterns.push((line(&digits), "%".to_owned()));
    }
    if !person.first_name.is_empty() && !person.last_name.is_empty() {
        let (first, last) = (search_key(&person.first_name), search_key(&person.last_name));
        patterns.push((line(&first), line(&last)));
        patterns.push((anywhere(&format!("{first} {last}")), "%".to_owned()));
    }
    patterns
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hold_each_text_in_a_line_of_its_own() {
        let texts = ["Zoë".to_owned(), "+49 30 901820".to_owned(), String::new()];

        assert_eq!(keys(&texts), "\nzoe\n+49 30 901820\n4930901820\n\n");
    }
}
