//! What time it is: the only place that asks the machine. Everything else takes `now`.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{TimeDelta, Utc};

use crate::db::types::UtcTime;

/// Something that knows the time.
pub trait Clock: Send + Sync {
    fn now(&self) -> UtcTime;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the place that asks the machine")]
    fn now(&self) -> UtcTime {
        UtcTime::new(Utc::now().naive_utc())
    }
}

/// A clock that stands until it is moved.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<Mutex<UtcTime>>);

impl FixedClock {
    pub fn at(now: UtcTime) -> Self {
        FixedClock(Arc::new(Mutex::new(now)))
    }

    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = *now + by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> UtcTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
