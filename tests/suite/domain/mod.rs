//! The domain and the database below it, without HTTP.

mod audit_seals;
mod crowd;
mod erasure;
mod gate;
mod illegal_writes;
mod imports;
mod lanes;
mod life;
pub mod meetings;
mod one_time_links;
mod races;
mod search_index;
