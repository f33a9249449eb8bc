//! The domain's own commands, on both databases.

mod imports;
mod one_time_links;
