//! A person in front of a browser: finds things by the names that a reader sees or hears, and panics when it can't.

use super::command::Command;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};
use thirtyfour::{By, ChromeCapabilities, ChromiumLikeCapabilities, Key, LoggingPrefsLogLevel, WebDriver, WebElement};

const DESKTOP: Screen = Screen {
    width: 1280,
    height: 800,
    phone: false,
};
const PHONE: Screen = Screen {
    width: 390,
    height: 844,
    phone: true,
};

const SMALL_PHONE: Screen = Screen {
    width: 360,
    height: 740,
    phone: true,
};
const PATIENCE: Duration = Duration::from_secs(5);

const FIELDS: &str = "input:not([type=hidden]), select, textarea";
const BUTTONS: &str = "button, input[type=submit], [role=button], summary";
const LINKS: &str = "a[href]";

const FLAGS: [&str; 11] = [
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-prefers-reduced-motion",
    "--lang=en-GB",
    "--accept-lang=en-GB",
];

#[derive(Clone, Copy)]
struct Screen {
    width: u32,
    height: u32,
    phone: bool,
}

/// A Chromium of its own, with an empty profile, that closes when dropped.
pub struct Browser {
    driver: WebDriver,
    origin: String,
    screen: Screen,
}

impl Browser {
    /// Starts a browser with a desktop's screen. Paths are then visited below `origin`.
    pub async fn open(origin: impl Into<String>) -> Self {
        let driver = WebDriver::new(required("LEADGATE_TEST_WEBDRIVER_URL"), capabilities()).await;
        let driver = driver.unwrap_or_else(|error| panic!("Chromium did not start: {error}"));
        let browser = Browser {
            driver,
            origin: origin.into(),
            screen: DESKTOP,
        };
        browser.show(DESKTOP).await;
        browser
    }

    /// The same with a phone's screen, 390 pixels wide.
    pub async fn on_a_phone(mut self) -> Self {
        self.screen = PHONE;
        self.show(PHONE).await;
        self
    }

    /// The same with the screen of a small phone, 360 by 740 pixels.
    pub async fn on_a_small_phone(mut self) -> Self {
        self.screen = SMALL_PHONE;
        self.show(SMALL_PHONE).await;
        self
    }

    /// The same for a reader who prefers dark colours.
    pub async fn in_the_dark(self) -> Self {
        let dark = json!({ "features": [
            { "name": "prefers-color-scheme", "value": "dark" },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.devtools("Emulation.setEmulatedMedia", dark).await;
        self
    }

    /// The same with JavaScript turned off for the pages that are visited from now on.
    pub async fn without_javascript(self) -> Self {
        self.allow_javascript(false).await;
        self
    }

    pub async fn allow_javascript(&self, is_allowed: bool) {
        let parameters = json!({ "value": !is_allowed });
        self.devtools("Emulation.setScriptExecutionDisabled", parameters).await;
    }

    pub async fn visit(&self, path: &str) {
        let address = format!("{}{path}", self.origin);
        self.driver
            .goto(&address)
            .await
            .unwrap_or_else(|error| panic!("{address} did not open: {error}"));
    }

    /// The path and query of the page that is shown.
    pub async fn path(&self) -> String {
        let address = self.driver.current_url().await.expect("a page is open").to_string();
        address.strip_prefix(&self.origin).unwrap_or(&address).to_owned()
    }

    /// The page's one main heading.
    pub async fn heading(&self) -> String {
        let headings = self.driver.find_all(By::Tag("h1")).await.expect("a page is open");
        let [heading] = headings.as_slice() else {
            panic!("the page has {} main headings", headings.len())
        };
        heading.text().await.expect("the heading is on the page")
    }

    /// Everything that can be read on the page; of the next one, where the page just gives way to it.
    pub async fn text(&self) -> String {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let text = match self.driver.find(By::Tag("body")).await {
                Ok(body) => body.text().await,
                Err(error) => Err(error),
            };
            match text {
                Ok(text) => return text,
                Err(error) if Instant::now() > give_up => panic!("the page can't be read: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Types into the field with this label, in place of what it held. A file field takes a path, a date field `YYYY-MM-DD`.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.named("field", FIELDS, label).await;
        match self.property(&field, "type").await.as_str() {
            "file" => {}
            "date" => return self.set(&field, text).await,
            _ => field
                .clear()
                .await
                .unwrap_or_else(|error| panic!("{label} can't be emptied: {error}")),
        }
        field
            .send_keys(text)
            .await
            .unwrap_or_else(|error| panic!("{label} can't be filled: {error}"));
    }

    /// Ticks a box, or takes one of several answers, or takes it back.
    pub async fn choose(&self, label: &str) {
        self.click("field", FIELDS, label).await;
    }

    /// Takes the option with this text from the list with this label.
    pub async fn select(&self, label: &str, option: &str) {
        let list = self.named("field", FIELDS, label).await;
        for candidate in list.find_all(By::Tag("option")).await.expect("the list is on the page") {
            if candidate.text().await.expect("the option is on the page").trim() == option {
                return candidate
                    .click()
                    .await
                    .unwrap_or_else(|error| panic!("{option} can't be taken: {error}"));
            }
        }
        panic!("{label} has no option {option:?}");
    }

    pub async fn press(&self, button: &str) {
        self.click("button", BUTTONS, button).await;
    }

    pub async fn follow(&self, link: &str) {
        self.click("link", LINKS, link).await;
    }

    /// Moves the focus with the Tab key until it stands on the element with this accessible name.
    pub async fn tab_to(&self, name: &str) {
        let mut passed = Vec::new();
        while passed.len() < 100 {
            self.key(Key::Tab).await;
            let focused = self.focused().await;
            if focused == name {
                return;
            }
            passed.push(focused);
        }
        panic!("the Tab key does not reach {name:?}, only {passed:?}");
    }

    /// The accessible name of the element that has the focus.
    pub async fn focused(&self) -> String {
        let element = self.driver.active_element().await.expect("a page is open");
        self.accessible_name(&element).await
    }

    pub async fn enter(&self) {
        self.key(Key::Enter).await;
    }

    pub async fn key(&self, key: Key) {
        let pressed = self.driver.action_chain().send_keys(key).perform().await;
        pressed.unwrap_or_else(|error| panic!("a key could not be pressed: {error}"));
    }

    /// Types into whatever has the focus.
    pub async fn keys(&self, text: &str) {
        let typed = self.driver.action_chain().send_keys(text).perform().await;
        typed.unwrap_or_else(|error| panic!("{text:?} could not be typed: {error}"));
    }

    /// Whether everything fits the width of the screen, so that nobody scrolls sideways.
    pub async fn fits_the_screen(&self) -> bool {
        let size = self.devtools("Page.getLayoutMetrics", json!({})).await;
        size["cssContentSize"]["width"].as_f64() <= Some(f64::from(self.screen.width))
    }

    /// What the browser complained about since the last call: script errors, refused resources, broken policies.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("the browser keeps a log");
        log.into_iter().map(|entry| entry.message).collect()
    }

    /// Saves a picture of the whole page as `screenshots/<name>.png` in Cargo's target folder.
    pub async fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        let size = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let height = size["cssContentSize"]["height"].as_f64().unwrap_or_default().ceil() as u32;
        self.show(Screen {
            height: height.max(self.screen.height),
            ..self.screen
        })
        .await;
        let saved = self.driver.screenshot(&folder.join(format!("{name}.png"))).await;
        saved.unwrap_or_else(|error| panic!("{name}.png was not saved: {error}"));
        self.show(self.screen).await;
    }

    /// Runs a script in the page and gives what it returns.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answer = self.driver.execute(script, arguments).await;
        answer
            .unwrap_or_else(|error| panic!("the script failed: {error}"))
            .json()
            .clone()
    }

    /// Runs a script that gives its answer by calling its last argument.
    pub async fn script_with_answer(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answer = self.driver.execute_async(script, arguments).await;
        answer
            .unwrap_or_else(|error| panic!("the script failed: {error}"))
            .json()
            .clone()
    }

    async fn click(&self, kind: &str, css: &str, name: &str) {
        let element = self.named(kind, css, name).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("the {kind} {name:?} can't be clicked: {error}"));
    }

    /// Waits until an enhancement has brought the element, and insists that the name belongs to one element only.
    async fn named(&self, kind: &str, css: &str, name: &str) -> WebElement {
        let start = Instant::now();
        loop {
            let (mut found, others) = self.candidates(css, name).await;
            match found.len() {
                1 => return found.remove(0),
                0 if start.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(50)).await,
                0 => panic!("no {kind} is called {name:?}; there are {others:?}"),
                several => panic!("{several} {kind}s are called {name:?}"),
            }
        }
    }

    async fn candidates(&self, css: &str, name: &str) -> (Vec<WebElement>, Vec<String>) {
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for element in self.driver.find_all(By::Css(css)).await.expect("a page is open") {
            let label = self.accessible_name(&element).await;
            if label != name {
                others.push(label);
            } else if element.is_displayed().await.unwrap_or(false) {
                found.push(element);
            }
        }
        (found, others)
    }

    async fn accessible_name(&self, element: &WebElement) -> String {
        let answer = self.driver.cmd(Command::accessible_name(element)).await;
        answer.and_then(|answer| answer.value()).unwrap_or_default()
    }

    async fn property(&self, element: &WebElement, name: &str) -> String {
        element
            .prop(name.to_owned())
            .await
            .expect("the element is on the page")
            .unwrap_or_default()
    }

    async fn set(&self, field: &WebElement, value: &str) {
        let script = "arguments[0].value = arguments[1];
            for (const name of ['input', 'change']) arguments[0].dispatchEvent(new Event(name, { bubbles: true }));";
        self.script(
            script,
            vec![field.to_json().expect("an element has an id"), json!(value)],
        )
        .await;
    }

    async fn show(&self, Screen { width, height, phone }: Screen) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    async fn devtools(&self, name: &str, parameters: Value) -> Value {
        let answer = self.driver.cmd(Command::devtools(name, parameters)).await;
        answer
            .and_then(|answer| answer.value())
            .unwrap_or_else(|error| panic!("{name} failed: {error}"))
    }
}

impl Drop for Browser {
    /// Closes the session over a connection of its own. Left to the crate (0.38), this waits two minutes for a pooled
    /// connection that belongs to the runtime which is waiting.
    fn drop(&mut self) {
        let server = self.driver.server_url();
        let address = (server.host_str().unwrap_or_default(), server.port().unwrap_or_default());
        let session = self.driver.session_id();
        let request = format!("DELETE /session/{session} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let closed = TcpStream::connect(address).and_then(|mut driver| {
            driver.write_all(request.as_bytes())?;
            driver.read(&mut [0; 64])
        });
        if closed.is_err() {
            eprintln!("a browser was not closed: {closed:?}");
        }
        self.driver.clone().leak().ok();
    }
}

fn capabilities() -> ChromeCapabilities {
    let mut wanted = ChromeCapabilities::new();
    wanted
        .set_binary(&required("LEADGATE_TEST_CHROMIUM"))
        .expect("a path is a JSON value");
    wanted
        .set_browser_log_level(LoggingPrefsLogLevel::Warning)
        .expect("a level is a JSON value");
    for flag in FLAGS {
        wanted.add_arg(flag).expect("a flag is a JSON value");
    }
    if is_root() {
        wanted.set_no_sandbox().expect("a flag is a JSON value");
    }
    wanted
}

/// Chromium's sandbox refuses to work for root.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn required(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: start the tests with tests/run"))
}
