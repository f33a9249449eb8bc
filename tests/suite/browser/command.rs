//! The WebDriver commands that the `thirtyfour` crate has no method for.

use serde_json::{Value, json};
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::{RequestData, SessionId, WebElement};

/// One request to the driver, below the address of the session.
#[derive(Debug)]
pub struct Command {
    verb: &'static str,
    path: String,
    body: Option<Value>,
}

impl Command {
    /// A command of the Chrome DevTools Protocol.
    pub fn devtools(name: &str, parameters: Value) -> Self {
        let body = json!({ "cmd": name, "params": parameters });
        Command {
            verb: "POST",
            path: "goog/cdp/execute".into(),
            body: Some(body),
        }
    }

    /// The name that assistive technology reads out for an element.
    pub fn accessible_name(element: &WebElement) -> Self {
        Command {
            verb: "GET",
            path: format!("element/{}/computedlabel", element.element_id()),
            body: None,
        }
    }
}

impl FormatRequestData for Command {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let verb = self.verb.parse().expect("GET and POST are HTTP methods");
        let request = RequestData::new(verb, format!("session/{session}/{}", self.path));
        match &self.body {
            Some(body) => request.add_body(body.clone()),
            None => request,
        }
    }
}
