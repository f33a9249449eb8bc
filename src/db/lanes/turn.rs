//! How far a job has come, known to whoever waits for it and to the thread that does it: so that a page may be told in
//! time that nothing was done, and a thread that is stuck may be replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const DONE: u8 = 2;
const GIVEN_UP: u8 = 3;

#[derive(Clone, Default)]
pub(super) struct Turn(Arc<AtomicU8>);

impl Turn {
    fn goes(&self, from: u8, to: u8) -> bool {
        self.0
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// The job's turn has come; `false` when nobody waits for it any more, and it must not be done.
    pub(super) fn begins(&self) -> bool {
        self.goes(WAITING, RUNNING)
    }

    /// The job is done; `false` when it was given up while it ran.
    pub(super) fn ends(&self) -> bool {
        self.goes(RUNNING, DONE)
    }

    /// Nobody waits for its turn any more; `false` when that has come already.
    pub(super) fn give_up_waiting(&self) -> bool {
        self.goes(WAITING, GIVEN_UP)
    }

    /// Nobody waits for its end any more; `false` when it does not run.
    pub(super) fn give_up_running(&self) -> bool {
        self.goes(RUNNING, GIVEN_UP)
    }
}
