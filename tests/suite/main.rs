//! The one test binary: support, and a folder for each layer.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

#[macro_use]
mod support;

mod architecture;
mod browser;
mod compile_fail;
mod domain;
mod mail;
mod migrations;
mod program;
mod web;
