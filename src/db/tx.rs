//! A write transaction as a type, so that what was proved inside one can't be used in another.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use diesel::QueryResult;
use diesel::connection::SimpleConnection;

use super::DbConn;

/// A write transaction that is open now. The brand `'t` is different for each: nothing tagged with it can leave
/// the closure that [`write`] calls, and nothing of one transaction fits into another.
pub struct Tx<'t> {
    conn: &'t mut DbConn,
    brand: PhantomData<fn(&'t ()) -> &'t ()>,
}

impl Deref for Tx<'_> {
    type Target = DbConn;
    fn deref(&self) -> &DbConn {
        self.conn
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut DbConn {
        self.conn
    }
}

/// What stands around a piece of work, so that it can be kept or undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// A transaction of its own.
    Transaction,
    /// One part of a larger transaction.
    Savepoint,
}

impl Frame {
    pub(super) fn begin(self, conn: &mut DbConn) -> QueryResult<()> {
        match self {
            Frame::Transaction => conn.begin_write(),
            Frame::Savepoint => conn.begin_part(),
        }
    }

    pub(super) fn keep(self, conn: &mut DbConn) -> QueryResult<()> {
        match self {
            Frame::Transaction => conn.commit(),
            Frame::Savepoint => conn.keep_part(),
        }
    }

    pub(super) fn undo(self, conn: &mut DbConn) -> QueryResult<()> {
        match self {
            Frame::Transaction => conn.batch_execute("ROLLBACK"),
            Frame::Savepoint => conn.batch_execute("ROLLBACK TO job; RELEASE job"),
        }
    }
}

/// Runs `work` in one write transaction: all of it happens, or nothing.
///
/// # Errors
/// What `work` returns, after everything was rolled back; or the database's own error when it can't commit.
pub fn write<T, E: From<diesel::result::Error>>(
    conn: &mut DbConn,
    work: impl for<'t> FnOnce(&mut Tx<'t>) -> Result<T, E>,
) -> Result<T, E> {
    Frame::Transaction.begin(conn)?;
    match within(conn, work) {
        Ok(value) => {
            if let Err(error) = Frame::Transaction.keep(conn) {
                // A failed COMMIT leaves the transaction open on SQLite.
                let _ = Frame::Transaction.undo(conn);
                return Err(error.into());
            }
            Ok(value)
        }
        Err(error) => {
            Frame::Transaction.undo(conn)?;
            Err(error)
        }
    }
}

/// Runs `work` inside a frame that the caller has begun and will close.
pub(super) fn within<T, E>(conn: &mut DbConn, work: impl for<'t> FnOnce(&mut Tx<'t>) -> Result<T, E>) -> Result<T, E> {
    work(&mut Tx {
        conn,
        brand: PhantomData,
    })
}
