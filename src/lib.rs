//! Leadgate hands sales leads to partner companies, and only when that is lawful.

pub mod db;
pub mod domain;
