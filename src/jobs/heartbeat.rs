//! Whether the background workers of this process live. Each says so between its steps; silence is told by `/readyz`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;

use crate::db::types::UtcTime;

/// A worker that was silent for this long is dead.
pub const DEAD_AFTER: TimeDelta = TimeDelta::seconds(60);

/// Something that works in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worker {
    Delivery,
    PasswordLinks,
    Imports,
    BulkActs,
    Purge,
    Reminders,
    Scrubbing,
    Deadlines,
    Sealing,
}

impl Worker {
    /// What it does, in words for whoever runs the program.
    pub fn name(self) -> &'static str {
        match self {
            Worker::Delivery => "message delivery",
            Worker::PasswordLinks => "mailing links for new passwords",
            Worker::Imports => "importing",
            Worker::BulkActs => "bulk acts",
            Worker::Purge => "clearing up",
            Worker::Reminders => "reminding",
            Worker::Scrubbing => "scrubbing erased data",
            Worker::Deadlines => "following deadlines",
            Worker::Sealing => "sealing the audit log",
        }
    }
}

/// When each worker of this process was last heard of.
#[derive(Debug, Clone, Default)]
pub struct Heartbeats(Arc<Mutex<BTreeMap<Worker, UtcTime>>>);

impl Heartbeats {
    pub fn beat(&self, worker: Worker, now: UtcTime) {
        self.last().insert(worker, now);
    }

    /// A worker that ended as it should is not missed.
    pub fn rest(&self, worker: Worker) {
        self.last().remove(&worker);
    }

    /// The workers that began and were not heard of for too long.
    pub fn dead(&self, now: UtcTime) -> Vec<Worker> {
        let last = self.last();
        let silent = last.iter().filter(|(_, heard)| now - **heard > DEAD_AFTER);
        silent.map(|(worker, _)| *worker).collect()
    }

    fn last(&self) -> std::sync::MutexGuard<'_, BTreeMap<Worker, UtcTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
