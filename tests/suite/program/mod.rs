//! The program as a process: what it logs, how it stops, and what becomes of its work when it is killed.

mod audit;
mod bulk;
mod first_run;
mod kills;
mod logs;
mod stopping;

use crate::support::client::Client;

/// Assigns a lead to the person of this name, by the page.
async fn assign(staff: &Client, lead: &str, name: &str) {
    let page = staff.get(&format!("{lead}/assign")).await;
    let html = page.source();
    let label = html
        .find(&format!("\">{name}"))
        .unwrap_or_else(|| panic!("{name} can't receive: {}", page.text()));
    let value = html[..label]
        .rsplit("value=\"")
        .next()
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let done = staff.submit(&page, "Assign", &[("recipient", value)]).await;
    assert_eq!(done.status(), 303, "{}", done.text());
}
