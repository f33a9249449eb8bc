//! E-mail addresses and phone numbers as files write them: several in a cell, masked, encrypted, or with words around.

use super::FileRow;
use crate::domain::text::{email_is_valid, phone_is_valid};

impl FileRow {
    /// Takes the first address of the cell; keeps the cell in the note unless it is just that. Whether there was
    /// anything.
    pub(super) fn take_email(&mut self, text: &str) -> bool {
        if email_is_valid(text) {
            text.clone_into(&mut self.input.email);
        } else if let Some(address) = pieces(text).find(|piece| email_is_valid(piece)) {
            address.clone_into(&mut self.input.email);
            self.note("E-mail in the file", text);
            self.remarks.push(format!(
                "More than one address in E-mail: {address} is used, the rest kept in the internal note"
            ));
        } else if !text.is_empty() {
            self.note("E-mail in the file", text);
            self.remarks
                .push(format!("“{text}” is no e-mail address: kept in the internal note"));
        }
        !text.is_empty()
    }

    /// Takes the phone, or the mobile when there is none; the other one goes to the note. Whether there was anything.
    pub(super) fn take_phones(&mut self, phone: &str, mobile: &str) -> bool {
        self.take_phone("Phone in the file", phone);
        if self.input.phone.is_empty() {
            self.take_phone("Mobile in the file", mobile);
        } else if !mobile.is_empty() && mobile != self.input.phone {
            self.note("Mobile", mobile);
        }
        !phone.is_empty() || !mobile.is_empty()
    }

    fn take_phone(&mut self, label: &str, text: &str) {
        if phone_is_valid(text) {
            text.clone_into(&mut self.input.phone);
        } else if let Some(number) = pieces(text).find(|piece| phone_is_valid(piece) && piece.len() > 4) {
            number.clone_into(&mut self.input.phone);
            self.note(label, text);
            self.remarks.push(format!(
                "More than a number in Phone: {number} is used, the rest kept in the internal note"
            ));
        } else if !text.is_empty() {
            self.note(label, text);
            self.remarks
                .push(format!("“{text}” is no phone number: kept in the internal note"));
        }
    }
}

/// What stands between separators, quotes and brackets, as in `"Ann" <a@b.example>; c@d.example` or a JSON list.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '|', '"', '<', '>', '[', ']', '{', '}', '\''])
        .flat_map(|part| {
            if part.contains('@') {
                part.split(' ')
            } else {
                part.split('\n')
            }
        })
        .map(|part| part.trim().trim_start_matches("mailto:"))
}
