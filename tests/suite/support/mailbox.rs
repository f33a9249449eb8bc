//! The outbox as tests look at it: which messages wait for whom, and the link that a message will carry.

use diesel::prelude::*;
use leadgate::db::schema::{outbox, users};
use leadgate::db::types::LinkId;
use leadgate::db::write;
use leadgate::domain::accounts::{self, one_time_link, password_reset};

use super::TestApp;

impl TestApp {
    /// Answers who asked for a link to set a new password, as the program does in the background.
    pub fn answer_requests(&self) {
        let (key, now) = (self.state.link_key(), self.now());
        while write(&mut self.conn(), |tx| password_reset::answer(tx, key, now)).unwrap() > 0 {}
    }

    /// The kinds of the messages to somebody, oldest first.
    pub fn messages_to(&self, email: &str) -> Vec<String> {
        self.answer_requests();
        outbox::table
            .inner_join(users::table)
            .filter(users::email.eq(email))
            .filter(outbox::shared_address.is_null())
            .order(outbox::id)
            .select(outbox::kind)
            .load(&mut self.conn())
            .unwrap()
    }

    /// The token of the newest link that was queued to somebody, while it works.
    pub fn mailed_token(&self, email: &str) -> Option<String> {
        self.answer_requests();
        let mut conn = self.conn();
        let link: Option<LinkId> = outbox::table
            .inner_join(users::table)
            .filter(users::email.eq(email))
            .filter(outbox::link_id.is_not_null())
            .order(outbox::id.desc())
            .select(outbox::link_id)
            .first::<Option<LinkId>>(&mut conn)
            .optional()
            .unwrap()
            .flatten();
        one_time_link::token(&mut conn, self.state.link_key(), link?, self.now())
            .unwrap()
            .map(|token| token.as_str().to_owned())
    }

    /// How many acts of this kind the audit log holds.
    pub fn audited(&self, action: &str) -> i64 {
        use leadgate::db::schema::audit_events;
        let rows: Vec<String> = audit_events::table
            .select(audit_events::action)
            .load(&mut self.conn())
            .unwrap();
        rows.iter().filter(|row| *row == action).count() as i64
    }

    /// The public name of the account that a condition of SQL finds.
    pub fn reference_where(&self, condition: &str) -> String {
        self.text(&format!("SELECT reference AS t FROM users WHERE {condition}"))
    }

    /// The public name of somebody's account.
    pub fn reference_of(&self, email: &str) -> String {
        let user = accounts::find_by_email(&mut self.conn(), email).unwrap().unwrap();
        user.reference.to_string()
    }
}
