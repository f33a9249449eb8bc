//! The square picture that an app scans (a QR code), as the path of an inline SVG: no other source of pictures is needed.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// The light frame that the standard asks for, in modules.
const BORDER: i32 = 4;

/// What the template draws.
#[derive(Debug)]
pub struct Picture {
    /// Modules from edge to edge, with the frame.
    pub size: i32,
    /// The dark modules.
    pub path: String,
}

impl Picture {
    /// `None` for a text that no such picture holds.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                let _ = write!(path, "M{} {}h1v1h-1z", x + BORDER, y + BORDER);
            }
        }
        Some(Picture {
            size: code.size() + 2 * BORDER,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_frame_and_its_corners() {
        let picture = Picture::of("otpauth://totp/Leadgate:nora").expect("a short text");

        assert!(picture.path.starts_with("M4 4h1v1h-1z"));
        assert!(picture.size >= 21 + 8);
        assert!(Picture::of(&"x".repeat(5_000)).is_none());
    }
}
