//! The proof that the portal gives away nothing: of other people's leads, of unopened ones, of the hidden field.

mod canaries;
mod crawl;
mod foreign;
mod two_worlds;
