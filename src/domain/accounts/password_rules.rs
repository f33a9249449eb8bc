//! Which passwords are taken (NIST SP 800-63B-4, section 3.1.1.2): length decides, and what everybody guesses first is
//! refused. No rule about kinds of characters, no trimming, no folding of what is stored.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::domain::text::search_key;

/// The fewest characters where the password is all that guards the account.
pub const SHORTEST_ALONE: usize = 15;

/// The fewest characters where a second factor is asked for too.
pub const SHORTEST_WITH_FACTOR: usize = 8;

/// The longest password that is looked at, in bytes: hashing longer ones would cost the server, not the guesser.
pub const LONGEST: usize = 1_024;

/// So many letters must be left when the words that anybody could guess about the person are taken away.
const FEWEST_LEFT: usize = 8;

/// Shorter words than this are no hint at anything.
const SHORTEST_WORD: usize = 3;

const PRODUCT_WORDS: [&str; 3] = ["leadgate", "lead", "gate"];

const LIST: &str = include_str!("common_passwords.txt");

/// What guards the account beside the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    PasswordAlone,
    SecondFactor,
}

impl Guard {
    /// The fewest characters of a password.
    pub fn shortest(self) -> usize {
        match self {
            Guard::PasswordAlone => SHORTEST_ALONE,
            Guard::SecondFactor => SHORTEST_WITH_FACTOR,
        }
    }
}

impl Guard {
    /// The rule in words, for the hint above the field.
    pub fn rule(self) -> String {
        format!(
            "{} characters or more. A few words that don't belong together are easy to remember and hard to guess.",
            self.shortest()
        )
    }
}

/// Whose password it is to be: words about the owner are guessed first.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub name: &'a str,
    pub email: &'a str,
    /// The company that the owner works at, for partner users.
    pub partner: Option<&'a str>,
}

/// Why a password is not taken, in a sentence for the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("Enter a password of {0} characters or more: several words in a row are easy to remember")]
    TooShort(usize),
    #[error("Enter a password of {LONGEST} bytes or fewer")]
    TooLong,
    #[error("Choose another password: this one is among those that are guessed first")]
    Common,
    #[error(
        "Choose another password: this one is made of your name, your e-mail address, your company or this product"
    )]
    Personal,
}

/// Looks at a password as it was typed.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(password: &str, guard: Guard, owner: &Owner<'_>) -> Result<(), Weakness> {
    if password.chars().count() < guard.shortest() {
        return Err(Weakness::TooShort(guard.shortest()));
    }
    if password.len() > LONGEST {
        return Err(Weakness::TooLong);
    }
    let folded = search_key(password);
    if is_common(&folded) {
        return Err(Weakness::Common);
    }
    if is_personal(&folded, owner) {
        return Err(Weakness::Personal);
    }
    Ok(())
}

/// Whether a password is taken only where a second factor is asked for too.
pub fn is_short(password: &str) -> bool {
    password.chars().count() < SHORTEST_ALONE
}

/// Whether it is on the list, or is one of the list with figures and signs around it, or one piece over and over.
fn is_common(folded: &str) -> bool {
    static COMMON: OnceLock<HashSet<&str>> = OnceLock::new();
    let common = COMMON.get_or_init(|| LIST.lines().collect());
    let bare: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    let stem = bare.trim_matches(|c: char| !c.is_alphabetic());
    let piece = shortest_piece(&bare);
    [folded, &bare].iter().any(|text| common.contains(*text))
        || (stem.chars().count() >= 6 && common.contains(stem))
        || (stem.is_empty() && bare.chars().count() < SHORTEST_ALONE)
        || (piece.len() < bare.len() && (piece.chars().count() <= 4 || common.contains(piece)))
}

/// The piece that a text repeats from its beginning to its end; the whole text where it repeats nothing.
fn shortest_piece(text: &str) -> &str {
    text.char_indices()
        .skip(1)
        .map(|(end, _)| &text[..end])
        .take_while(|piece| piece.len() <= text.len() / 2)
        .find(|piece| text.bytes().zip(piece.bytes().cycle()).all(|(a, b)| a == b))
        .unwrap_or(text)
}

/// Whether little is left without the words about the owner and the product, figures and signs.
fn is_personal(folded: &str, owner: &Owner<'_>) -> bool {
    let about = [owner.name, owner.email, owner.partner.unwrap_or_default()].map(search_key);
    let mut words: Vec<&str> = about
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() >= SHORTEST_WORD)
        .chain(PRODUCT_WORDS)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = folded.to_owned();
    let mut found = false;
    for word in words {
        if rest.contains(word) {
            rest = rest.replace(word, " ");
            found = true;
        }
    }
    found && rest.chars().filter(|c| c.is_alphabetic()).count() < FEWEST_LEFT
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner<'_> = Owner {
        name: "Nora Lindqvist",
        email: "nora@northwind.example",
        partner: Some("Northwind Trading"),
    };

    fn alone(password: &str) -> Result<(), Weakness> {
        check(password, Guard::PasswordAlone, &OWNER)
    }

    fn with_factor(password: &str) -> Result<(), Weakness> {
        check(password, Guard::SecondFactor, &OWNER)
    }

    #[test]
    fn length_is_counted_in_characters_and_depends_on_the_second_factor() {
        assert_eq!(alone("fourteen-chars"), Err(Weakness::TooShort(15)));
        assert_eq!(alone("fifteen - chars"), Ok(()));
        assert_eq!(with_factor("häuslei"), Err(Weakness::TooShort(8)));
        assert_eq!(with_factor("häusleik"), Ok(()));
    }

    #[test]
    fn long_passwords_of_any_script_are_taken_up_to_the_cap() {
        assert_eq!(alone(&"tram sieve ochre ".repeat(4)[..64]), Ok(()));
        assert_eq!(alone("длинный пароль из слов"), Ok(()));
        assert_eq!(alone(&format!("{}x", "ab cd ef ".repeat(114))), Err(Weakness::TooLong));
    }

    #[test]
    fn no_kind_of_character_is_asked_for() {
        assert_eq!(alone("tram sieve ochre quill"), Ok(()));
        assert_eq!(alone("83920174650193847"), Ok(()));
    }

    #[test]
    fn the_whole_list_is_refused_in_any_case() {
        let long_enough: Vec<&str> = LIST.lines().filter(|line| line.chars().count() >= 8).collect();
        assert!(LIST.lines().count() >= 3_000);
        for line in long_enough {
            assert_eq!(with_factor(line), Err(Weakness::Common), "{line}");
            assert_eq!(with_factor(&line.to_uppercase()), Err(Weakness::Common), "{line}");
        }
    }

    #[test]
    fn what_everybody_does_to_a_common_password_does_not_help() {
        for password in [
            "Password2026!!!!",
            "!!!qwertyuiop1234",
            "aaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "dragondragondragon",
            "1234567890123456",
            "password password",
            "ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ",
        ] {
            assert_eq!(alone(password), Err(Weakness::Common), "{password}");
        }
    }

    #[test]
    fn words_about_the_owner_and_the_product_do_not_count() {
        for password in [
            "nora-lindqvist-2026",
            "Northwind4Nora2026!",
            "leadgate-demo-2026",
            "NORTHWIND.EXAMPLE.1",
            "Léadgate-Nora-123456",
        ] {
            assert_eq!(alone(password), Err(Weakness::Personal), "{password}");
        }
        assert_eq!(alone("nora likes rhubarb pie"), Ok(()));
    }
}
