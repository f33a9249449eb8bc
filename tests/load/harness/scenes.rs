//! What is asked of the product: each scene is one kind of request, made as its pages would make it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::client::{Answer, Client, all_between, encode};

/// The people of the demonstration who act here, and everybody's password.
pub const PARTNER: &str = "nora@northwind.example";
const PARTNER_NAME: &str = "Nora Lindqvist";
pub const PASSWORD: &str = "leadgate-demo-2026";

/// The password of those whom this program makes: the product refuses one that names it.
pub const OWN_PASSWORD: &str = "seven quiet lanterns 88";

/// Staff who sign in; so many that no account is tried too often at one moment.
pub const STAFF: usize = 16;

pub fn staff(number: usize) -> String {
    format!("load{}@vendor.example", number % STAFF)
}

/// So many accounts there are to sign in with, again and again.
pub const ARRIVING: usize = 16;

/// Not one of [`staff`], who stay signed in while they are measured: with one session too many, the oldest ends.
pub fn arriving(number: usize) -> String {
    format!("arriving{}@vendor.example", number % ARRIVING)
}

/// An address of its own for every sign-in.
pub fn address(number: usize) -> String {
    format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255)
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Nobody,
    Staff,
    Partner,
}

pub struct Scene {
    pub name: String,
    pub who: Who,
    pub expected: u16,
    /// How often it can be done in one measurement; none where it changes nothing.
    pub most: Option<usize>,
    pub ask: Box<dyn Fn(&mut Client, usize) -> Answer + Sync>,
}

impl Scene {
    fn reading(name: &str, who: Who, path: impl Into<String>) -> Self {
        let path = path.into();
        Scene {
            name: name.to_owned(),
            who,
            expected: 200,
            most: None,
            ask: Box::new(move |client, _| client.get(&path)),
        }
    }

    /// One request for each of these, no more.
    fn changing(
        name: &str,
        who: Who,
        most: usize,
        ask: impl Fn(&mut Client, usize) -> Answer + Sync + 'static,
    ) -> Self {
        Scene {
            name: name.to_owned(),
            who,
            expected: 303,
            most: Some(most),
            ask: Box::new(ask),
        }
    }
}

pub const LIST: &str = "lead list";
pub const CREATE: &str = "create a lead";
pub const RARE: &str = "search, a rare name";

/// The list of leads in each of its forms.
pub fn lists(staff: &mut Client) -> Vec<Scene> {
    let front = staff.get("/leads").text();
    let option = |name: &str, position: usize| {
        let select = all_between(&front, &format!("name=\"{name}\""), "</select>")[0];
        encode(all_between(select, "<option value=\"", "\"")[position])
    };
    let deep = page(staff, "/leads", 200);
    let deep_of_filter = page(staff, "/leads?permission=confirmed", 20);
    let (from, to) = days(&front);
    [
        (LIST, "/leads".to_owned()),
        ("list, status", "/leads?status=open".to_owned()),
        ("list, permission", "/leads?permission=confirmed".to_owned()),
        ("list, partner", format!("/leads?partner={}", option("partner", 1))),
        ("list, country", "/leads?country=SE".to_owned()),
        ("list, source", format!("/leads?source={}", option("source", 2))),
        ("list, days", format!("/leads?from={from}&to={to}")),
        ("list, by name", "/leads?sort=name".to_owned()),
        ("list, country by name", "/leads?country=SE&sort=name".to_owned()),
        (
            "list, status and country",
            "/leads?status=unassigned&country=SE".to_owned(),
        ),
        ("list, page 200", deep),
        ("list, permission, page 20", deep_of_filter),
    ]
    .map(|(name, path)| Scene::reading(name, Who::Staff, path))
    .into()
}

/// Every scene on the database that is served; `most` of what can be done once. `rounds` measurements share that.
pub fn all(staff: &mut Client, partner: &mut Client, most: usize, rounds: usize) -> Vec<Scene> {
    let front = staff.get("/leads").text();
    let stylesheet = all_between(&front, "<link rel=\"stylesheet\" href=\"", "\"")[0];
    staff.post("/leads", &new_lead("Quibblewhick", "lena@nordlicht.example"));

    let mut scenes = vec![Scene::reading("stylesheet", Who::Nobody, stylesheet), sign_in()];
    scenes.extend(lists(staff));
    scenes.extend([
        Scene::reading(RARE, Who::Staff, "/leads?q=quibblewhick"),
        Scene::reading("search, an address", Who::Staff, "/leads?q=lead1005123%40"),
        Scene::reading("search, in every lead", Who::Staff, "/leads?q=example"),
        Scene::reading("awaiting permission", Who::Staff, "/leads/awaiting-permission"),
        Scene::reading("start page", Who::Staff, "/"),
        Scene::reading("portal list", Who::Partner, "/portal/leads"),
    ]);
    let leads = references(&front, "/leads/");
    scenes.push(Scene {
        ask: Box::new(move |client, number| client.get(&format!("/leads/{}", leads[number % leads.len()]))),
        ..Scene::reading("lead page", Who::Staff, "")
    });
    scenes.push(Scene::changing(CREATE, Who::Staff, usize::MAX, |client, _| {
        let email = format!("lena.{}@nordlicht.example", ENTERED.fetch_add(1, Ordering::Relaxed));
        client.post("/leads", &new_lead("Sommer", &email))
    }));
    let ready = "/leads?status=unassigned&permission=confirmed";
    let mut ready = collect(staff, ready, 2 * most * rounds, |page| references(page, "/leads/"));
    let opened = open(staff, partner, ready.split_off(most * rounds), most);
    scenes.push(assign(staff, ready, most));
    scenes.push(opened);
    scenes
}

pub fn sign_in() -> Scene {
    Scene::changing("sign-in", Who::Nobody, 32, |client, number| {
        client.try_sign_in(&arriving(number), OWN_PASSWORD, &address(number))
    })
}

/// Each lead is another person: one who was entered before is pointed out first.
static ENTERED: AtomicUsize = AtomicUsize::new(0);

fn new_lead<'a>(last_name: &'a str, email: &'a str) -> [(&'static str, &'a str); 7] {
    [
        ("first_name", "Lena"),
        ("last_name", last_name),
        ("email", email),
        ("company", "Nordlicht GmbH"),
        ("country", "DE"),
        ("need", "Wants a quote for 40 seats."),
        ("on_hold", "1"),
    ]
}

/// The address of the page with this number, found by turning the pages before it.
fn page(client: &mut Client, path: &str, number: usize) -> String {
    let mut path = path.to_owned();
    for _ in 1..number {
        let text = client.get(&path).text();
        match next(&text) {
            Some(next) => path = next,
            None => break,
        }
    }
    path
}

fn next(page: &str) -> Option<String> {
    let links = all_between(page, "<a class=\"button\" href=\"", "</a>");
    let link = links.iter().find(|link| link.contains("rel=\"next\""))?;
    let (href, _) = link.split_once('"')?;
    Some(href.replace("&#38;", "&").replace("&amp;", "&"))
}

fn references(page: &str, path: &str) -> Vec<String> {
    all_between(page, &format!("href=\"{path}"), "\"")
        .into_iter()
        .filter(|rest| rest.len() > 20 && rest.chars().all(|c| c.is_ascii_alphanumeric()))
        .map(str::to_owned)
        .collect()
}

/// So many references, from as many pages of a list as it takes.
fn collect(client: &mut Client, path: &str, count: usize, find: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let (mut found, mut path) = (Vec::new(), Some(path.to_owned()));
    while let Some(here) = path.filter(|_| found.len() < count) {
        let text = client.get(&here).text();
        found.extend(find(&text));
        path = next(&text);
    }
    assert!(found.len() >= count, "only {} of {count} leads for it", found.len());
    found
}

/// Those to whom a lead can be given, as the form shows them.
fn recipients(staff: &mut Client, lead: &str) -> Vec<(String, String)> {
    let form = staff.get(&format!("/leads/{lead}/assign")).text();
    let choices = all_between(&form, "name=\"recipient\" type=\"radio\" value=\"", "</label>");
    let parts = choices.into_iter().filter_map(|choice| choice.split_once('"'));
    parts
        .map(|(value, label)| (value.to_owned(), label.to_owned()))
        .collect()
}

fn give(staff: &mut Client, lead: &str, recipient: &str) -> Answer {
    staff.post(&format!("/leads/{lead}/assign"), &[("recipient", recipient)])
}

fn assign(staff: &mut Client, leads: Vec<String>, most: usize) -> Scene {
    let (recipient, _) = recipients(staff, &leads[0]).swap_remove(1);
    let turn = AtomicUsize::new(0);
    Scene::changing("assign a lead", Who::Staff, most, move |client, _| {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        give(client, &leads[turn], &recipient)
    })
}

/// Opens leads that were given to the partner for it.
fn open(staff: &mut Client, partner: &mut Client, leads: Vec<String>, most: usize) -> Scene {
    let everybody = recipients(staff, &leads[0]);
    let (recipient, _) = everybody
        .iter()
        .find(|(_, label)| label.contains(PARTNER_NAME))
        .expect("the partner can receive");
    for lead in &leads {
        assert_eq!(give(staff, lead, recipient).status, 303, "the lead is given");
    }
    assert_eq!(
        partner.get(&format!("/portal/leads/{}", leads[0])).status,
        200,
        "the partner sees it"
    );
    let turn = AtomicUsize::new(0);
    Scene::changing("open a lead", Who::Partner, most, move |client, _| {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        client.post(&format!("/portal/leads/{}/open", leads[turn]), &[])
    })
}

/// Two months about a year before the newest lead of the list: among ten thousand leads, too, more came in then than one
/// page shows.
fn days(list: &str) -> (String, String) {
    let newest = all_between(list, "<time datetime=\"", "-")[0];
    let year = newest.parse::<i32>().expect("a year") - 1;
    (format!("{year}-05-01"), format!("{year}-06-30"))
}
