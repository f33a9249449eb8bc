//! Which mail server takes our messages, read from the environment. Without TLS only on this machine.

use std::fs;

use actix_web::http::Uri;
use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;

/// How the way to the mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (`smtps://`).
    Tls,
    /// STARTTLS before anything else is said; without it nothing is sent.
    StartTls,
    /// For a mail server on this machine alone.
    Plain,
}

/// Name and password at the mail server; the password never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub name: String,
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The mail server and the sender.
#[derive(Debug, Clone, PartialEq)]
pub struct MailConfig {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<Login>,
    /// Certificates to trust besides those of the system, as PEM.
    pub extra_roots: Option<Vec<u8>>,
    pub from: Mailbox,
}

const EXPECTED: &str = "LEADGATE_SMTP_URL must be like smtps://name:password@mail.vendor.example or smtp://mail.vendor.example?tls=required";

impl MailConfig {
    /// Reads the environment through `variable`; `None` where no mail server is named.
    ///
    /// # Errors
    /// Everything that can't be used, a sentence each.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Vec<String>> {
        let Some(url) = variable("LEADGATE_SMTP_URL").filter(|url| !url.is_empty()) else {
            return Ok(None);
        };
        let mut problems = Vec::new();
        let mut keep = |problem: String| problems.push(problem);
        let server = Server::parse(&url).map_err(&mut keep).ok();
        let from = match variable("LEADGATE_MAIL_FROM") {
            None => Err("LEADGATE_MAIL_FROM must be set when LEADGATE_SMTP_URL is".to_owned()),
            Some(text) => text
                .parse::<Mailbox>()
                .map_err(|_| "LEADGATE_MAIL_FROM must be like Leadgate <leadgate@vendor.example>".to_owned()),
        };
        let from = from.map_err(&mut keep).ok();
        let password = file(&variable, "LEADGATE_SMTP_PASSWORD_FILE").map_err(&mut keep).ok();
        let extra_roots = file(&variable, "LEADGATE_SMTP_CA_FILE").map_err(&mut keep).ok();
        let (Some(mut server), Some(from), Some(password), Some(extra_roots)) = (server, from, password, extra_roots)
        else {
            return Err(problems);
        };
        if let Some(password) = password {
            let Some(login) = &mut server.login else {
                return Err(vec![
                    "LEADGATE_SMTP_PASSWORD_FILE is set, but LEADGATE_SMTP_URL names nobody to sign in as".to_owned(),
                ]);
            };
            login.password = String::from_utf8_lossy(&password)
                .trim_end_matches(['\r', '\n'])
                .to_owned();
        }
        Ok(Some(MailConfig {
            host: server.host,
            port: server.port,
            security: server.security,
            login: server.login,
            extra_roots,
            from,
        }))
    }
}

fn file(variable: impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<Vec<u8>>, String> {
    variable(name)
        .map(|path| fs::read(&path).map_err(|error| format!("{name}: {path} can't be read: {error}")))
        .transpose()
}

struct Server {
    host: String,
    port: u16,
    security: Security,
    login: Option<Login>,
}

impl Server {
    fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| EXPECTED.to_owned())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(EXPECTED.to_owned());
        };
        let host = authority.host().to_owned();
        if host.is_empty() || !matches!(uri.path(), "" | "/") {
            return Err(EXPECTED.to_owned());
        }
        let is_loopback = crate::config::is_loopback_host(&host);
        let security = match (scheme, uri.query()) {
            ("smtps", None) => Security::Tls,
            ("smtp", Some("tls=required")) => Security::StartTls,
            ("smtp", None | Some("tls=none")) if is_loopback => Security::Plain,
            ("smtp", None) => Security::StartTls,
            ("smtp", Some("tls=none")) => {
                return Err("LEADGATE_SMTP_URL: tls=none is for a mail server on this machine alone".to_owned());
            }
            _ => return Err(EXPECTED.to_owned()),
        };
        let port = authority.port_u16().unwrap_or(match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Plain => 25,
        });
        let login = match authority.as_str().rsplit_once('@') {
            None => None,
            Some((login, _)) => {
                let (name, password) = login.split_once(':').unwrap_or((login, ""));
                let decoded = |text: &str| {
                    percent_decode_str(text)
                        .decode_utf8()
                        .map(String::from)
                        .map_err(|_| EXPECTED.to_owned())
                };
                Some(Login {
                    name: decoded(name)?,
                    password: decoded(password)?,
                })
            }
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Server {
            host,
            port,
            security,
            login,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<MailConfig>, Vec<String>> {
        MailConfig::read(|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    const FROM: (&str, &str) = ("LEADGATE_MAIL_FROM", "Leadgate <leadgate@vendor.example>");

    #[test]
    fn without_a_server_mail_waits() {
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn a_server_elsewhere_is_reached_by_tls() {
        let url = |url| read(&[("LEADGATE_SMTP_URL", url), FROM]).map(|config| config.expect("a server").security);

        assert_eq!(url("smtps://a:b@mail.vendor.example"), Ok(Security::Tls));
        assert_eq!(url("smtp://mail.vendor.example?tls=required"), Ok(Security::StartTls));
        assert_eq!(url("smtp://mail.vendor.example"), Ok(Security::StartTls));
        assert_eq!(url("smtp://127.0.0.1:2525"), Ok(Security::Plain));
        assert!(url("smtp://mail.vendor.example?tls=none").is_err());
        assert!(url("http://mail.vendor.example").is_err());
    }

    #[test]
    fn a_password_may_hold_any_character_and_never_prints() {
        let config = read(&[
            (
                "LEADGATE_SMTP_URL",
                "smtps://lead%40gate:p%3A%40ss@mail.vendor.example:2465",
            ),
            FROM,
        ])
        .expect("a good address")
        .expect("a server");

        assert_eq!(config.port, 2465);
        let login = config.login.clone().expect("a login");
        assert_eq!((login.name.as_str(), login.password.as_str()), ("lead@gate", "p:@ss"));
        assert!(!format!("{config:?}").contains("p:@ss"));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let problems = read(&[
            ("LEADGATE_SMTP_URL", "nonsense"),
            ("LEADGATE_SMTP_PASSWORD_FILE", "/nowhere/at/all"),
        ])
        .expect_err("three things are wrong");

        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
