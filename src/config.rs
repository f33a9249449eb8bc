//! The environment as configuration; everything that is wrong with it is told at once, before anything starts.

use std::fmt;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use actix_web::cookie::Key;
use actix_web::http::Uri;
use rand::Rng;

use crate::db::Connector;
use crate::domain::access::SessionLimits;
use crate::mail::MailConfig;

pub mod proxies;
mod sessions;

pub use proxies::TrustedProxies;

const DEFAULT_DATABASE_URL: &str = "sqlite://data/leadgate.sqlite";
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_SECRET_FILE: &str = "data/secret.key";

/// Bytes of the secret from which the cookie keys are made.
const SECRET_LENGTH: usize = 64;

/// What the program runs with.
#[derive(Clone)]
pub struct Config {
    pub database: Connector,
    pub listen: SocketAddr,
    pub base_url: BaseUrl,
    pub cookie_key: Key,
    pub trusted_proxies: TrustedProxies,
    pub session_limits: SessionLimits,
    /// Unset, messages wait in the outbox.
    pub mail: Option<MailConfig>,
}

/// Everything that is wrong with the environment, a line each.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the configuration can't be used:")?;
        self.0.iter().try_for_each(|problem| writeln!(f, "- {problem}"))
    }
}

impl std::error::Error for ConfigErrors {}

impl Config {
    /// Reads the environment through `variable`.
    ///
    /// # Errors
    /// Every variable that can't be used, with its name and what is expected.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigErrors> {
        Self::read_with_database(variable, DEFAULT_DATABASE_URL)
    }

    /// The same, with another database where none is named.
    pub fn read_with_database(
        variable: impl Fn(&str) -> Option<String>,
        default_database: &str,
    ) -> Result<Self, ConfigErrors> {
        let mut problems = Vec::new();
        let mut keep = |problem: String| problems.push(problem);
        let text = |name: &str, default: &str| variable(name).unwrap_or_else(|| default.to_owned());

        let database = Connector::parse(&text("DATABASE_URL", default_database))
            .map_err(|e| keep(e.to_string()))
            .ok();
        let listen: Option<SocketAddr> = text("LEADGATE_LISTEN", DEFAULT_LISTEN)
            .parse()
            .map_err(|_| keep("LEADGATE_LISTEN must be an address and a port like 127.0.0.1:8080".to_owned()))
            .ok();
        let base_url = match (variable("LEADGATE_BASE_URL"), listen) {
            (Some(url), _) => BaseUrl::parse(&url).map_err(&mut keep).ok(),
            (None, Some(listen)) if listen.ip().is_loopback() => Some(BaseUrl::loopback(listen)),
            (None, Some(_)) => {
                keep("LEADGATE_BASE_URL must be set when LEADGATE_LISTEN is not a loopback address".to_owned());
                None
            }
            (None, None) => None,
        };
        let trusted_proxies = TrustedProxies::parse(&text("LEADGATE_TRUSTED_PROXIES", ""))
            .map_err(&mut keep)
            .ok();
        let session_limits = sessions::read(&variable)
            .map_err(|found| found.into_iter().for_each(&mut keep))
            .ok();
        let mail = MailConfig::read(&variable)
            .map_err(|found| found.into_iter().for_each(&mut keep))
            .ok();
        let secret_file = text("LEADGATE_SECRET_FILE", DEFAULT_SECRET_FILE);
        let cookie_key = if problems.is_empty() {
            secret(Path::new(&secret_file))
                .map_err(|problem| problems.push(problem))
                .ok()
        } else {
            None
        };
        match (
            database,
            listen,
            base_url,
            cookie_key,
            trusted_proxies,
            session_limits,
            mail,
        ) {
            (
                Some(database),
                Some(listen),
                Some(base_url),
                Some(cookie_key),
                Some(trusted_proxies),
                Some(session_limits),
                Some(mail),
            ) => Ok(Config {
                database,
                listen,
                base_url,
                cookie_key,
                trusted_proxies,
                session_limits,
                mail,
            }),
            _ => Err(ConfigErrors(problems)),
        }
    }
}

/// The address under which people reach this installation; links in messages are made from it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// `https://leads.vendor.example`, without a slash at the end.
    origin: String,
    authority: String,
    is_loopback: bool,
    is_secure: bool,
}

impl BaseUrl {
    /// # Errors
    /// It is no `https://host` (`http` is fine for a loopback address), or has a path.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || "LEADGATE_BASE_URL must be like https://leads.vendor.example, without a path".to_owned();
        let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| expected())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(expected());
        };
        if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(expected());
        }
        let is_loopback = is_loopback_host(authority.host());
        let is_secure = match scheme {
            "https" => true,
            "http" if is_loopback => false,
            "http" => return Err("LEADGATE_BASE_URL must begin with https://: passwords travel to it".to_owned()),
            _ => return Err(expected()),
        };
        let origin = format!("{scheme}://{authority}");
        Ok(BaseUrl {
            origin,
            authority: authority.to_string(),
            is_loopback,
            is_secure,
        })
    }

    /// For a program that listens on this machine alone.
    pub fn loopback(listen: SocketAddr) -> Self {
        BaseUrl {
            origin: format!("http://{listen}"),
            authority: listen.to_string(),
            is_loopback: true,
            is_secure: false,
        }
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether it is reached by TLS, so that cookies and headers can insist on it.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether a request with this `Host` is meant for us. On a loopback address all its names are.
    pub fn accepts_host(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, port)| {
            if port.bytes().all(|byte| byte.is_ascii_digit()) {
                name
            } else {
                host
            }
        });
        host.eq_ignore_ascii_case(&self.authority) || (self.is_loopback && is_loopback_host(name))
    }

    /// Whether a request that says it came from `origin` came from our own pages.
    pub fn accepts_origin(&self, origin: &str) -> bool {
        let own_host = origin.strip_prefix("http://").filter(|_| self.is_loopback);
        origin == self.origin || own_host.is_some_and(|host| self.accepts_host(host))
    }
}

pub(crate) fn is_loopback_host(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// The secret in this file; made, readable by its owner alone, where there is none.
fn secret(path: &Path) -> Result<Key, String> {
    let told =
        |what: &str, error: &dyn fmt::Display| format!("LEADGATE_SECRET_FILE {}: {what}: {error}", path.display());
    match fs::read(path) {
        Ok(bytes) if bytes.len() >= SECRET_LENGTH => Ok(Key::derive_from(&bytes)),
        Ok(bytes) => Err(format!(
            "LEADGATE_SECRET_FILE {} holds {} bytes: {SECRET_LENGTH} or more are needed",
            path.display(),
            bytes.len()
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; SECRET_LENGTH];
            rand::rng().fill_bytes(&mut bytes);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| told("its folder can't be made", &error))?;
            }
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .map_err(|error| told("it can't be made", &error))?;
            file.write_all(&bytes)
                .and_then(|()| file.sync_all())
                .map_err(|error| told("it can't be written", &error))?;
            Ok(Key::derive_from(&bytes))
        }
        Err(error) => Err(told("it can't be read", &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told_at_once() {
        let environment = |name: &str| match name {
            "DATABASE_URL" => Some("mysql://x".to_owned()),
            "LEADGATE_LISTEN" => Some("everywhere".to_owned()),
            "LEADGATE_BASE_URL" => Some("ftp://x".to_owned()),
            _ => None,
        };

        let Err(errors) = Config::read(environment) else {
            panic!("it can't be used")
        };

        assert_eq!(errors.0.len(), 3, "{errors}");
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        assert!(BaseUrl::parse("http://leads.vendor.example").is_err());
        assert!(BaseUrl::parse("http://localhost:8080").is_ok_and(|url| !url.is_secure()));
        assert!(BaseUrl::parse("https://leads.vendor.example/").is_ok_and(|url| url.is_secure()));
        assert!(BaseUrl::parse("https://leads.vendor.example/path").is_err());
    }

    #[test]
    fn only_our_own_names_are_accepted() {
        let url = BaseUrl::parse("https://leads.vendor.example").expect("a good address");
        assert!(url.accepts_host("leads.vendor.example"));
        assert!(!url.accepts_host("evil.example"));
        assert!(!url.accepts_host("localhost"));
        assert!(!url.accepts_origin("http://leads.vendor.example"));

        let loopback = BaseUrl::loopback(([127, 0, 0, 1], 8080).into());
        assert!(loopback.accepts_host("localhost:8080"));
        assert!(loopback.accepts_origin("http://127.0.0.1:8080"));
        assert!(!loopback.accepts_origin("http://evil.example"));
    }
}
