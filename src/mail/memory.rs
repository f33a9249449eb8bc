//! A mailer that keeps what it is given, in order.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Email, Mailer, Sending};

/// Keeps messages in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryMailer(Arc<Mutex<Vec<Email>>>);

impl MemoryMailer {
    /// What was sent so far.
    pub fn sent(&self) -> Vec<Email> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Mailer for MemoryMailer {
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a> {
        Box::pin(async move {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(email.clone());
            Ok(())
        })
    }
}
