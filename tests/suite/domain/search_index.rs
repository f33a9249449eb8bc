//! The search index says what the leads say, whatever was committed together.

use diesel::prelude::*;
use futures_util::future::join_all;
use leadgate::db::schema::leads;
use leadgate::db::types::{LeadId, Reference};
use leadgate::db::{DbConn, Error, Tx};
use leadgate::domain::access::StaffScope;
use leadgate::domain::leads::search::{self, Filter};
use leadgate::domain::leads::{LeadDraft, LeadInput, edit, erase, intake, staff};

use crate::support::TestApp;
use crate::support::database::Backend;
use crate::support::sql::execute;

fn draft(last_name: &str) -> LeadDraft {
    let input = LeadInput {
        last_name: last_name.to_owned(),
        email: format!("{last_name}@nordlicht.example"),
        ..LeadInput::default()
    };
    input.parse().expect("a good lead")
}

fn id_of(conn: &mut DbConn, scope: &StaffScope, lead: &Reference) -> LeadId {
    staff::id_of(conn, scope, lead).unwrap().unwrap()
}

/// Renames a lead; the index must know the name that it had.
fn rename(tx: &mut Tx<'_>, scope: &StaffScope, lead: LeadId, last_name: &str, app_now: leadgate::db::types::UtcTime) {
    let seen = leads::table
        .find(lead)
        .select(leads::lock_version)
        .first(&mut **tx)
        .unwrap();
    edit::edit(tx, scope, lead, &draft(last_name), None, seen, app_now).unwrap();
}

fn found(app: &TestApp, words: &str) -> i64 {
    let filter = Filter {
        words: words.to_owned(),
        ..Filter::default()
    };
    search::count(&mut app.conn(), &app.staff_scope(), &filter, app.now())
        .unwrap()
        .0
}

/// SQLite compares every entry of its index with the leads.
fn is_whole(app: &TestApp) -> bool {
    match app.backend {
        Backend::Sqlite => {
            let check = "INSERT INTO lead_search (lead_search, rank) VALUES ('integrity-check', 1)";
            execute(&mut app.conn(), check).is_ok()
        }
        Backend::Postgres => true,
    }
}

db_test! {
    async fn a_lead_is_changed_and_erased_in_the_transaction_that_enters_it(app) {
        let (scope, now) = (app.staff_scope(), app.now());
        app.write(move |tx| {
            let (kept, _, gone) = (
                intake::create(tx, &scope, &draft("Ackermann"), None, now).unwrap(),
                intake::create(tx, &scope, &draft("Brandauer"), None, now).unwrap(),
                intake::create(tx, &scope, &draft("Czerny"), None, now).unwrap(),
            );
            let (kept, gone) = (id_of(tx, &scope, &kept), id_of(tx, &scope, &gone));
            rename(tx, &scope, kept, "Dornbusch", now);
            erase::erase(tx, &scope, gone, now).unwrap();
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        app.a_lead().named("Eva", "Eisenhauer").create().await;

        let names = ["Ackermann", "Brandauer", "Czerny", "Dornbusch", "Eisenhauer"];
        assert_eq!(names.map(|name| found(&app, name)), [0, 1, 0, 1, 1]);
        assert!(is_whole(&app));
    }

    async fn what_is_undone_leaves_nothing_and_takes_nothing_along(app) {
        let now = app.now();
        let works = (0..40).map(|number| {
            let scope = app.staff_scope();
            app.write(move |tx| {
                let lead = intake::create(tx, &scope, &draft(&format!("Zimmermann{number}")), None, now).unwrap();
                let lead = id_of(tx, &scope, &lead);
                if number % 4 == 1 {
                    rename(tx, &scope, lead, &format!("Yildirim{number}"), now);
                }
                if number % 2 == 1 { Ok(()) } else { Err(Error::RollbackTransaction) }
            })
        });
        let done = join_all(works).await;

        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 20);
        assert_eq!((found(&app, "Zimmermann"), found(&app, "Yildirim")), (10, 10));
        assert!(is_whole(&app));
    }
}
