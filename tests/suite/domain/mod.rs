//! The domain's own commands, on both databases.

mod one_time_links;
