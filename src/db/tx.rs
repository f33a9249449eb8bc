//! A write transaction as a type, so that what was proved inside one can't be used in another.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

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

/// Runs `work` in one write transaction: all of it happens, or nothing.
///
/// # Errors
/// What `work` returns, after everything was rolled back; or the database's own error when it can't commit.
pub fn write<T, E: From<diesel::result::Error>>(
    conn: &mut DbConn,
    work: impl for<'t> FnOnce(&mut Tx<'t>) -> Result<T, E>,
) -> Result<T, E> {
    conn.begin_write()?;
    let done = work(&mut Tx {
        conn,
        brand: PhantomData,
    });
    match done {
        Ok(value) => {
            if let Err(error) = conn.batch_execute("COMMIT") {
                // A failed COMMIT leaves the transaction open on SQLite.
                let _ = conn.batch_execute("ROLLBACK");
                return Err(error.into());
            }
            Ok(value)
        }
        Err(error) => {
            conn.batch_execute("ROLLBACK")?;
            Err(error)
        }
    }
}

/// Runs `work` as one part of a larger transaction: when it fails, it alone is undone.
pub(super) fn savepoint<T, E: From<diesel::result::Error>>(
    conn: &mut DbConn,
    work: impl for<'t> FnOnce(&mut Tx<'t>) -> Result<T, E>,
) -> Result<T, E> {
    conn.batch_execute("SAVEPOINT job")?;
    let done = work(&mut Tx {
        conn,
        brand: PhantomData,
    });
    match done {
        Ok(value) => conn.batch_execute("RELEASE job").map(|()| value).map_err(E::from),
        Err(error) => {
            conn.batch_execute("ROLLBACK TO job; RELEASE job")?;
            Err(error)
        }
    }
}
