//! Messages, over real SMTP.

mod address_change;
mod choices;
mod delivery;
mod digests;
mod encryption;
mod every_kind;
mod former_holders;
mod letters;
mod shared_addresses;
mod stand_ins;
mod trouble;

use std::sync::Arc;

use diesel::prelude::*;
use leadgate::app::AppState;
use leadgate::db::schema::outbox;
use leadgate::domain::outbox::{Message, MessageState};
use leadgate::mail::Mailer;

use crate::support::TestApp;

/// The application with a way to send, for `jobs::tick`.
fn sending_by(app: &TestApp, mailer: impl Mailer + 'static) -> AppState {
    app.state.clone().with_mailer(Arc::new(mailer))
}

/// What the outbox holds: kind, state and attempts, in the order of writing.
fn outbox(app: &TestApp) -> Vec<(Message, MessageState, i64)> {
    outbox::table
        .select((outbox::kind, outbox::state, outbox::attempts))
        .order(outbox::id)
        .load(&mut app.conn())
        .unwrap()
}

/// The states of all messages, in the order of writing.
fn states(app: &TestApp) -> Vec<MessageState> {
    outbox(app).into_iter().map(|(_, state, _)| state).collect()
}
