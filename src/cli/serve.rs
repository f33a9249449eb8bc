//! Serving, and what comes before it.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::app::{AppState, AppStateBuilder};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::db::{LanesConfig, migrate};
use crate::domain::accounts::one_time_link::{self, Purpose};
use crate::domain::accounts::password::Cost;
use crate::jobs;
use crate::mail::{Mailer, SmtpMailer};
use crate::web;

/// How long the program goes on serving after readiness has ended.
const FAREWELL: Duration = Duration::from_millis(500);

/// How long a connection that was just accepted may take on its way to a worker.
const HAND_OVER: Duration = Duration::from_millis(100);

/// How long the message that is being sent may take to finish; one that takes longer comes back by its lease.
const WORK_PATIENCE: Duration = Duration::from_secs(10);

/// Migrates the database and serves it until SIGTERM.
pub fn serve(config: &Config, is_demo: bool) -> anyhow::Result<()> {
    migrate_now(config)?;
    let state = state(config, is_demo)?;
    actix_web::rt::System::new().block_on(async move {
        let socket = TcpListener::bind(config.listen)
            .with_context(|| format!("LEADGATE_LISTEN: {} can't be listened on", config.listen))?;
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let server = web::serve(state.clone(), socket, workers)?;
        log::info!("serving {}", config.base_url.origin());
        announce_first_run(&state).await?;
        let handle = server.handle();
        let work = actix_web::rt::spawn(jobs::run(state.clone()));
        actix_web::rt::spawn(async move {
            asked_to_stop().await;
            log::info!("stopping: finishing what is under way");
            // Whoever balances the load looks at /readyz and sends nothing more before the socket closes.
            state.begin_stopping();
            tokio::time::sleep(FAREWELL).await;
            // A worker that stops drops what was accepted and did not reach it yet (actix-server 2.6).
            handle.pause().await;
            tokio::time::sleep(HAND_OVER).await;
            handle.stop(true).await;
        });
        let served = server.await.context("the server gave up");
        let _ = tokio::time::timeout(WORK_PATIENCE, work).await;
        served
    })
}

/// While nobody has an account, writes the one link to the log that makes the first administrator.
async fn announce_first_run(state: &AppState) -> anyhow::Result<()> {
    let (key, now) = (state.link_key().clone(), state.now());
    let token = state
        .lanes()
        .write(move |tx| one_time_link::first_run(tx, &key, now))
        .await??;
    if let Some(token) = token {
        let url = token.url(state.base_url().origin(), Purpose::FirstRun);
        log::warn!("nobody has an account yet; this link makes the first administrator, once, within 24 hours: {url}");
    }
    Ok(())
}

/// Does the background work of an installation without serving pages, until SIGTERM.
pub fn work(config: &Config) -> anyhow::Result<()> {
    migrate_now(config)?;
    let state = state(config, false)?;
    if state.mailer().is_none() {
        log::warn!("LEADGATE_SMTP_URL is not set: messages wait in the outbox");
    }
    actix_web::rt::System::new().block_on(async move {
        let work = actix_web::rt::spawn(jobs::run(state.clone()));
        log::info!("working");
        asked_to_stop().await;
        log::info!("stopping: finishing what is under way");
        state.begin_stopping();
        let _ = tokio::time::timeout(WORK_PATIENCE, work).await;
        Ok(())
    })
}

/// Waits for SIGTERM or Ctrl-C.
async fn asked_to_stop() {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(error), _) | (_, Err(error)) => {
            log::error!("signals can't be heard, so that only a kill ends this program: {error}");
            std::future::pending::<()>().await;
        }
    }
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
    let mailer = match &config.mail {
        Some(mail) => Some(Arc::new(SmtpMailer::new(mail)?) as Arc<dyn Mailer>),
        None => None,
    };
    Ok(AppStateBuilder {
        database: config.database.clone(),
        lanes: LanesConfig::default(),
        clock: Arc::new(SystemClock),
        base_url: config.base_url.clone(),
        cookie_key: config.cookie_key.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        session_limits: config.session_limits,
        password_cost: Cost::STANDARD,
        is_demo,
        mailer,
    }
    .build()?)
}
