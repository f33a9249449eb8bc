//! Looks at a few rows by their key, on the thread that asks: to hand such a question to another thread costs several
//! times what the answer does. Only where the database is a file, and only as long as it answers at once: whatever would
//! have to wait is left to a reader, so that no thread that serves requests ever stands still.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, TryLockError};

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

    /// Whether `work` found what it looked for; `false` when a reader has to be asked.
    pub(super) fn look(&self, work: &mut dyn FnMut(&mut DbConn) -> bool) -> bool {
        let mut seats = self.seats.iter();
        let free = seats.find_map(|seat| match seat.try_lock() {
            Ok(seat) => Some(seat),
            Err(TryLockError::Poisoned(seat)) => Some(seat.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        let Some(mut seat) = free else { return false };
        let Seat { conn, memory } = &mut *seat;
        let looked = catch_unwind(AssertUnwindSafe(|| {
            if conn.is_none() {
                *conn = self.connector.open().ok();
                *memory = Memory::default();
            }
            conn.as_mut().is_some_and(|conn| {
                memory::lend(memory, || {
                    conn.begin_read().is_ok() && work(conn) && conn.end_read().is_ok()
                })
            })
        }));
        let found = looked.unwrap_or(false);
        if !found {
            *conn = None;
        }
        found
    }
}
