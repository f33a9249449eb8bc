//! What somebody asks for in both worlds of the comparison: each request with its answer, and whether a route was
//! forgotten.

use leadgate::web::{Audience, ROUTES, Route};

use crate::support::TestApp;
use crate::support::client::{Client, Page};

/// A request and its answer.
pub struct Asked {
    /// Who asked for what, for people.
    pub what: String,
    method: &'static str,
    path: String,
    pub page: Page,
    /// Words of the answer that chance makes anew each time: names of sessions, secrets, links.
    pub by_chance: Vec<String>,
}

impl Asked {
    /// All that comes over the wire, but for the moment, the port and what chance made.
    pub fn wire(&self, app: &TestApp) -> (u16, Vec<String>, Vec<u8>) {
        let headers = self.page.header_lines().into_iter().map(|line| {
            if line.starts_with("set-cookie: leadgate-session=") {
                "set-cookie: SESSION".to_owned()
            } else {
                self.without_chance(&line.replace(&app.origin, "ORIGIN"))
            }
        });
        if self.by_chance.is_empty() {
            return (self.page.status(), headers.collect(), self.page.body.clone());
        }
        let headers = headers.filter(|line| !line.starts_with("content-length"));
        let body = self.without_chance(&self.page.source()).into_bytes();
        (self.page.status(), headers.collect(), body)
    }

    fn without_chance(&self, text: &str) -> String {
        let replaced = |text: String, word: &String| text.replace(word, "CHANCE");
        self.by_chance.iter().fold(text.to_owned(), replaced)
    }

    /// Takes what stands between two words out of the comparison, wherever it does.
    pub fn but_for(&mut self, before: &str, after: char) {
        let source = self.page.source();
        let found = source.split(before).skip(1);
        let found = found.filter_map(|rest| rest.split(after).next()).map(str::to_owned);
        self.by_chance.extend(found.filter(|word| !word.is_empty()));
    }
}

/// The requests of one session, or of several one after the other.
pub struct Script<'a> {
    pub app: &'a TestApp,
    who: &'static str,
    client: Client,
    pub asked: Vec<Asked>,
}

impl<'a> Script<'a> {
    pub async fn of(app: &'a TestApp, who: &'static str) -> Self {
        let client = app.sign_in(who).await;
        Script {
            app,
            who,
            client,
            asked: Vec::new(),
        }
    }

    /// From now on somebody else asks, or the same person in a new session.
    pub async fn goes_on_as(&mut self, who: &'static str) {
        self.who = who;
        self.client = self.app.sign_in(who).await;
    }

    pub async fn get(&mut self, path: &str, note: &str) -> &mut Asked {
        let page = self.client.get(path).await;
        self.keep("GET", path, note, page)
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)], note: &str) -> &mut Asked {
        let page = self.client.post(path, fields).await;
        self.keep("POST", path, note, page)
    }

    pub async fn upload(&mut self, path: &str, name: &str, bytes: &[u8], note: &str) -> &mut Asked {
        let page = self.client.upload(path, "file", name, bytes.to_vec()).await;
        self.keep("POST", path, note, page)
    }

    pub async fn request(&mut self, method: &'static str, path: &str, headers: &[(&str, &str)], note: &str) {
        let page = self.client.request(method, path, headers, "").await;
        self.keep(method, path, note, page);
    }

    fn keep(&mut self, method: &'static str, path: &str, note: &str, page: Page) -> &mut Asked {
        self.asked.push(Asked {
            what: format!("{}: {method} {path}, {note}", self.who),
            method,
            path: path.to_owned(),
            page,
            by_chance: Vec::new(),
        });
        self.asked.last_mut().expect("it was just put there")
    }
}

/// Whoever works at a partner can use it.
fn is_of_partners(route: &Route) -> bool {
    matches!(
        route.audience,
        Audience::Partner | Audience::PartnerManager | Audience::SignedIn
    )
}

/// The route that a path leads to: the first one that it fits.
fn route_of(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |route: &&Route| {
        let (ours, theirs) = (route.path.split('/'), path.split('/'));
        let is_same = |(ours, theirs): (&str, &str)| ours.starts_with('{') || ours == theirs;
        ours.clone().count() == theirs.clone().count() && ours.zip(theirs).all(is_same)
    };
    ROUTES.iter().find(fits).map(|route| route.path)
}

/// Every route that partners have was asked by each of its methods, and did what it is for at least once.
#[track_caller]
pub fn assert_no_route_is_left_out(asked: &[Asked]) {
    let is_done = |path: &str, method: &str| {
        asked.iter().any(|one| {
            one.page.status() < 400 && one.method.eq_ignore_ascii_case(method) && route_of(&one.path) == Some(path)
        })
    };
    let left_out: Vec<String> = ROUTES
        .iter()
        .filter(|route| is_of_partners(route))
        .flat_map(|route| route.methods.iter().map(|method| (route.path, *method)))
        .filter(|(path, method)| !is_done(path, method))
        .map(|(path, method)| format!("{method} {path}"))
        .collect();
    assert!(left_out.is_empty(), "in neither world was asked: {left_out:#?}");
}
