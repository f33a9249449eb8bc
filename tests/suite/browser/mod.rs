pub mod axe;
pub mod command;
pub mod driver;
mod filters;
mod journeys;
mod keyboard;
mod portal;
mod set_up;
mod storage;
