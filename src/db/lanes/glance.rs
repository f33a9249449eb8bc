//! Looks at a few rows by their key, on the thread that asks: to hand such a question to another thread costs several
//! times what the answer does. Only where the database is a file, and only as long as it answers at once: whatever would
//! have to wait is left to a reader, so that no thread that serves requests ever stands still.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, TryLockError};

use diesel::result::Error;

use super::memory::{self, Memory};
use crate::db::{Connector, DbConn};

pub(super) struct Glances {
    connector: Connector,
    seats: Vec<Mutex<Seat>>,
}

/// A connection that is opened when it is first needed, and what it was told.
#[derive(Default)]
struct Seat {
    conn: Option<DbConn>,
    memory: Memory,
}

impl Glances {
    /// So many threads may look at the same time. None on PostgreSQL, whose answers come over the net.
    pub(super) fn new(connector: &Connector, threads: usize) -> Self {
        let seats = if connector.has_single_writer() { threads } else { 0 };
        Glances {
            connector: connector.read_only().never_waiting(),
            seats: (0..seats).map(|_| Mutex::default()).collect(),
        }
    }

    /// `None` when a reader has to be asked.
    pub(super) fn look<T, E: From<Error>>(&self, work: &impl Fn(&mut DbConn) -> Result<T, E>) -> Option<T> {
        let mut seat = self.seats.iter().find_map(|seat| match seat.try_lock() {
            Ok(seat) => Some(seat),
            Err(TryLockError::Poisoned(seat)) => Some(seat.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })?;
        let Seat { conn, memory } = &mut *seat;
        let looked = catch_unwind(AssertUnwindSafe(|| {
            if conn.is_none() {
                *conn = self.connector.open().ok();
                *memory = Memory::default();
            }
            let conn = conn.as_mut()?;
            memory::lend(memory, || {
                conn.begin_read().ok()?;
                let found = work(conn).ok()?;
                conn.end_read().ok()?;
                Some(found)
            })
        }));
        let found = looked.unwrap_or(None);
        if found.is_none() {
            *conn = None;
        }
        found
    }
}
