//! Another instance of the application on the database and clock of a test: one of several, or one behind a proxy.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::cookie::Key;
use actix_web::dev::ServerHandle;
use leadgate::app::AppStateBuilder;
use leadgate::clock::Clock;
use leadgate::config::{BaseUrl, TrustedProxies};
use leadgate::db::LanesConfig;
use leadgate::domain::access::SessionLimits;
use leadgate::domain::accounts::password::Cost;
use leadgate::web;

use super::TestApp;
use super::client::Client;

pub struct Instance {
    origin: String,
    server: ServerHandle,
}

impl TestApp {
    /// `base_url` is the address under which it is reached, its own socket where none is given; `proxies` as configured.
    pub fn another_instance(&self, base_url: Option<&str>, proxies: &str) -> Instance {
        self.instance(
            base_url,
            proxies,
            SessionLimits::default(),
            Arc::new(self.clock.clone()),
        )
    }

    /// One whose sessions last as long as this.
    pub fn another_instance_with(&self, limits: SessionLimits) -> Instance {
        self.instance(None, "", limits, Arc::new(self.clock.clone()))
    }

    /// One that goes by another clock.
    pub fn another_instance_by(&self, clock: Arc<dyn Clock>) -> Instance {
        self.instance(None, "", SessionLimits::default(), clock)
    }

    fn instance(
        &self,
        base_url: Option<&str>,
        proxies: &str,
        limits: SessionLimits,
        clock: Arc<dyn Clock>,
    ) -> Instance {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let state = AppStateBuilder {
            database: self.database.connector.clone(),
            lanes: LanesConfig {
                readers: 2,
                writers: 2,
                queue: 512,
                hashers: 1,
                ..LanesConfig::default()
            },
            clock,
            base_url: base_url.map_or_else(|| BaseUrl::loopback(address), |url| BaseUrl::parse(url).unwrap()),
            cookie_key: Key::from(&[7; 64]),
            trusted_proxies: TrustedProxies::parse(proxies).unwrap(),
            session_limits: limits,
            password_cost: Cost::CHEAPEST,
            is_demo: false,
            mailer: None,
        }
        .build()
        .unwrap();
        let server = web::serve(state, socket, 1).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Instance {
            origin: format!("http://{address}"),
            server: handle,
        }
    }
}

impl Instance {
    pub fn anybody(&self) -> Client {
        Client::new(&self.origin)
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}
