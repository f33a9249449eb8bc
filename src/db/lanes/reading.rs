//! The readers: a queue, and the threads that serve it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::r2d2::Pool;
use diesel::result::Error;
use tokio::sync::oneshot;

use super::held::{Connection, Held, pool, spawn};
use super::turn::Turn;
use super::{Done, LaneError, memory, receive, submit};
use crate::db::{Connector, DbConn, without_values};

/// So many readers may be replaced while they are stuck in a query that nobody waits for any more.
const REPLACEMENTS: usize = 8;

/// A queue of reads, the connections of the threads that serve it, and how many of those are stuck.
#[derive(Clone)]
pub(super) struct ReadLane {
    name: &'static str,
    jobs: Sender<ReadJob>,
    queue: Receiver<ReadJob>,
    pool: Pool<Connector>,
    remembers: bool,
    stuck: Arc<AtomicUsize>,
}

pub(super) type ReadJob = Box<dyn FnOnce(&mut DbConn) -> Connection + Send>;
pub(super) type ReadWork = Box<dyn FnOnce(&mut DbConn) -> Done + Send>;

impl ReadLane {
    pub fn new(name: &'static str, connector: &Connector, threads: usize, queue: usize, remembers: bool) -> Self {
        let (jobs, queue) = bounded(queue);
        let lane = ReadLane {
            name,
            jobs,
            queue,
            pool: pool(connector, threads + REPLACEMENTS),
            remembers,
            stuck: Arc::default(),
        };
        for _ in 0..threads {
            lane.spawn_reader();
        }
        lane
    }

    fn spawn_reader(&self) {
        let held = Held::new(self.pool.clone(), self.remembers);
        spawn(self.name, held, self.queue.clone(), serve_reads);
    }

    pub async fn ask(&self, patience: Duration, work: ReadWork) -> Result<Done, LaneError> {
        let (tell, mut told) = oneshot::channel();
        let (turn, stuck) = (Turn::default(), self.stuck.clone());
        let own = turn.clone();
        let job: ReadJob = Box::new(move |conn| {
            if tell.is_closed() || !own.begins() {
                return Connection::Fine;
            }
            let done = catch_unwind(AssertUnwindSafe(|| {
                conn.begin_read()?;
                memory::turn();
                let done = work(conn);
                conn.end_read()?;
                Ok(done)
            }));
            let (answer, connection) = match done {
                Ok(Ok(done)) => (Ok(done), Connection::Fine),
                Ok(Err(error)) => {
                    let error: Error = error;
                    log::error!("a read found its connection gone: {}", without_values(&error));
                    (Err(LaneError::Unreachable), Connection::Lost)
                }
                Err(_) => (Err(LaneError::Panicked), Connection::Lost),
            };
            if !own.ends() {
                stuck.fetch_sub(1, Ordering::SeqCst);
                return Connection::Replaced;
            }
            let _ = tell.send(answer);
            connection
        });
        submit(&self.jobs, job)?;
        let answer = receive(&mut told, patience).await;
        if matches!(answer, Err(LaneError::Late)) && !turn.give_up_waiting() {
            self.replace(&turn);
        }
        answer
    }

    /// Lets another thread serve the queue in place of one that is stuck in this job; that one ends with it.
    fn replace(&self, turn: &Turn) {
        let others = self.stuck.fetch_add(1, Ordering::SeqCst);
        if others < REPLACEMENTS && turn.give_up_running() {
            log::warn!("a query of the lane {} is past its deadline", self.name);
            self.spawn_reader();
        } else {
            self.stuck.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Serves one read; `false` once no more can come, or another thread has taken this one's place. A job that finds no
/// connection is dropped, which answers it.
fn serve_reads(held: &mut Held, jobs: &Receiver<ReadJob>) -> bool {
    let Ok(job) = jobs.recv() else { return false };
    if let Some(conn) = held.get() {
        let connection = job(conn);
        held.settle(connection);
        return connection != Connection::Replaced;
    }
    true
}
