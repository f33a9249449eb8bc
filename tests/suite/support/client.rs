//! A person with a browser that keeps cookies, follows nothing by itself, and reads pages as people do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use scraper::{ElementRef, Html, Selector};

pub struct Client {
    origin: String,
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Client {
    pub fn new(origin: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            // Before the server closes what nobody uses, which would take the request under way with it.
            .pool_idle_timeout(Duration::from_secs(1))
            .no_proxy()
            .build()
            .unwrap();
        Client {
            origin: origin.to_owned(),
            http,
            cookies: Mutex::default(),
        }
    }

    /// The same person on connections of their own: none is one that the server has closed meanwhile.
    pub fn again(&self) -> Self {
        Client {
            cookies: Mutex::new(self.cookies.lock().unwrap().clone()),
            ..Client::new(&self.origin)
        }
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(self.http.get(self.url(path))).await
    }

    /// The same, where there may be nobody to answer.
    pub async fn try_get(&self, path: &str) -> Option<Page> {
        let response = self.http.get(self.url(path)).send().await.ok()?;
        let (path, status) = (response.url().path().to_owned(), response.status().as_u16());
        let headers = response.headers().clone();
        let body = response.bytes().await.ok()?.to_vec();
        Some(Page {
            path,
            status,
            headers,
            body,
        })
    }

    /// Sends a form from a page of the site.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_raw(path, encoded(fields).into_bytes()).await
    }

    /// Sends a form whose body is already encoded.
    pub async fn post_raw(&self, path: &str, body: Vec<u8>) -> Page {
        let request = self
            .http
            .post(self.url(path))
            .header(ORIGIN, &self.origin)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.send(request).await
    }

    /// Uploads a file in a form that has nothing else.
    pub async fn upload(&self, path: &str, field: &str, name: &str, bytes: Vec<u8>) -> Page {
        self.upload_with(path, &[], field, name, bytes).await
    }

    /// Uploads a file with the fields of its form.
    pub async fn upload_with(
        &self,
        path: &str,
        fields: &[(String, String)],
        field: &str,
        name: &str,
        bytes: Vec<u8>,
    ) -> Page {
        let part = reqwest::multipart::Part::bytes(bytes)
            .file_name(name.to_owned())
            .mime_str("text/csv")
            .unwrap();
        let mut form = reqwest::multipart::Form::new();
        for (name, value) in fields {
            form = form.text(name.clone(), value.clone());
        }
        let form = form.part(field.to_owned(), part);
        self.send(
            self.http
                .post(self.url(path))
                .header(ORIGIN, &self.origin)
                .multipart(form),
        )
        .await
    }

    /// Fills the form that has a button of this name, as a person would, and presses it: what the page holds is sent
    /// along, `changes` replace or add fields, an empty change unticks.
    pub async fn submit(&self, page: &Page, button: &str, changes: &[(&str, &str)]) -> Page {
        let (action, mut fields) = page.form(button);
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            if !value.is_empty() {
                fields.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let action = if action.is_empty() { page.path.clone() } else { action };
        self.post(&action, &fields).await
    }

    /// Goes where an answer leads.
    pub async fn follow(&self, page: &Page) -> Page {
        assert_eq!(page.status(), 303, "nothing to follow: {}", page.text());
        self.get(&page.location()).await
    }

    /// A request of the test's own making, with this person's cookies.
    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, self.url(path)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Puts a cookie of the test's own making among this person's.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// What this person holds under a name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// The cookies that this person holds, as the header that carries them.
    pub fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let cookies = self.cookie_header();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(COOKIE, cookies)
        };
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if value.is_empty() || attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let path = response.url().path().to_owned();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap().to_vec();
        Page {
            path,
            status,
            headers,
            body,
        }
    }
}

/// Fields as a form sends them.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// A form of a page: where it leads, how, and what it holds.
pub struct Form {
    /// `get` or `post`.
    pub method: String,
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// An answer, and what a reader finds in it.
#[derive(Clone)]
pub struct Page {
    pub path: String,
    status: u16,
    headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Page {
    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers in the order of their names, but for the moment of the answer: the server's order is arbitrary.
    pub fn header_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .headers
            .iter()
            // Whether the connection stays open depends on how much of the body had arrived, not on the answer.
            .filter(|(name, _)| *name != "date" && *name != "connection")
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        lines.sort();
        lines
    }

    /// Where the answer leads.
    pub fn location(&self) -> String {
        self.headers
            .get(LOCATION)
            .expect("an answer that leads somewhere")
            .to_str()
            .unwrap()
            .to_owned()
    }

    pub fn source(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn html(&self) -> Html {
        Html::parse_document(&self.source())
    }

    /// The words of the page, with single blanks between them.
    pub fn text(&self) -> String {
        let html = self.html();
        let body = html.select(&selector("body")).next();
        body.map(|body| words(&body)).unwrap_or_default()
    }

    /// The words of the one `h1`.
    pub fn heading(&self) -> String {
        let html = self.html();
        let headings: Vec<String> = html.select(&selector("h1")).map(|heading| words(&heading)).collect();
        assert_eq!(
            headings.len(),
            1,
            "a page has one h1: {headings:?} in {}",
            self.source()
        );
        headings[0].clone()
    }

    pub fn title(&self) -> String {
        self.html()
            .select(&selector("title"))
            .next()
            .map(|title| words(&title))
            .unwrap_or_default()
    }

    /// The errors of the summary on top of a form.
    pub fn errors(&self) -> Vec<String> {
        self.html()
            .select(&selector(".error-summary li"))
            .map(|error| words(&error))
            .collect()
    }

    /// The sentence about what was just done.
    pub fn flash(&self) -> String {
        self.html()
            .select(&selector(".flash"))
            .next()
            .map(|flash| words(&flash))
            .unwrap_or_default()
    }

    /// The words of every row of every table body.
    pub fn rows(&self) -> Vec<String> {
        self.html()
            .select(&selector("tbody tr"))
            .map(|row| words(&row))
            .collect()
    }

    /// The headings of the columns of all tables, each once.
    pub fn column_headings(&self) -> BTreeSet<String> {
        self.html()
            .select(&selector("thead th"))
            .map(|heading| words(&heading))
            .collect()
    }

    /// The address of the link with these words.
    pub fn link(&self, text: &str) -> String {
        let found = self
            .html()
            .select(&selector("a[href]"))
            .find(|link| words(link) == text)
            .map(|link| link.value().attr("href").unwrap().to_owned());
        found.unwrap_or_else(|| panic!("no link {text:?} in: {}", self.text()))
    }

    /// The addresses of all links, with their words.
    pub fn links_with_words(&self) -> Vec<(String, String)> {
        self.html()
            .select(&selector("a[href]"))
            .map(|link| (link.value().attr("href").unwrap().to_owned(), words(&link)))
            .collect()
    }

    /// The addresses of all links.
    pub fn links(&self) -> Vec<String> {
        self.html()
            .select(&selector("a[href]"))
            .map(|link| link.value().attr("href").unwrap().to_owned())
            .collect()
    }

    /// The addresses of the files that the page names: styles, scripts, pictures.
    pub fn files(&self) -> Vec<String> {
        let html = self.html();
        let named = |css: &str, attribute: &'static str| -> Vec<String> {
            html.select(&selector(css))
                .filter_map(|element| element.value().attr(attribute).map(str::to_owned))
                .collect()
        };
        [named("link[href]", "href"), named("[src]", "src")].concat()
    }

    /// Where the answer leads, if it does.
    pub fn redirect(&self) -> Option<String> {
        self.headers
            .get(LOCATION)
            .map(|value| value.to_str().unwrap().to_owned())
    }

    /// Every form of the page, each as it stands.
    pub fn forms(&self) -> Vec<Form> {
        let count = self.html().select(&selector("form")).count();
        (0..count)
            .map(|wanted| {
                let position = std::cell::Cell::new(0);
                let (action, fields) = self.fields_where(|_| {
                    position.set(position.get() + 1);
                    position.get() == wanted + 1
                });
                let html = self.html();
                let form = html.select(&selector("form")).nth(wanted).unwrap();
                Form {
                    method: form.value().attr("method").unwrap_or("get").to_lowercase(),
                    action: action.unwrap_or_default(),
                    fields,
                }
            })
            .collect()
    }

    pub fn has_button(&self, text: &str) -> bool {
        self.html()
            .select(&selector("button"))
            .any(|button| words(&button) == text)
    }

    /// What a field holds.
    pub fn value(&self, name: &str) -> String {
        let (_, fields) = self.fields_where(|_| true);
        fields
            .into_iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
            .unwrap_or_default()
    }

    /// Action and fields of the form that has this button; an optional button's own name and value are among them.
    pub fn form(&self, button: &str) -> (String, Vec<(String, String)>) {
        self.fields_where(|form| form.select(&selector("button")).any(|found| words(&found) == button))
            .pipe(|(action, mut fields)| {
                let html = self.html();
                let pressed = html
                    .select(&selector("button[name]"))
                    .find(|found| words(found) == button);
                if let Some(pressed) = pressed {
                    let attribute = |name| pressed.value().attr(name).unwrap_or_default().to_owned();
                    fields.push((attribute("name"), attribute("value")));
                }
                let action = action.unwrap_or_else(|| panic!("no form with a button {button:?} in: {}", self.text()));
                (action, fields)
            })
    }

    fn fields_where(&self, is_wanted: impl Fn(&ElementRef<'_>) -> bool) -> (Option<String>, Vec<(String, String)>) {
        let html = self.html();
        let mut action = None;
        let mut fields = Vec::new();
        for form in html.select(&selector("form")).filter(|form| is_wanted(form)) {
            action.get_or_insert_with(|| form.value().attr("action").unwrap_or_default().to_owned());
            for control in form.select(&selector("input[name], select[name], textarea[name]")) {
                let name = control.value().attr("name").unwrap().to_owned();
                let value = || control.value().attr("value").unwrap_or_default().to_owned();
                match (control.value().name(), control.value().attr("type").unwrap_or("text")) {
                    ("input", "checkbox" | "radio") => {
                        if control.value().attr("checked").is_some() {
                            fields.push((name, value()));
                        }
                    }
                    ("select", _) => {
                        let chosen = control.select(&selector("option[selected]")).next();
                        let chosen = chosen.or_else(|| control.select(&selector("option")).next());
                        let value = chosen
                            .and_then(|option| option.value().attr("value"))
                            .unwrap_or_default();
                        fields.push((name, value.to_owned()));
                    }
                    ("textarea", _) => fields.push((name, control.text().collect::<String>())),
                    _ => fields.push((name, value())),
                }
            }
        }
        (action, fields)
    }
}

trait Pipe: Sized {
    fn pipe<T>(self, then: impl FnOnce(Self) -> T) -> T {
        then(self)
    }
}
impl<T> Pipe for T {}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

fn words(element: &ElementRef<'_>) -> String {
    element
        .text()
        .collect::<Vec<_>>()
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                (byte as char).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
