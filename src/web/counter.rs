//! A number of a start page that is a link to the list that it counts.

use crate::db::page::Count;

pub struct Counter {
    pub href: String,
    pub count: String,
    /// What is counted.
    pub words: String,
    /// How it stands out while there is something to count.
    pub class: &'static str,
}

impl Counter {
    pub fn new(count: Count, words: impl Into<String>, href: impl Into<String>) -> Self {
        Counter {
            href: href.into(),
            count: count.words(),
            words: words.into(),
            class: "",
        }
    }

    /// The same, standing out by this class unless it counts nothing.
    pub fn marked(self, class: &'static str) -> Self {
        let class = if self.count == "0" { "" } else { class };
        Counter { class, ..self }
    }
}
