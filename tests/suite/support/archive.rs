//! What stands in an archive, such as a sheet for Excel.

use std::io::{Cursor, Read};

use super::client::Page;

impl Page {
    /// Name and text of every part of the archive that the answer is; nothing of an answer that is none.
    pub fn parts(&self) -> Vec<(String, String)> {
        if !self.body.starts_with(b"PK\x03\x04") {
            return Vec::new();
        }
        let mut archive = zip::ZipArchive::new(Cursor::new(&self.body)).expect("a whole archive");
        (0..archive.len())
            .map(|index| {
                let mut part = archive.by_index(index).expect("the archive has this part");
                let mut bytes = Vec::new();
                part.read_to_end(&mut bytes).expect("the part can be read");
                let name = part.name().expect("the part has a name").into_owned();
                (name, String::from_utf8_lossy(&bytes).into_owned())
            })
            .collect()
    }
}
