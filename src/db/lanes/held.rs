//! What a lane's thread holds: its connection, for life.

use std::thread;
use std::time::Duration;

use crossbeam_channel::Receiver;
use diesel::r2d2::{Pool, PooledConnection};

use super::memory;
use crate::db::{Connector, DbConn};

/// What became of the connection while a job used it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Connection {
    Fine,
    Lost,
    /// The job took so long that its thread was replaced.
    Replaced,
}

pub(super) fn pool(connector: &Connector, size: usize) -> Pool<Connector> {
    Pool::builder()
        .max_size(size as u32)
        .min_idle(Some(0))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_on_check_out(false)
        .connection_timeout(Duration::from_secs(2))
        .build_unchecked(connector.clone())
}

pub(super) fn spawn<J: Send + 'static>(
    name: &str,
    mut held: Held,
    jobs: Receiver<J>,
    serve: fn(&mut Held, &Receiver<J>) -> bool,
) {
    start_thread(name, move || while serve(&mut held, &jobs) {});
}

pub(super) fn start_thread(name: &str, run: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .expect("the system can start a thread");
}

/// The connection of a lane's thread, replaced when it broke.
pub(super) struct Held {
    pool: Pool<Connector>,
    conn: Option<PooledConnection<Connector>>,
    remembers: bool,
}

impl Held {
    pub fn new(pool: Pool<Connector>, remembers: bool) -> Self {
        Held {
            pool,
            conn: None,
            remembers,
        }
    }

    /// `None` while the database can't be reached.
    pub fn get(&mut self) -> Option<&mut DbConn> {
        if self.conn.is_none() {
            match self.pool.get() {
                Ok(conn) => {
                    memory::begin(self.remembers);
                    self.conn = Some(conn);
                }
                Err(error) => log::error!("the database can't be reached: {error}"),
            }
        }
        self.conn.as_deref_mut()
    }

    pub fn settle(&mut self, connection: Connection) {
        if connection != Connection::Fine {
            self.conn = None;
        }
    }
}
