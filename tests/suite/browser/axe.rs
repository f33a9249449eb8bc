//! Accessibility rules, checked by axe-core inside the page.

use super::driver::Browser;
use serde_json::{Value, json};

const AXE_CORE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/axe.min.js"));
const RULES: [&str; 7] = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22a",
    "wcag22aa",
    "best-practice",
];
const RUN: &str = "const answer = arguments[1];
    axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'] })
        .then(found => answer(found.violations), error => answer(String(error)));";

impl Browser {
    /// What is wrong with the accessibility of this page, as text for people; empty when nothing is.
    ///
    /// Covers WCAG 2.0, 2.1 and 2.2 at levels A and AA, and axe's best practices. Needs JavaScript.
    pub async fn axe(&self) -> String {
        self.script(AXE_CORE, vec![]).await;
        let found = self.script_with_answer(RUN, vec![json!(RULES)]).await;
        let violations = found.as_array().unwrap_or_else(|| panic!("axe could not run: {found}"));
        violations.iter().map(describe).collect::<Vec<_>>().join("\n")
    }

    /// The same for a reader whose JavaScript is turned off: it runs for axe alone.
    pub async fn axe_without_javascript(&self) -> String {
        self.allow_javascript(true).await;
        let found = self.axe().await;
        self.allow_javascript(false).await;
        found
    }
}

fn describe(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array().into_iter().flatten();
    let places: String = nodes
        .map(|node| format!("\n  {}\n    {}", text(&node["html"]), reason(node)))
        .collect();
    format!(
        "{} ({}): {}{places}",
        text(&violation["id"]),
        text(&violation["impact"]),
        text(&violation["help"])
    )
}

fn reason(node: &Value) -> String {
    text(&node["failureSummary"]).replace('\n', " ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[actix_web::test]
async fn axe_reports_what_is_wrong_with_a_page() {
    let browser = Browser::open("data:text/html,").await;

    browser
        .visit("<html lang=en><title>A page</title><main><h1>A page</h1><img src='data:,'></main>")
        .await;

    let report = browser.axe().await;
    assert!(
        report.contains("image-alt (critical): Images must have alternative text"),
        "{report}"
    );
    assert!(!report.contains("html-has-lang"), "{report}");
}
