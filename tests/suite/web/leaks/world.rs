//! Leads in every state, for the canary crawl.

use chrono::NaiveDate;
use leadgate::cli::demo::cast;
use leadgate::db::types::Reference;
use leadgate::domain::access::StaffScope;
use leadgate::domain::assignments::question;
use leadgate::domain::assignments::vendor_note::{self, VendorNote};
use leadgate::domain::leads::staff;
use leadgate::domain::permission::confirmation::{self, Basis};

use crate::support::TestApp;
use crate::support::builders::{assign_to, delete};

/// What a viewer may see, and what not.
pub struct World {
    pub seen: Vec<Reference>,
    pub hidden: Vec<Reference>,
}

/// Leads in every state, for one viewer: theirs and opened, theirs and waiting, another partner's, taken back, nobody's.
pub async fn furnish(app: &TestApp, viewer: &str, is_tracking: bool) -> World {
    let other = if viewer == cast::SAM { cast::NORA } else { cast::SAM };
    let held = app.a_lead().named("Helga", "Held").assigned_to(viewer).create().await;
    if is_tracking {
        app.track_permission().await;
    }
    let lead = |name: &str| {
        let builder = app.a_lead().named(name, "Lead");
        if is_tracking { builder.confirmed() } else { builder }
    };
    let opened = lead("Opal").assigned_to(viewer).opened().create().await;
    let second = lead("Otto").assigned_to(viewer).opened().create().await;
    let waiting = lead("Walter").assigned_to(viewer).create().await;
    let foreign = lead("Frida").assigned_to(other).opened().create().await;
    let foreign_waiting = lead("Frans").assigned_to(other).create().await;
    let moved = lead("Mona").assigned_to(viewer).opened().create().await;
    assign_to(app, &moved, other).await;
    let deleted = lead("Della").assigned_to(viewer).opened().create().await;
    let foreign_deleted = lead("Dorit").assigned_to(other).opened().create().await;
    delete(app, &deleted).await;
    delete(app, &foreign_deleted).await;
    let nobodys = app.a_lead().named("Nobody", "Lead").create().await;
    for lead in [&opened, &second, &waiting, &foreign] {
        ask(app, lead).await;
    }
    if !is_tracking {
        confirm_all(app, &[&opened, &waiting, &foreign]).await;
    }
    let mut seen = vec![opened, second, waiting];
    let mut hidden = vec![foreign, foreign_waiting, moved, nobodys];
    if is_tracking {
        hidden.push(held);
    } else {
        seen.push(held);
    }
    World { seen, hidden }
}

/// Confirms, with every kind of evidence, while permission is not tracked any more.
async fn confirm_all(app: &TestApp, leads: &[&Reference]) {
    app.track_permission().await;
    let (scope, now) = (app.staff_scope(), app.now());
    let bases = [
        Basis::Consent {
            evidence: "canary evidence".to_owned(),
            given_on: NaiveDate::from_ymd_opt(2026, 4, 20).unwrap(),
        },
        Basis::LeadInterest {
            reason: "canary reason".to_owned(),
        },
        Basis::Contract,
    ];
    for (reference, basis) in leads.iter().zip(bases) {
        let lead = staff::id_of(&mut app.conn(), &scope, reference).unwrap().unwrap();
        let scope = scope.clone();
        app.write(move |tx| confirmation::confirm(tx, &scope, lead, &basis, None, now))
            .await
            .unwrap();
    }
    app.set_tracking(false, false).await;
}

/// Asks whoever holds a lead, as Sofia.
async fn ask(app: &TestApp, lead: &Reference) {
    let (scope, now) = (app.staff_scope(), app.now());
    let lead = staff::id_of(&mut app.conn(), &scope, lead).unwrap().unwrap();
    app.write(move |tx| question::ask(tx, &scope, lead, now)).await.unwrap();
}

/// Writes to whoever holds a lead.
pub async fn write_to_holder(app: &TestApp, scope: &StaffScope, lead: &Reference) {
    let (scope, now) = (scope.clone(), app.now());
    let lead = staff::id_of(&mut app.conn(), &scope, lead).unwrap().unwrap();
    let to = staff::live_assignment(&mut app.conn(), &scope, lead)
        .unwrap()
        .map(|assignment| assignment.id);
    let note = VendorNote::parse("A word of the vendor").unwrap();
    app.write(move |tx| vendor_note::write(tx, &scope, lead, to, &note, now))
        .await
        .unwrap();
}
