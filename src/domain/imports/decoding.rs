//! The text of an uploaded file as a stream of UTF-8: decoded piece by piece, line breaks unified, undecodable bytes
//! marked.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult};

use super::encoding::Encoding;

/// Stands for bytes that are no text in the file's encoding. A noncharacter, since U+FFFD may lawfully be in a file.
pub(super) const UNDECODABLE: char = '\u{FDD0}';

const CHUNK: usize = 64 * 1024;

/// Reads a file as UTF-8 without byte order mark, with `\n` for every line break and at its end.
pub struct TextReader<R> {
    source: R,
    decoder: Decoder,
    encoding: Encoding,
    raw: Vec<u8>,
    unread_raw: (usize, usize),
    text: Vec<u8>,
    filled: usize,
    given: usize,
    after_return: bool,
    last_byte: u8,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    SourceEnded,
    Finished,
}

impl<R: Read> TextReader<R> {
    pub fn new(source: R, encoding: Encoding) -> Self {
        Self {
            source,
            decoder: encoding.decoder(),
            encoding,
            raw: vec![0; CHUNK],
            unread_raw: (0, 0),
            // A byte may become three; less room only means another turn.
            text: vec![0; CHUNK * 2],
            filled: 0,
            given: 0,
            after_return: false,
            last_byte: b'\n',
            state: State::Reading,
        }
    }

    /// The encoding the text is read in.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.unread_raw.0 == self.unread_raw.1 && self.state == State::Reading {
            let count = read_some(&mut self.source, &mut self.raw)?;
            self.unread_raw = (0, count);
            if count == 0 {
                self.state = State::SourceEnded;
            }
        }
        self.decode();
        self.unify_line_breaks();
        if self.state == State::Finished && self.last_byte != b'\n' {
            self.text[self.filled] = b'\n';
            self.filled += 1;
            self.last_byte = b'\n';
        }
        Ok(())
    }

    fn decode(&mut self) {
        // The marker of the last malformed byte, or the last line break, must fit behind what was decoded.
        let room = self.text.len() - UNDECODABLE.len_utf8();
        let at_end = self.state == State::SourceEnded;
        let source = &self.raw[self.unread_raw.0..self.unread_raw.1];
        let (result, read, mut written) =
            self.decoder
                .decode_to_utf8_without_replacement(source, &mut self.text[..room], at_end);
        self.unread_raw.0 += read;
        match result {
            DecoderResult::Malformed(..) => written += UNDECODABLE.encode_utf8(&mut self.text[written..]).len(),
            DecoderResult::InputEmpty if at_end => self.state = State::Finished,
            DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
        }
        self.filled = written;
        self.given = 0;
    }

    fn unify_line_breaks(&mut self) {
        if self.after_return || self.text[..self.filled].contains(&b'\r') {
            let mut kept = 0;
            for index in 0..self.filled {
                let byte = self.text[index];
                let second_half = byte == b'\n' && self.after_return;
                self.after_return = byte == b'\r';
                if !second_half {
                    self.text[kept] = if self.after_return { b'\n' } else { byte };
                    kept += 1;
                }
            }
            self.filled = kept;
        }
        self.last_byte = self.text[..self.filled].last().copied().unwrap_or(self.last_byte);
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.filled && self.state != State::Finished {
            self.refill()?;
        }
        let count = (&self.text[self.given..self.filled]).read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

fn read_some(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::{Encoding, TextReader, UNDECODABLE};

    fn text(bytes: &[u8], encoding: &str) -> String {
        let encoding = Encoding::parse(encoding).expect("a known encoding");
        io::read_to_string(TextReader::new(bytes, encoding)).expect("UTF-8")
    }

    /// Gives one byte per call, as the slowest network would.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn line_breaks_are_unified_and_the_last_one_is_added() {
        assert_eq!(text(b"a\r\nb\rc\nd\r\r\ne", "UTF-8"), "a\nb\nc\nd\n\ne\n");
        assert_eq!(text(b"", "UTF-8"), "");
    }

    #[test]
    fn the_mark_is_removed_and_wide_text_is_decoded() {
        assert_eq!(text(b"\xEF\xBB\xBFa\n", "UTF-8"), "a\n");
        assert_eq!(text(b"\xFF\xFEa\0\xE9\0\r\0\n\0", "UTF-16LE"), "aé\n");
        assert_eq!(text(b"\0a\0\xE9", "UTF-16BE"), "aé\n");
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        assert_eq!(
            text(b"a\xEDb\nc\xC3", "UTF-8"),
            format!("a{UNDECODABLE}b\nc{UNDECODABLE}\n")
        );
        assert_eq!(text("a\u{FFFD}b\n".as_bytes(), "UTF-8"), "a\u{FFFD}b\n");
    }

    #[test]
    fn pieces_of_any_size_give_the_same_text() {
        let original = "Łódź,日本\r\n🏠,\u{FFFD}\r\n".repeat(5_000);
        let expected = original.replace("\r\n", "\n");

        assert!(text(original.as_bytes(), "UTF-8") == expected);
        assert!(
            io::read_to_string(TextReader::new(Trickle(original.as_bytes()), Encoding::UTF_8)).expect("UTF-8")
                == expected
        );
    }
}
