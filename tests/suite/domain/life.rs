//! What ends a hand-over without a page of its own.

use diesel::prelude::*;
use leadgate::cli::demo::cast;
use leadgate::db::schema::assignments;
use leadgate::db::types::AssignmentId;
use leadgate::domain::access::SystemScope;
use leadgate::domain::assignments::recall::{self, RecallError};
use leadgate::domain::leads::partner;

use crate::support::TestApp;
use crate::support::builders::assign_to;

fn live(app: &TestApp) -> AssignmentId {
    assignments::table
        .filter(assignments::ended_at.is_null())
        .select(assignments::id)
        .first(&mut app.conn())
        .unwrap()
}

async fn expire(app: &TestApp, assignment: AssignmentId) -> Result<(), RecallError> {
    let now = app.now();
    app.write(move |tx| recall::expire(tx, &SystemScope::new("deadlines"), assignment, now))
        .await
}

db_test! {
    async fn a_deadline_takes_a_lead_back_like_a_recall(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).opened().create().await;

        expire(&app, live(&app)).await.unwrap();

        assert!(partner::find(&mut app.conn(), &app.partner_scope(cast::NORA), &lead).unwrap().is_none());
        assert_eq!(app.text("SELECT status AS t FROM leads"), "unassigned");
        assert_eq!(app.text("SELECT ending AS t FROM assignments"), "expired");
        let actor = "SELECT COUNT(*) AS n FROM audit_events WHERE action = 'lead.expired' AND actor_id IS NULL";
        assert_eq!(app.count(actor), 1);
        assert_eq!(app.audited("lead.recalled"), 0);
    }

    async fn a_deadline_of_an_assignment_that_has_ended_takes_nothing_from_the_next_one(app) {
        let lead = app.a_lead().assigned_to(cast::NORA).create().await;
        let first = live(&app);
        assign_to(&app, &lead, cast::SAM).await;

        let late = expire(&app, first).await;

        assert!(matches!(late, Err(RecallError::NothingToRecall)), "{late:?}");
        assert!(partner::find(&mut app.conn(), &app.partner_scope(cast::SAM), &lead).unwrap().is_some());
        assert_eq!(app.audited("lead.expired"), 0);
    }
}
