//! Four lanes to the database, whose threads hold their connections for life: readers, slow, writer(s), and a
//! semaphore for hashing. A full lane refuses at once instead of letting everybody wait.

mod glance;
pub(super) mod memory;
mod turn;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use diesel::r2d2::{Pool, PooledConnection};
use diesel::result::Error;
use tokio::sync::{Semaphore, oneshot};

use super::backend::is_lost;
use super::tx::{Frame, Tx, within};
use super::{Connector, DbConn, without_values};
use glance::Glances;
use turn::Turn;

/// How many write jobs one transaction of the single writer takes at the most.
const GROUP: usize = 256;

/// How long an export, a report or an exact count may take.
const SLOW_PATIENCE: Duration = Duration::from_secs(60);

/// So many readers may be replaced while they are stuck in a query that nobody waits for any more.
const REPLACEMENTS: usize = 8;

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

/// A queue of reads, the connections of the threads that serve it, and how many of those are stuck.
#[derive(Clone)]
struct ReadLane {
    name: &'static str,
    jobs: Sender<ReadJob>,
    queue: Receiver<ReadJob>,
    pool: Pool<Connector>,
    remembers: bool,
    stuck: Arc<AtomicUsize>,
}

type ReadJob = Box<dyn FnOnce(&mut DbConn) -> Connection + Send>;

type HashJob = Box<dyn FnOnce() + Send>;

/// What waits for the writer.
enum WriteJob {
    /// Runs inside a frame, and hands back how to answer once it is known whether that was committed.
    Framed(FramedJob),
    /// Runs outside every transaction, as upkeep of the files must.
    Apart(ReadJob),
}

type FramedJob = Box<dyn FnOnce(&mut DbConn, Frame) -> (Answer, Connection) + Send>;
type Answer = Box<dyn FnOnce(Result<(), LaneError>) + Send>;

/// What became of the connection while a job used it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    Fine,
    Lost,
    /// The job took so long that its thread was replaced.
    Replaced,
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
                Held::new(pool(connector, 1)),
                writer_jobs,
                serve_writes_in_groups,
            );
        } else {
            let writing = pool(connector, config.writers);
            for _ in 0..config.writers {
                spawn(
                    "writer",
                    Held::new(writing.clone()),
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
        self.readers.ask(self.patience, work).await
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
        match self.glances.look(&work) {
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
        self.slow.ask(SLOW_PATIENCE, work).await
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

/// Runs the work inside its frame: kept when it succeeds, undone when it fails or panics. The error comes with the
/// connection's state: one that can't close a frame is of no further use, whatever the reason.
fn run_framed<T, E: From<Error>>(
    conn: &mut DbConn,
    frame: Frame,
    turn: &Turn,
    work: impl for<'t> FnOnce(&mut Tx<'t>) -> Result<T, E>,
) -> Result<Result<T, E>, (LaneError, Connection)> {
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
    done.map_err(|_| (LaneError::Panicked, Connection::Fine))
}

impl ReadLane {
    fn new(name: &'static str, connector: &Connector, threads: usize, queue: usize, remembers: bool) -> Self {
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
        let held = Held {
            remembers: self.remembers,
            ..Held::new(self.pool.clone())
        };
        spawn(self.name, held, self.queue.clone(), serve_reads);
    }

    async fn ask<T, E>(
        &self,
        patience: Duration,
        work: impl FnOnce(&mut DbConn) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, LaneError>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
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

fn pool(connector: &Connector, size: usize) -> Pool<Connector> {
    Pool::builder()
        .max_size(size as u32)
        .min_idle(Some(0))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_on_check_out(false)
        .connection_timeout(Duration::from_secs(2))
        .build_unchecked(connector.clone())
}

fn spawn<J: Send + 'static>(name: &str, mut held: Held, jobs: Receiver<J>, serve: fn(&mut Held, &Receiver<J>) -> bool) {
    start_thread(name, move || while serve(&mut held, &jobs) {});
}

fn start_thread(name: &str, run: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .expect("the system can start a thread");
}

/// The connection of a lane's thread, replaced when it broke.
struct Held {
    pool: Pool<Connector>,
    conn: Option<PooledConnection<Connector>>,
    remembers: bool,
}

impl Held {
    fn new(pool: Pool<Connector>) -> Self {
        Held {
            pool,
            conn: None,
            remembers: false,
        }
    }

    /// `None` while the database can't be reached.
    fn get(&mut self) -> Option<&mut DbConn> {
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

    fn settle(&mut self, connection: Connection) {
        if connection != Connection::Fine {
            self.conn = None;
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

fn serve_writes_singly(held: &mut Held, jobs: &Receiver<WriteJob>) -> bool {
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

/// Commits whatever waits as one transaction, each job behind a savepoint of its own, and answers after the commit:
/// one wait for the disk serves them all.
fn serve_writes_in_groups(held: &mut Held, jobs: &Receiver<WriteJob>) -> bool {
    let Ok(first) = jobs.recv() else { return false };
    let (mut framed, mut apart) = (Vec::new(), Vec::new());
    let mut waiting = Some(first);
    while let Some(job) = waiting {
        match job {
            WriteJob::Framed(job) => framed.push(job),
            WriteJob::Apart(job) => apart.push(job),
        }
        waiting = jobs.try_recv().ok().filter(|_| framed.len() < GROUP);
    }
    if !framed.is_empty()
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
fn commit_group(conn: &mut DbConn, jobs: Vec<FramedJob>) -> Connection {
    if let Err(error) = Frame::Transaction.begin(conn) {
        log::error!("a write transaction can't begin: {}", without_values(&error));
        return Connection::Lost;
    }
    let mut answers = Vec::with_capacity(jobs.len());
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
