//! The one test binary: support, and a folder for each layer.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

#[macro_use]
mod support;

mod browser;
mod domain;
mod mail;
mod migrations;
mod web;
