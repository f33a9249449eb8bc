//! How many files are received at the same time: each of them is in memory until it is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::db::types::PartnerId;

/// The files that are being received, of each partner.
#[derive(Clone)]
pub struct Uploads {
    received: Arc<Mutex<HashMap<PartnerId, usize>>>,
    most: usize,
    most_of_partner: usize,
}

impl Uploads {
    /// So many altogether, and so many of one partner, which can't keep the others out.
    pub fn new(most: usize, most_of_partner: usize) -> Self {
        Uploads {
            received: Arc::default(),
            most,
            most_of_partner,
        }
    }

    /// Admits one more file; `None` when there is no room for it now.
    pub fn begin(&self, partner: PartnerId) -> Option<Upload> {
        let mut received = self.lock();
        let own = received.get(&partner).copied().unwrap_or(0);
        if own >= self.most_of_partner || received.values().sum::<usize>() >= self.most {
            return None;
        }
        received.insert(partner, own + 1);
        Some(Upload {
            uploads: self.clone(),
            partner,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PartnerId, usize>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Uploads {
    fn default() -> Self {
        Uploads::new(8, 3)
    }
}

/// A file that is being received, until this is dropped.
#[must_use = "the room is given back at once"]
pub struct Upload {
    uploads: Uploads,
    partner: PartnerId,
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut received = self.uploads.lock();
        match received.get_mut(&self.partner) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                received.remove(&self.partner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_partner_can_not_keep_the_others_out() {
        let uploads = Uploads::new(3, 2);
        let (ours, theirs, others) = (PartnerId::new(1), PartnerId::new(2), PartnerId::new(3));

        let first = uploads.begin(ours);
        let second = uploads.begin(ours);
        assert!(first.is_some() && second.is_some());
        assert!(uploads.begin(ours).is_none(), "two of one partner are the most");
        let third = uploads.begin(theirs);
        assert!(third.is_some());
        assert!(uploads.begin(others).is_none(), "three altogether are the most");

        drop(second);
        assert!(uploads.begin(others).is_some());
        drop((first, third));
        assert!(uploads.begin(ours).is_some());
    }
}
