//! What every part of the running program shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::cookie::Key;

use crate::clock::Clock;
use crate::config::{BaseUrl, TrustedProxies};
use crate::db::types::UtcTime;
use crate::db::{Connector, Lanes, LanesConfig, OpenError};
use crate::domain::access::SessionLimits;
use crate::domain::accounts::one_time_link::LinkKey;
use crate::domain::accounts::password::Cost;
use crate::domain::accounts::second_factor::sealing::SealKey;
use crate::domain::attachments::Uploads;
use crate::domain::audit::seals::AuditKey;
use crate::domain::leads::search::LargeCounts;
use crate::jobs::Heartbeats;
use crate::mail::Mailer;

/// The state of the program: cheap to clone, the same for all its clones.
#[derive(Clone)]
pub struct AppState {
    lanes: Lanes,
    clock: Arc<dyn Clock>,
    base_url: BaseUrl,
    cookie_key: Key,
    link_key: LinkKey,
    seal_key: SealKey,
    audit_key: AuditKey,
    trusted_proxies: TrustedProxies,
    session_limits: SessionLimits,
    password_cost: Cost,
    is_demo: bool,
    mailer: Option<Arc<dyn Mailer>>,
    heartbeats: Heartbeats,
    large_counts: LargeCounts,
    uploads: Uploads,
    stopping: Arc<AtomicBool>,
}

/// What a state is made of.
pub struct AppStateBuilder {
    pub database: Connector,
    pub lanes: LanesConfig,
    pub clock: Arc<dyn Clock>,
    pub base_url: BaseUrl,
    pub cookie_key: Key,
    pub trusted_proxies: TrustedProxies,
    pub session_limits: SessionLimits,
    pub password_cost: Cost,
    pub is_demo: bool,
    /// Without one, messages wait in the outbox.
    pub mailer: Option<Arc<dyn Mailer>>,
}

impl AppStateBuilder {
    /// # Errors
    /// The database can't be reached.
    pub fn build(self) -> Result<AppState, OpenError> {
        Ok(AppState {
            lanes: Lanes::start(&self.database, self.lanes)?,
            clock: self.clock,
            base_url: self.base_url,
            link_key: LinkKey::derive_from(self.cookie_key.master()),
            seal_key: SealKey::derive_from(self.cookie_key.master()),
            audit_key: AuditKey::derive_from(self.cookie_key.master()),
            cookie_key: self.cookie_key,
            trusted_proxies: self.trusted_proxies,
            session_limits: self.session_limits,
            password_cost: self.password_cost,
            is_demo: self.is_demo,
            mailer: self.mailer,
            heartbeats: Heartbeats::default(),
            large_counts: LargeCounts::default(),
            uploads: Uploads::default(),
            stopping: Arc::default(),
        })
    }
}

impl AppState {
    pub fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    pub fn now(&self) -> UtcTime {
        self.clock.now()
    }

    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    pub fn cookie_key(&self) -> &Key {
        &self.cookie_key
    }

    /// What the tokens of one-time links are made with.
    pub fn link_key(&self) -> &LinkKey {
        &self.link_key
    }

    /// What the secrets of second factors are sealed with.
    pub fn seal_key(&self) -> &SealKey {
        &self.seal_key
    }

    /// What the seals of the audit log are authenticated with.
    pub fn audit_key(&self) -> &AuditKey {
        &self.audit_key
    }

    pub fn trusted_proxies(&self) -> &TrustedProxies {
        &self.trusted_proxies
    }

    /// The files that partners send at this moment.
    pub fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// When sessions end by themselves.
    pub fn session_limits(&self) -> SessionLimits {
        self.session_limits
    }

    pub fn password_cost(&self) -> Cost {
        self.password_cost
    }

    /// Whether this is the demonstration, which says so on every page.
    pub fn is_demo(&self) -> bool {
        self.is_demo
    }

    /// What sends messages, if a mail server is configured.
    pub fn mailer(&self) -> Option<&dyn Mailer> {
        self.mailer.as_deref()
    }

    /// The same state, with another way to send messages.
    pub fn with_mailer(self, mailer: Arc<dyn Mailer>) -> Self {
        AppState {
            mailer: Some(mailer),
            ..self
        }
    }

    /// Which lists are longer than is counted.
    pub fn large_counts(&self) -> &LargeCounts {
        &self.large_counts
    }

    pub fn heartbeats(&self) -> &Heartbeats {
        &self.heartbeats
    }

    /// Tells every part that the program stops: readiness ends, workers finish what is under way.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}
