//! Permission to Distribute: the grounds, the wording, the confirmations, the gate, the work list.

pub mod confirmation;
pub mod gate;
mod ground;
pub mod review;
pub mod text;

pub use ground::Ground;
