//! What tests are written with: an application on either database, people with browsers, builders of leads.
#![allow(dead_code)]

pub mod app;
pub mod archive;
pub mod builders;
pub mod certificates;
pub mod client;
pub mod database;
pub mod dump;
pub mod fault;
pub mod instance;
pub mod mailbox;
pub mod markup;
pub mod program;
pub mod proxy;
pub mod records;
pub mod smtp;
pub mod sql;

pub use app::TestApp;

/// Runs a test on both databases, through a real server: `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! db_test {
    ($(async fn $name:ident($app:ident) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn run($app: $crate::support::TestApp) $body

            #[actix_web::test]
            async fn sqlite() {
                run($crate::support::TestApp::on($crate::support::database::Backend::Sqlite).await).await;
            }

            #[actix_web::test]
            async fn postgres() {
                run($crate::support::TestApp::on($crate::support::database::Backend::Postgres).await).await;
            }
        }
    )+};
}
