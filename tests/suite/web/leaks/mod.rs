//! The proof that the portal gives away nothing: of other people's leads, of unopened ones, of the hidden field.

mod canaries;
mod crawl;
mod foreign;
mod own_account;
mod script;
mod session;
mod two_worlds;
mod world;

pub use canaries::TELLTALES;
pub use crawl::{Bold, crawl};
