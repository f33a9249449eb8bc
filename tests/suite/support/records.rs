//! One record of every kind, so that every page has something to show.

use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::assignments::question;
use leadgate::domain::assignments::vendor_note::{self, VendorNote};
use leadgate::domain::leads::internal_notes::{self, InternalNote};
use leadgate::domain::leads::staff;
use leadgate::jobs;
use leadgate::web::Route;

use super::TestApp;
use super::builders::delete;
use super::client::Client;

/// The reason "Price" of the list that every database begins with.
const LOST: &str = "9rd3f7kx2vq6hn1zj8tcw4ym5b";

const ROWS: &str = "First name,Last name,E-mail\r\nÅsa,Lindqvist,asa@nordwind.example\r\nNobody,Nowhere,\r\n";

/// What stands in a path for `{…}`, by the beginning of the route.
pub struct Records {
    /// Nora's, opened and worked on.
    pub opened: Reference,
    /// Nora's, not opened.
    pub waiting: Reference,
    /// Nobody's, without permission.
    pub held: Reference,
    named: Vec<(&'static str, String)>,
}

/// What Northwind and a member of staff have after a while; whatever belongs to one person of the vendor is this one's.
pub async fn one_of_each(app: &TestApp, vendor: &Client) -> Records {
    app.track_permission().await;
    let held = app.a_lead().named("Held", "Back").create().await;
    let waiting = app.a_lead().confirmed().assigned_to(cast::NORA).create().await;
    let opened = app.a_lead().confirmed().assigned_to(cast::NORA).opened().create().await;
    let deleted = app.a_lead().confirmed().assigned_to(cast::NORA).opened().create().await;
    work_on(app, &opened).await;
    delete(app, &deleted).await;
    save_a_view(vendor).await;
    let previewed = import(app, vendor).await;
    let imported = import(app, vendor).await;
    start(vendor, &imported).await;
    assign_many(app, vendor).await;
    jobs::tick(&app.state).await;

    let newest = |table: &str| app.text(&format!("SELECT reference AS t FROM {table} ORDER BY id DESC LIMIT 1"));
    let reference = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let named = vec![
        ("/portal/leads/", opened.to_string()),
        ("/leads/", opened.to_string()),
        ("/leads/{reference}/confirm", held.to_string()),
        ("/leads/{reference}/assign", held.to_string()),
        ("/portal/attachments/", newest("attachments")),
        ("/attachments/", newest("attachments")),
        ("/portal/tasks/", newest("destroy_tasks")),
        ("/portal/people/", app.reference_of(cast::NILS)),
        ("/leads/import/", reference(&imported)),
        ("/leads/import/{reference}", reference(&previewed)),
        ("/leads/bulk/", newest("bulk_acts")),
        ("/leads/views/", newest("lead_views")),
        (
            "/partners/",
            app.text("SELECT reference AS t FROM partners WHERE name = 'Southgate'"),
        ),
        ("/users/", app.reference_of(cast::SAM)),
        ("/settings/lead-distribution/closing/reasons/", LOST.to_owned()),
        ("/settings/lead-distribution/module/texts/", "1".to_owned()),
        ("/outbox/", newest_message(app)),
    ];
    Records {
        opened,
        waiting,
        held,
        named,
    }
}

impl Records {
    /// The path of a route, to a record that is there. One that is written out wins over the beginning of many.
    pub fn path(&self, route: &Route) -> String {
        let Some((before, rest)) = route.path.split_once('{') else {
            return route.path.to_owned();
        };
        let (_, after) = rest.split_once('}').expect("a placeholder ends");
        let known = |wanted: &str| self.named.iter().find(|(place, _)| *place == wanted);
        let found = known(route.path).or_else(|| known(before));
        let (_, reference) = found.unwrap_or_else(|| panic!("{}: name a record in support/records.rs", route.path));
        format!("{before}{reference}{after}")
    }
}

async fn work_on(app: &TestApp, lead: &Reference) {
    let (sofia, now) = (app.staff_scope(), app.now());
    let id = staff::id_of(&mut app.conn(), &sofia, lead).unwrap().unwrap();
    app.write(move |tx| {
        let to = staff::live_assignment(tx, &sofia, id)?.map(|assignment| assignment.id);
        let note = VendorNote::parse("The list price is valid until July").unwrap();
        vendor_note::write(tx, &sofia, id, to, &note, now)?;
        let note = InternalNote::parse("Said on the phone").unwrap();
        internal_notes::add(tx, &sofia, id, &note, now)?;
        question::ask(tx, &sofia, id, now)?;
        Ok::<_, anyhow::Error>(())
    })
    .await
    .unwrap();
    let (nora, path) = (app.nora().await, format!("/portal/leads/{lead}"));
    let step = [("next_step", "Call about the offer"), ("next_step_on", "2026-05-01")];
    nora.post(&format!("{path}/next-step"), &step).await;
    nora.post(&format!("{path}/note"), &[("status_note", "Offer sent")])
        .await;
    let name = "an-offer-with-a-very-long-name-that-has-no-blank.txt";
    nora.upload(&format!("{path}/attachments"), "file", name, b"text".to_vec())
        .await;
}

async fn save_a_view(vendor: &Client) {
    let list = vendor.get("/leads?country=SE").await;
    let form = vendor.get(&list.link("Save as view")).await;
    let saved = vendor.submit(&form, "Save view", &[("name", "Swedes")]).await;
    assert_eq!(saved.status(), 303, "{}", saved.text());
}

/// Uploads a file; gives the path of its preview.
async fn import(app: &TestApp, vendor: &Client) -> String {
    let uploaded = vendor
        .upload("/leads/import", "file", "fair.csv", ROWS.as_bytes().to_vec())
        .await;
    assert_eq!(uploaded.status(), 303, "{}", uploaded.text());
    jobs::tick(&app.state).await;
    uploaded.location()
}

async fn start(vendor: &Client, preview: &str) {
    let form = vendor.get(preview).await.forms().into_iter();
    let form = form.into_iter().find(|form| form.action.ends_with("/run"));
    let form = form.expect("a preview has a way to begin");
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(vendor.post(&form.action, &fields).await.status(), 303);
}

/// Assigns all leads in the background; the ones on hold are refused.
async fn assign_many(app: &TestApp, vendor: &Client) {
    let nils = app.reference_of(cast::NILS);
    let begun = vendor
        .post(
            "/leads/bulk",
            &[
                ("all", "true"),
                ("list", "q=back"),
                ("act", "assign"),
                ("recipient", &nils),
            ],
        )
        .await;
    assert_eq!(begun.status(), 303, "{}", begun.text());
}

fn newest_message(app: &TestApp) -> String {
    app.text("SELECT message_id AS t FROM outbox ORDER BY id DESC LIMIT 1")
}
