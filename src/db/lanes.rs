//! Four lanes to the database, whose threads hold their connections for life: readers, slow, writer(s), and a
//! semaphore for hashing. A full lane refuses at once instead of letting everybody wait.

mod glance;
mod held;
pub(super) mod memory;
mod reading;
mod turn;
mod writing;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError, bounded};
use diesel::result::Error;
use tokio::sync::{Semaphore, oneshot};

use super::backend::is_lost;
use super::tx::{Frame, Tx};
use super::{Connector, DbConn};
use glance::Glances;
use held::{Connection, Held, pool, spawn, start_thread};
use reading::{ReadJob, ReadLane};
use turn::Turn;
use writing::{Answer, WriteJob, WriteWork, run_framed, serve_writes_in_groups, serve_writes_singly};

/// How long an export, a report or an exact count may take.
const SLOW_PATIENCE: Duration = Duration::from_secs(60);

/// Why the database gave no answer. Nothing was written, but for [`LaneError::Unsure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    #[error("the database has too much to do")]
    Busy,
    #[error("the database did not answer in time")]
    Late,
    #[error("the database can't be reached")]
    Unreachable,
    #[error("the work was given up")]
    Panicked,
    /// The one answer after which something may have been written, or may be yet.
    #[error("the database did not tell in time whether it was written")]
    Unsure,
}

/// How many threads and how long a queue each lane has.
#[derive(Debug, Clone, Copy)]
pub struct LanesConfig {
    pub readers: usize,
    pub writers: usize,
    pub queue: usize,
    pub hashers: usize,
    /// How long a page waits for its turn and its answer before it is told to come again.
    pub patience: Duration,
}

impl Default for LanesConfig {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        LanesConfig {
            readers: cores.max(2),
            writers: 8,
            queue: 512,
            hashers: (cores / 2).max(1),
            patience: Duration::from_secs(3),
        }
    }
}

/// The way to the database for everything that serves requests.
#[derive(Clone)]
pub struct Lanes {
    readers: ReadLane,
    slow: ReadLane,
    glances: Arc<Glances>,
    writer: Sender<WriteJob>,
    hashing: Arc<Semaphore>,
    hashers: Sender<HashJob>,
    hashed: Arc<AtomicU64>,
    patience: Duration,
}

type HashJob = Box<dyn FnOnce() + Send>;

/// What some work came to, of whatever type: what stands around the work is compiled once, not for each page.
type Done = Box<dyn Any + Send>;

fn open<T: 'static>(done: Done) -> Result<T, LaneError> {
    done.downcast().map(|done| *done).map_err(|_| LaneError::Panicked)
}

impl Lanes {
    /// Starts the threads; they end when the last clone of the lanes is dropped and their queues are empty.
    ///
    /// # Errors
    /// The database can't be reached at all.
    pub fn start(connector: &Connector, config: LanesConfig) -> Result<Self, super::OpenError> {
        connector.open()?;
        let (writer, writer_jobs) = bounded(config.queue);
        let pages = connector.read_only().answering_within(config.patience);
        let readers = ReadLane::new("reader", &pages, config.readers, config.queue, true);
        let slow = ReadLane::new("slow", &connector.read_only(), 1, config.queue / 8, false);
        if connector.has_single_writer() {
            spawn(
                "writer",
                Held::new(pool(connector, 1), false),
                writer_jobs,
                serve_writes_in_groups,
            );
        } else {
            let writing = pool(connector, config.writers);
            for _ in 0..config.writers {
                spawn(
                    "writer",
                    Held::new(writing.clone(), false),
                    writer_jobs.clone(),
                    serve_writes_singly,
                );
            }
        }
        // Threads of their own: each keeps the memory that a password takes, and there must not be many of those.
        let (hashers, hash_jobs) = bounded::<HashJob>(config.hashers);
        for _ in 0..config.hashers {
            let jobs = hash_jobs.clone();
            start_thread("hasher", move || jobs.iter().for_each(|job| job()));
        }
        Ok(Lanes {
            readers,
            slow,
            glances: Arc::new(Glances::new(connector, config.readers)),
            writer,
            hashing: Arc::new(Semaphore::new(config.hashers)),
            hashers,
            hashed: Arc::default(),
            patience: config.patience,
        })
    }

    /// Runs a short, indexed query. All statements of one `read` see the same moment.
    ///
    /// # Errors
    /// The outer error when the lane gave no answer, the inner one when the work failed.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut DbConn) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, LaneError>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        open(
            self.readers
                .ask(self.patience, Box::new(|conn| Box::new(work(conn))))
                .await?,
        )
    }

    /// Looks at a few rows by their key: at once where the database is at hand, else as [`Lanes::read`] does.
    ///
    /// # Errors
    /// The outer error when the lane gave no answer, the inner one when the work failed.
    pub async fn glance<T, E>(
        &self,
        work: impl Fn(&mut DbConn) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, LaneError>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let mut found = None;
        let is_found = self.glances.look(&mut |conn| {
            found = work(conn).ok();
            found.is_some()
        });
        match found.filter(|_| is_found) {
            Some(found) => Ok(Ok(found)),
            None => self.read(work).await,
        }
    }

    /// Runs a query that may take its time (an export, a report), apart from the pages.
    pub async fn read_slowly<T, E>(
        &self,
        work: impl FnOnce(&mut DbConn) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, LaneError>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        open(
            self.slow
                .ask(SLOW_PATIENCE, Box::new(|conn| Box::new(work(conn))))
                .await?,
        )
    }

    /// Runs `work` in a write transaction and answers after its commit. No network, no mail, no hashing inside.
    pub async fn write<T, E>(
        &self,
        work: impl for<'t> FnOnce(&mut Tx<'t>) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, LaneError>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let work: WriteWork = Box::new(|tx| {
            let done = work(tx);
            let is_kept = done.is_ok();
            let done: Done = Box::new(done);
            if is_kept { Ok(done) } else { Err(done) }
        });
        open(self.write_down(work).await?)
    }

    async fn write_down(&self, work: WriteWork) -> Result<Done, LaneError> {
        let (tell, mut told) = oneshot::channel();
        let turn = Turn::default();
        let own = turn.clone();
        let job = Box::new(move |conn: &mut DbConn, frame: Frame| {
            if tell.is_closed() {
                return (Box::new(|_| ()) as Answer, Connection::Fine);
            }
            match run_framed(conn, frame, &own, work) {
                Ok(done) => {
                    let answer = move |committed: Result<(), LaneError>| {
                        // A receiver that went away has already answered its client.
                        let _ = tell.send(committed.map(|()| done));
                    };
                    (Box::new(answer) as Answer, Connection::Fine)
                }
                Err((error, connection)) => {
                    let _ = tell.send(Err(error));
                    (Box::new(|_| ()) as Answer, connection)
                }
            }
        });
        submit(&self.writer, WriteJob::Framed(job))?;
        match receive(&mut told, self.patience).await {
            // What has begun may be saved yet: only what has not can be told apart from it.
            Err(LaneError::Late) if !turn.give_up_waiting() => match receive(&mut told, self.patience * 3).await {
                Err(LaneError::Late) => Err(LaneError::Unsure),
                answer => answer,
            },
            answer => answer,
        }
    }

    /// Runs upkeep on a writer's connection, outside every transaction.
    ///
    /// # Errors
    /// The outer error when the lane gave no answer, the inner one when the work failed.
    pub async fn maintain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConn) -> Result<T, Error> + Send + 'static,
    ) -> Result<Result<T, Error>, LaneError> {
        let (tell, mut told) = oneshot::channel();
        let job: ReadJob = Box::new(move |conn| {
            let (answer, connection) = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
                Ok(done) => {
                    let lost = done.as_ref().is_err_and(is_lost);
                    (Ok(done), if lost { Connection::Lost } else { Connection::Fine })
                }
                Err(_) => (Err(LaneError::Panicked), Connection::Lost),
            };
            let _ = tell.send(answer);
            connection
        });
        submit(&self.writer, WriteJob::Apart(job))?;
        receive(&mut told, SLOW_PATIENCE).await
    }

    /// Runs work that burns a core for a while (hashing a password) off the request threads; at most half of the
    /// cores do so at a time, so that a storm of sign-ins leaves the lists as quick as they were.
    pub async fn hash<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, LaneError> {
        let turn = tokio::time::timeout(self.patience * 3, self.hashing.clone().acquire_owned());
        let permit = turn.await.map_err(|_| LaneError::Busy)?.map_err(|_| LaneError::Busy)?;
        self.hashed.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        let job: HashJob = Box::new(move || {
            let done = catch_unwind(AssertUnwindSafe(work));
            // Another's turn comes before this one's page goes on.
            drop(permit);
            let _ = tell.send(done.map_err(|_| LaneError::Panicked));
        });
        self.hashers.send(job).map_err(|_| LaneError::Unreachable)?;
        told.await.map_err(|_| LaneError::Panicked)?
    }

    /// How many times work was hashed: what an attempt cost, whatever a clock says.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }
}

fn submit<J>(lane: &Sender<J>, job: J) -> Result<(), LaneError> {
    lane.try_send(job).map_err(|refused| match refused {
        TrySendError::Full(_) => LaneError::Busy,
        TrySendError::Disconnected(_) => LaneError::Unreachable,
    })
}

async fn receive<T>(told: &mut oneshot::Receiver<Result<T, LaneError>>, patience: Duration) -> Result<T, LaneError> {
    match tokio::time::timeout(patience, told).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(LaneError::Unreachable),
        Err(_) => Err(LaneError::Late),
    }
}
