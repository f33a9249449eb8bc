//! Leadgate hands sales leads to partner companies, and only when that is lawful.
//!
//! [`domain`] decides and remembers; [`db`] is its way to the database; [`web`] translates requests into its words and
//! its answers into pages; [`jobs`] does what nobody asks for, and [`mail`] brings messages on their way. [`app`], [`config`] and [`clock`] hold what all of them share.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
pub mod jobs;
pub mod mail;
pub mod web;
