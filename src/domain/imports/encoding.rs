//! Which encoding an uploaded file has: told by its mark, proven by its bytes, or guessed; or why it is no text at all.

mod choices;
mod signatures;

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

pub use choices::Encoding;
pub use signatures::Refusal;

const CHUNK: usize = 64 * 1024;
const HEAD: usize = 64 * 1024;

/// What is known about the text of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    pub encoding: Encoding,
    pub certainty: Certainty,
    /// How many byte sequences are no valid UTF-8 although the rest is; 0 for every other encoding.
    pub invalid_sequences: u64,
}

/// How far the detected encoding can be trusted; a guess is shown to the user with the other choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The file begins with a byte order mark that its content does not contradict.
    Marked,
    /// All bytes, or nearly all, follow the rules of the encoding, which other texts do not by chance.
    Proven,
    /// Code pages of eight bits look alike: only the letters' frequency speaks for this one.
    Guessed,
}

/// Why no encoding could be found for a reader's content.
#[derive(Debug, thiserror::Error)]
pub enum DetectionError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the file could not be read")]
    Unreadable(#[from] io::Error),
}

/// Finds the encoding of a file that is fed in pieces of any size; keeps its first 64 KB only.
pub struct Detector {
    head: Vec<u8>,
    guess: EncodingDetector,
    utf8: Utf8Count,
    even_zeros: u64,
    odd_zeros: u64,
    zero_pairs: u64,
    length: u64,
    previous: u8,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            head: Vec::new(),
            guess: EncodingDetector::new(Iso2022JpDetection::Allow),
            utf8: Utf8Count::default(),
            even_zeros: 0,
            odd_zeros: 0,
            zero_pairs: 0,
            length: 0,
            previous: 1,
        }
    }
}

impl Detector {
    /// Takes the next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        let missing = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        self.guess.feed(bytes, false);
        self.utf8.feed(bytes);
        self.count_zeros(bytes);
    }

    /// The encoding of everything that was fed.
    pub fn finish(mut self) -> Result<Detected, Refusal> {
        self.guess.feed(&[], true);
        self.utf8.finish();
        if self.length == 0 {
            return Err(Refusal::Empty);
        }
        if let Some(refusal) = signatures::foreign_format(&self.head) {
            return Err(refusal);
        }
        self.marked()
            .or_else(|| self.wide_without_mark())
            .unwrap_or_else(|| Ok(self.narrow()))
    }

    fn count_zeros(&mut self, bytes: &[u8]) {
        // A chunk without any zero byte is the rule; it leaves only the position to be kept.
        if bytes.contains(&0) {
            for (offset, byte) in (self.length..).zip(bytes) {
                if *byte == 0 {
                    let odd = offset % 2;
                    self.even_zeros += 1 - odd;
                    self.odd_zeros += odd;
                    self.zero_pairs += u64::from(odd == 1 && self.previous == 0);
                }
                self.previous = *byte;
            }
        } else if let Some(last) = bytes.last() {
            self.previous = *last;
        }
        self.length += bytes.len() as u64;
    }

    fn marked(&self) -> Option<Result<Detected, Refusal>> {
        if self.head.starts_with(&[0xFF, 0xFE, 0, 0]) || self.head.starts_with(&[0, 0, 0xFE, 0xFF]) {
            return Some(Err(Refusal::Utf32));
        }
        let (encoding, mark_length) = encoding_rs::Encoding::for_bom(&self.head)?;
        let empty_units = self.zero_pairs * 16 > self.length;
        let contradicted = match encoding.name() {
            "UTF-8" => self.utf8.invalid > self.utf8.valid,
            "UTF-16LE" => empty_units || self.even_zeros > self.odd_zeros,
            _ => empty_units || self.odd_zeros > self.even_zeros,
        };
        if self.length == mark_length as u64 {
            return Some(Err(Refusal::Empty));
        }
        Some(if contradicted {
            Err(Refusal::ContradictoryMark { mark: encoding.name() })
        } else {
            Ok(self.certain(Encoding::of(encoding), Certainty::Marked))
        })
    }

    fn wide_without_mark(&self) -> Option<Result<Detected, Refusal>> {
        let (even, odd) = (self.even_zeros, self.odd_zeros);
        let units = self.length / 2;
        if (even + odd) * 100 < self.length {
            return None;
        }
        let clearly = |here: u64, there: u64| here * 20 > units && there * 50 < here;
        Some(if self.zero_pairs * 4 > units {
            Err(Refusal::Utf32)
        } else if self.length.is_multiple_of(2) && clearly(odd, even) {
            Ok(self.certain(Encoding::UTF_16LE, Certainty::Proven))
        } else if self.length.is_multiple_of(2) && clearly(even, odd) {
            Ok(self.certain(Encoding::UTF_16BE, Certainty::Proven))
        } else {
            Err(Refusal::Binary)
        })
    }

    fn narrow(&self) -> Detected {
        // Bytes of a code page form more valid UTF-8 than invalid only by a miracle; the rows that hold the others
        // are rejected one by one.
        if self.utf8.invalid <= self.utf8.valid {
            let iso_2022_jp = self.utf8.valid == 0 && self.guessed() == encoding_rs::ISO_2022_JP;
            if !iso_2022_jp {
                return Detected {
                    invalid_sequences: self.utf8.invalid,
                    ..self.certain(Encoding::UTF_8, Certainty::Proven)
                };
            }
        }
        self.certain(Encoding::of(self.guessed()), Certainty::Guessed)
    }

    fn guessed(&self) -> &'static encoding_rs::Encoding {
        self.guess.guess(None, Utf8Detection::Deny)
    }

    fn certain(&self, encoding: Encoding, certainty: Certainty) -> Detected {
        let invalid_sequences = if encoding == Encoding::UTF_8 {
            self.utf8.invalid
        } else {
            0
        };
        Detected {
            encoding,
            certainty,
            invalid_sequences,
        }
    }
}

/// Reads a source to its end and tells its encoding; memory stays flat.
pub fn detect(mut source: impl Read) -> Result<Detected, DetectionError> {
    let mut detector = Detector::default();
    let mut buffer = vec![0; CHUNK];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(detector.finish()?),
            Ok(count) => detector.feed(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Counts sequences of several bytes that are valid UTF-8, and those that are not.
#[derive(Default)]
struct Utf8Count {
    valid: u64,
    invalid: u64,
    unfinished: Vec<u8>,
}

impl Utf8Count {
    fn feed(&mut self, bytes: &[u8]) {
        let joined;
        let mut rest = if self.unfinished.is_empty() {
            bytes
        } else {
            joined = [self.unfinished.as_slice(), bytes].concat();
            self.unfinished.clear();
            &joined
        };
        while let Err(error) = std::str::from_utf8(rest) {
            let (good, bad) = rest.split_at(error.valid_up_to());
            self.count_valid(good);
            let Some(length) = error.error_len() else {
                self.unfinished = bad.to_vec();
                return;
            };
            self.invalid += 1;
            rest = &bad[length..];
        }
        self.count_valid(rest);
    }

    fn finish(&mut self) {
        self.invalid += u64::from(!self.unfinished.is_empty());
    }

    fn count_valid(&mut self, bytes: &[u8]) {
        self.valid += bytes.iter().filter(|byte| **byte >= 0xC0).count() as u64;
    }
}

#[cfg(test)]
mod tests;
