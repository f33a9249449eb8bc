//! Serving, and what comes before it.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context;

use crate::app::{AppState, AppStateBuilder};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::db::{LanesConfig, migrate};
use crate::domain::accounts::password::Cost;
use crate::web;

/// Migrates the database and serves it until SIGTERM.
pub fn serve(config: &Config, is_demo: bool) -> anyhow::Result<()> {
    migrate_now(config)?;
    let state = state(config, is_demo)?;
    actix_web::rt::System::new().block_on(async move {
        let socket = TcpListener::bind(config.listen)
            .with_context(|| format!("LEADGATE_LISTEN: {} can't be listened on", config.listen))?;
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let server = web::serve(state, socket, workers)?;
        log::info!("serving {}", config.base_url.origin());
        server.await.context("the server gave up")
    })
}

/// Brings the database to the shape that this program needs; makes the file where there is none.
pub fn migrate_now(config: &Config) -> anyhow::Result<()> {
    if let Some(folder) = config.database.file().and_then(|file| file.parent()) {
        std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    let mut conn = config.database.open()?;
    for name in migrate(&mut conn)? {
        log::info!("migrated: {name}");
    }
    Ok(())
}

fn state(config: &Config, is_demo: bool) -> anyhow::Result<AppState> {
    Ok(AppStateBuilder {
        database: config.database.clone(),
        lanes: LanesConfig::default(),
        clock: Arc::new(SystemClock),
        base_url: config.base_url.clone(),
        cookie_key: config.cookie_key.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        password_cost: Cost::STANDARD,
        is_demo,
    }
    .build()?)
}
