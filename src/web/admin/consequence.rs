//! The page that stands before an act with consequences: what will happen, in numbers, and the button that says the act.

use askama::Template;

use crate::web::frame::StaffFrame;

#[derive(Template)]
#[template(path = "admin/consequence.html")]
pub struct ConsequencePage {
    pub frame: StaffFrame,
    /// Where Cancel leads, and its name.
    pub back: (String, String),
    pub title: String,
    /// A sentence about what the act means.
    pub lead: String,
    /// What happens, a line each.
    pub effects: Vec<String>,
    /// Why the act can't be done now; then there is no button.
    pub refusal: Option<String>,
    pub action: String,
    pub button: &'static str,
    /// Whether the act takes something away.
    pub is_dangerous: bool,
}

/// `1 session`, `2 sessions`.
pub fn counted(count: i64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        crate::db::page::thousands(count),
        if count == 1 { one } else { many }
    )
}
