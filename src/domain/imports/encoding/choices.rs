//! The encodings a user can choose when the detected one shows wrong letters.

use std::fmt;

/// A text encoding, by its name in the WHATWG Encoding Standard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

const CHOICES: [(Encoding, &str); 33] = [
    (Encoding::UTF_8, "Unicode (UTF-8)"),
    (
        Encoding::UTF_16LE,
        "Unicode (UTF-16, little-endian: Excel's Unicode text)",
    ),
    (Encoding::UTF_16BE, "Unicode (UTF-16, big-endian)"),
    (
        Encoding(encoding_rs::WINDOWS_1252),
        "Western European (Windows-1252, ISO-8859-1)",
    ),
    (Encoding(encoding_rs::ISO_8859_15), "Western European (ISO-8859-15)"),
    (Encoding(encoding_rs::MACINTOSH), "Western European (Macintosh)"),
    (Encoding(encoding_rs::WINDOWS_1250), "Central European (Windows-1250)"),
    (Encoding(encoding_rs::ISO_8859_2), "Central European (ISO-8859-2)"),
    (Encoding(encoding_rs::ISO_8859_16), "Romanian (ISO-8859-16)"),
    (Encoding(encoding_rs::WINDOWS_1251), "Cyrillic (Windows-1251)"),
    (Encoding(encoding_rs::ISO_8859_5), "Cyrillic (ISO-8859-5)"),
    (Encoding(encoding_rs::KOI8_R), "Russian (KOI8-R)"),
    (Encoding(encoding_rs::KOI8_U), "Ukrainian (KOI8-U)"),
    (Encoding(encoding_rs::IBM866), "Cyrillic (DOS, 866)"),
    (Encoding(encoding_rs::WINDOWS_1253), "Greek (Windows-1253)"),
    (Encoding(encoding_rs::ISO_8859_7), "Greek (ISO-8859-7)"),
    (
        Encoding(encoding_rs::WINDOWS_1254),
        "Turkish (Windows-1254, ISO-8859-9)",
    ),
    (Encoding(encoding_rs::WINDOWS_1255), "Hebrew (Windows-1255)"),
    (Encoding(encoding_rs::ISO_8859_8), "Hebrew (ISO-8859-8)"),
    (Encoding(encoding_rs::WINDOWS_1256), "Arabic (Windows-1256)"),
    (Encoding(encoding_rs::ISO_8859_6), "Arabic (ISO-8859-6)"),
    (Encoding(encoding_rs::WINDOWS_1257), "Baltic (Windows-1257)"),
    (Encoding(encoding_rs::ISO_8859_4), "Baltic (ISO-8859-4)"),
    (Encoding(encoding_rs::ISO_8859_13), "Baltic (ISO-8859-13)"),
    (Encoding(encoding_rs::WINDOWS_1258), "Vietnamese (Windows-1258)"),
    (Encoding(encoding_rs::WINDOWS_874), "Thai (Windows-874)"),
    (Encoding(encoding_rs::GBK), "Chinese, simplified (GBK, GB2312)"),
    (Encoding(encoding_rs::GB18030), "Chinese, simplified (GB18030)"),
    (Encoding(encoding_rs::BIG5), "Chinese, traditional (Big5)"),
    (Encoding(encoding_rs::SHIFT_JIS), "Japanese (Shift_JIS)"),
    (Encoding(encoding_rs::EUC_JP), "Japanese (EUC-JP)"),
    (Encoding(encoding_rs::ISO_2022_JP), "Japanese (ISO-2022-JP)"),
    (Encoding(encoding_rs::EUC_KR), "Korean (EUC-KR)"),
];

impl Encoding {
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);
    pub const UTF_16LE: Self = Self(encoding_rs::UTF_16LE);
    pub const UTF_16BE: Self = Self(encoding_rs::UTF_16BE);

    /// Every encoding that can be chosen, the usual ones first.
    pub fn choices() -> impl Iterator<Item = Self> {
        CHOICES.iter().map(|(encoding, _)| *encoding)
    }

    /// The encoding of a name as [`Encoding::name`] gives it; other names, and encodings that can't be chosen, are
    /// none.
    pub fn parse(name: &str) -> Option<Self> {
        Self::choices().find(|encoding| encoding.name() == name)
    }

    /// The name that is stored and that forms send.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The words by which people know it.
    pub fn label(self) -> &'static str {
        CHOICES
            .iter()
            .find(|(encoding, _)| *encoding == self)
            .map_or(self.name(), |(_, label)| label)
    }

    pub(in crate::domain::imports) fn decoder(self) -> encoding_rs::Decoder {
        self.0.new_decoder_with_bom_removal()
    }

    pub(super) fn of(encoding: &'static encoding_rs::Encoding) -> Self {
        Self(encoding)
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.label())
    }
}
