//! The writers: what waits for them, and how it is committed.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::Receiver;
use diesel::result::Error;

use super::held::{Connection, Held};
use super::reading::ReadJob;
use super::turn::Turn;
use super::{Done, LaneError};
use crate::db::backend::is_lost;
use crate::db::tx::{Frame, Tx, within};
use crate::db::{DbConn, without_values};

/// How many write jobs one transaction of the single writer takes at the most.
const GROUP: usize = 256;

/// What waits for the writer.
pub(super) enum WriteJob {
    /// Runs inside a frame, and hands back how to answer once it is known whether that was committed.
    Framed(FramedJob),
    /// Runs outside every transaction, as upkeep of the files must.
    Apart(ReadJob),
}

pub(super) type FramedJob = Box<dyn FnOnce(&mut DbConn, Frame) -> (Answer, Connection) + Send>;
pub(super) type Answer = Box<dyn FnOnce(Result<(), LaneError>) + Send>;

/// Succeeds or fails with what its page is told, of whatever types.
pub(super) type WriteWork = Box<dyn for<'t> FnOnce(&mut Tx<'t>) -> Result<Done, Done> + Send>;

/// Runs the work inside its frame: kept when it succeeds, undone when it fails or panics. The error comes with the
/// connection's state: one that can't close a frame is of no further use, whatever the reason.
pub(super) fn run_framed(
    conn: &mut DbConn,
    frame: Frame,
    turn: &Turn,
    work: WriteWork,
) -> Result<Done, (LaneError, Connection)> {
    let lost = |error: &Error| {
        log::error!("a write lost its connection: {}", without_values(error));
        (LaneError::Unreachable, Connection::Lost)
    };
    frame.begin(conn).map_err(|error| lost(&error))?;
    // Not before: a database that does not answer must not look like work under way.
    if !turn.begins() {
        frame.undo(conn).map_err(|error| lost(&error))?;
        return Err((LaneError::Late, Connection::Fine));
    }
    let done = catch_unwind(AssertUnwindSafe(|| within(conn, work)));
    let closed = match done {
        Ok(Ok(_)) => frame.keep(conn),
        Ok(Err(_)) | Err(_) => frame.undo(conn),
    };
    // Of a connection that was lost with the COMMIT on its way nobody knows what became of it.
    let is_unsure = frame == Frame::Transaction && matches!(done, Ok(Ok(_)));
    closed.map_err(|error| match lost(&error) {
        (LaneError::Unreachable, connection) if is_unsure && is_lost(&error) => (LaneError::Unsure, connection),
        otherwise => otherwise,
    })?;
    let done = done.map_err(|_| (LaneError::Panicked, Connection::Fine))?;
    Ok(done.unwrap_or_else(|refused| refused))
}

pub(super) fn serve_writes_singly(held: &mut Held, jobs: &Receiver<WriteJob>) -> bool {
    let Ok(job) = jobs.recv() else { return false };
    if let Some(conn) = held.get() {
        let connection = match job {
            WriteJob::Apart(job) => job(conn),
            WriteJob::Framed(job) => {
                let (answer, connection) = job(conn, Frame::Transaction);
                answer(Ok(()));
                connection
            }
        };
        held.settle(connection);
    }
    true
}

/// Commits whatever waits as one transaction, each job behind a savepoint of its own, and answers after the commit: one
/// wait for the disk serves them all, and those that come while the others are at work.
pub(super) fn serve_writes_in_groups(held: &mut Held, jobs: &Receiver<WriteJob>) -> bool {
    let Ok(first) = jobs.recv() else { return false };
    let mut apart = Vec::new();
    let waiting = iter::once(first).chain(jobs.try_iter());
    let framed = waiting.filter_map(|job| match job {
        WriteJob::Framed(job) => Some(job),
        WriteJob::Apart(job) => {
            apart.push(job);
            None
        }
    });
    let mut framed = framed.take(GROUP).peekable();
    if framed.peek().is_some()
        && let Some(conn) = held.get()
    {
        let connection = commit_group(conn, framed);
        held.settle(connection);
    }
    for job in apart {
        if let Some(conn) = held.get() {
            let connection = job(conn);
            held.settle(connection);
        }
    }
    true
}

/// A job that is dropped unanswered tells its page that the database can't be reached.
fn commit_group(conn: &mut DbConn, jobs: impl Iterator<Item = FramedJob>) -> Connection {
    if let Err(error) = Frame::Transaction.begin(conn) {
        log::error!("a write transaction can't begin: {}", without_values(&error));
        return Connection::Lost;
    }
    let mut answers = Vec::new();
    let mut connection = Connection::Fine;
    for job in jobs {
        let (answer, after) = job(conn, Frame::Savepoint);
        answers.push(answer);
        if after != Connection::Fine {
            // A full disk ends the whole transaction; what follows would commit alone.
            connection = after;
            break;
        }
    }
    let closed = match connection {
        Connection::Fine => Frame::Transaction.keep(conn),
        Connection::Lost | Connection::Replaced => Err(Error::RollbackTransaction),
    };
    let committed = closed.map_err(|error| {
        log::error!("a write transaction can't be committed: {}", without_values(&error));
        let _ = Frame::Transaction.undo(conn);
        connection = Connection::Lost;
        LaneError::Unreachable
    });
    for answer in answers {
        answer(committed);
    }
    connection
}
