#![allow(dead_code)]

pub mod axe;
pub mod command;
pub mod driver;
