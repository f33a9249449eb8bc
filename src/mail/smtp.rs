//! Messages over SMTP, with TLS checked by rustls against the certificates of the system.

use std::time::{Duration, SystemTime};

use lettre::address::Address;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport, Message, Tokio1Executor};

use super::config::{MailConfig, Security};
use super::{Email, Mailer, SendError, Sending};

/// How long the whole conversation about one message may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What mail servers answer when they will never take a message for this recipient (RFC 5321, 4.2.3). Other refusals
/// may be our set-up (a wrong password, a full queue, a block list) and pass when that is mended.
const HOPELESS: &[u16] = &[550, 551, 553, 556];

/// Refusals of the sign-in (RFC 4954).
const SIGN_IN: &[u16] = &[432, 454, 530, 534, 535, 538];

/// The server goes down or is too busy for anybody (RFC 5321, 3.8): nothing about this message.
const CLOSING: u16 = 421;

/// Sends each message in a conversation of its own, so that one that broke off leaves nothing behind for the next.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    secret: Option<String>,
    patience: Duration,
}

/// The configured certificates or the name of the mail server can't be used.
#[derive(Debug, thiserror::Error)]
#[error("mail can't be sent by this configuration: {0}")]
pub struct SmtpSetupError(#[from] smtp::Error);

impl SmtpMailer {
    /// # Errors
    /// The extra certificates can't be read.
    pub fn new(config: &MailConfig) -> Result<Self, SmtpSetupError> {
        let tls = || {
            let mut tls = TlsParameters::builder(config.host.clone());
            if let Some(pem) = &config.extra_roots {
                tls = tls.add_root_certificate(Certificate::from_pem(pem)?);
            }
            tls.build_rustls()
        };
        let tls = match config.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::Plain => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .timeout(Some(PATIENCE))
            .tls(tls);
        if let Some(login) = &config.login {
            builder = builder.credentials(Credentials::new(login.name.clone(), login.password.clone()));
        }
        Ok(SmtpMailer {
            transport: builder.build(),
            from: config.from.clone(),
            secret: config.login.as_ref().map(|login| login.password.clone()),
            patience: PATIENCE,
        })
    }

    /// The same, with another patience.
    pub fn with_patience(self, patience: Duration) -> Self {
        SmtpMailer { patience, ..self }
    }

    fn message(&self, email: &Email) -> Result<Message, SendError> {
        let refused = |what: &str| SendError::Permanent(what.to_owned());
        let address: Address = email
            .to_address
            .parse()
            .map_err(|_| refused("the recipient's address can't be written to"))?;
        let written_at = email.written_at.as_micros().unsigned_abs();
        Message::builder()
            .message_id(Some(format!("<{}@{}>", email.reference, self.from.email.domain())))
            .date(SystemTime::UNIX_EPOCH + Duration::from_micros(written_at))
            .from(self.from.clone())
            .to(Mailbox::new(
                Some(one_line(&email.to_name)).filter(|name| !name.is_empty()),
                address,
            ))
            .subject(one_line(&email.subject))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(
                email.text.clone(),
                email.html.clone(),
            ))
            .map_err(|_| refused("the message can't be written"))
    }

    fn told(&self, error: &smtp::Error) -> SendError {
        let mut words = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let cause_words = cause.to_string();
            if !words.contains(&cause_words) {
                words = format!("{words}: {cause_words}");
            }
            source = cause.source();
        }
        if let Some(secret) = self.secret.as_deref().filter(|secret| !secret.is_empty()) {
            words = words.replace(secret, "…");
        }
        match error.status().map(u16::from) {
            // Servers that repeat what they were given repeat the password in disguise.
            Some(code) if SIGN_IN.contains(&code) => SendError::Unreachable(format!(
                "it does not accept the name and password that it is given ({code})"
            )),
            Some(CLOSING) => SendError::Unreachable(words),
            Some(code) if HOPELESS.contains(&code) => SendError::Permanent(words),
            Some(_) => SendError::Temporary(words),
            None => SendError::Unreachable(words),
        }
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a> {
        Box::pin(async move {
            let message = self.message(email)?;
            match tokio::time::timeout(self.patience, self.transport.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(self.told(&error)),
                Err(_) => Err(SendError::Unreachable(format!(
                    "it took longer than {} seconds",
                    self.patience.as_secs()
                ))),
            }
        })
    }
}

/// A text that can't end a header line: every control character becomes a blank.
fn one_line(text: &str) -> String {
    let blanked: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    blanked.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tells other programs not to answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
