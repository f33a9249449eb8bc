//! A real mail server on a port of its own: it speaks SMTP, keeps what it took, and misbehaves on demand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use leadgate::mail::{MailConfig, SmtpMailer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How the server behaves towards the next conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// 550 for this recipient, good for all others.
    Refuses(String),
    /// 451 for every recipient.
    Busy,
    /// 535 for every sign-in, as with a wrong password.
    Locked,
    /// Hangs up in the middle of the message.
    DropsWithin,
    /// Takes the message, then hangs up without saying so.
    DropsAfter,
    /// Says nothing at all.
    Silent,
    /// Takes the message, and so long to say so.
    Slow(Duration),
}

/// How the way to the server is kept private.
#[derive(Clone)]
pub enum Door {
    Plain,
    StartTls(TlsAcceptor),
    Tls(TlsAcceptor),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

type Line = BufReader<Box<dyn Stream>>;

/// A message that was taken.
#[derive(Debug, Clone)]
pub struct Received {
    pub recipients: Vec<String>,
    /// Headers and body as they came.
    pub raw: String,
}

impl Received {
    /// The value of a header, unfolded.
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.raw.split_once("\r\n\r\n").expect("headers end with an empty line");
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let prefix = format!("{}:", name.to_lowercase());
        unfolded
            .lines()
            .find(|line| line.to_lowercase().starts_with(&prefix))
            .map(|line| line[prefix.len()..].trim().to_owned())
            .unwrap_or_default()
    }

    /// The text as a mail program shows it: quoted-printable undone.
    pub fn text(&self) -> String {
        self.raw.replace("=\r\n", "").replace("=3D", "=")
    }
}

#[derive(Clone)]
struct Shared {
    door: Door,
    in_clear: Arc<Mutex<Vec<String>>>,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<Received>>>,
    count: watch::Sender<usize>,
}

pub struct SmtpServer {
    port: u16,
    shared: Shared,
    accepting: Option<JoinHandle<()>>,
}

impl SmtpServer {
    pub async fn start() -> Self {
        Self::start_behind(Door::Plain).await
    }

    pub async fn start_behind(door: Door) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut server = SmtpServer {
            port: listener.local_addr().unwrap().port(),
            shared: Shared {
                door,
                in_clear: Arc::default(),
                mood: Arc::new(Mutex::new(Mood::Good)),
                taken: Arc::default(),
                count: watch::channel(0).0,
            },
            accepting: None,
        };
        server.accept(listener);
        server
    }

    fn accept(&mut self, listener: TcpListener) {
        let shared = self.shared.clone();
        self.accepting = Some(tokio::task::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn(converse(stream, shared.clone()));
            }
        }));
    }

    /// Takes no connection any more, as if it were switched off.
    pub async fn go_down(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            let _ = accepting.await;
        }
    }

    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.accept(listener);
    }

    pub fn set_mood(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    pub fn taken(&self) -> Vec<Received> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// What clients said before any TLS.
    pub fn said_in_clear(&self) -> Vec<String> {
        self.shared.in_clear.lock().unwrap().clone()
    }

    /// Waits until this many messages were taken.
    pub async fn took(&self, count: usize) {
        let mut counted = self.shared.count.subscribe();
        counted.wait_for(|taken| *taken >= count).await.unwrap();
    }

    /// A mailer that sends by this server.
    pub fn mailer(&self) -> SmtpMailer {
        self.mailer_by(&self.mailer_url())
    }

    /// What a program is configured with that sends by this server.
    pub fn mailer_url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The same, signing in, by the way that the server's door asks for.
    pub fn url(&self, name: &str, password: &str) -> String {
        let (scheme, query) = match self.shared.door {
            Door::Plain => ("smtp", ""),
            Door::StartTls(_) => ("smtp", "?tls=required"),
            Door::Tls(_) => ("smtps", ""),
        };
        format!("{scheme}://{name}:{password}@127.0.0.1:{}{query}", self.port)
    }

    /// A mailer that trusts this authority and signs in.
    pub fn mailer_trusting(&self, pem: &str, name: &str, password: &str) -> SmtpMailer {
        let mut config = configured(&self.url(name, password));
        config.extra_roots = Some(pem.as_bytes().to_vec());
        SmtpMailer::new(&config).unwrap()
    }

    /// A mailer that sends nothing without STARTTLS.
    pub fn mailer_insisting_on_starttls(&self, name: &str, password: &str) -> SmtpMailer {
        self.mailer_by(&format!(
            "smtp://{name}:{password}@127.0.0.1:{}?tls=required",
            self.port
        ))
    }

    /// The same, signing in with a name and a password.
    pub fn mailer_with_login(&self, name: &str, password: &str) -> SmtpMailer {
        self.mailer_by(&format!("smtp://{name}:{password}@127.0.0.1:{}", self.port))
    }

    fn mailer_by(&self, url: &str) -> SmtpMailer {
        SmtpMailer::new(&configured(url)).unwrap()
    }
}

fn configured(url: &str) -> MailConfig {
    let config = MailConfig::read(|name| match name {
        "LEADGATE_SMTP_URL" => Some(url.to_owned()),
        "LEADGATE_MAIL_FROM" => Some("Leadgate <leadgate@vendor.example>".to_owned()),
        _ => None,
    });
    config.unwrap().unwrap()
}

async fn converse(stream: TcpStream, shared: Shared) {
    // A client that hangs up ends the conversation.
    let _ = try_converse(stream, shared).await;
}

async fn try_converse(stream: TcpStream, shared: Shared) -> std::io::Result<()> {
    let mood = shared.mood.lock().unwrap().clone();
    let mut is_secure = matches!(shared.door, Door::Tls(_));
    let stream: Box<dyn Stream> = match &shared.door {
        Door::Tls(tls) => Box::new(tls.accept(stream).await?),
        Door::Plain | Door::StartTls(_) => Box::new(stream),
    };
    let mut stream: Line = BufReader::new(stream);
    if mood == Mood::Silent {
        std::future::pending::<()>().await;
    }
    stream.write_all(b"220 mail.example ESMTP\r\n").await?;
    let mut recipients = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_uppercase();
        if !is_secure {
            shared.in_clear.lock().unwrap().push(line.trim_end().to_owned());
        }
        if let (Door::StartTls(tls), "STARTTLS") = (&shared.door, command.as_str()) {
            stream.write_all(b"220 go ahead\r\n").await?;
            stream = BufReader::new(Box::new(tls.accept(stream.into_inner()).await?));
            is_secure = true;
            continue;
        }
        let answer = if command.starts_with("EHLO") && !is_secure && matches!(shared.door, Door::StartTls(_)) {
            "250-mail.example\r\n250 STARTTLS\r\n".to_owned()
        } else if command.starts_with("EHLO") {
            "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n".to_owned()
        } else if command.starts_with("AUTH") && mood == Mood::Locked {
            // Some servers repeat what they were given.
            format!("535 5.7.8 {} is not a password here\r\n", line.trim_end())
        } else if command.starts_with("AUTH") {
            "235 ok\r\n".to_owned()
        } else if command.starts_with("RCPT TO:") {
            let address = address_in(&line);
            match &mood {
                Mood::Refuses(refused) if *refused == address => format!("550 5.1.1 {address}: no such mailbox\r\n"),
                Mood::Busy => "451 4.3.2 try again later\r\n".to_owned(),
                _ => {
                    recipients.push(address);
                    "250 ok\r\n".to_owned()
                }
            }
        } else if command == "DATA" {
            stream.write_all(b"354 go on\r\n").await?;
            let Some(raw) = read_data(&mut stream, &mood).await? else {
                return Ok(());
            };
            let recipients = std::mem::take(&mut recipients);
            shared.taken.lock().unwrap().push(Received { recipients, raw });
            shared.count.send_modify(|count| *count += 1);
            if mood == Mood::DropsAfter {
                return Ok(());
            }
            if let Mood::Slow(pause) = mood {
                tokio::time::sleep(pause).await;
            }
            "250 taken\r\n".to_owned()
        } else if command == "QUIT" {
            stream.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            "250 ok\r\n".to_owned()
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

fn address_in(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap();
    rest.split_once('>').unwrap().0.to_owned()
}

/// Reads up to the lone dot; `None` when the conversation broke off before.
async fn read_data(stream: &mut Line, mood: &Mood) -> std::io::Result<Option<String>> {
    let mut raw = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || *mood == Mood::DropsWithin {
            return Ok(None);
        }
        if line == ".\r\n" {
            return Ok(Some(raw));
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
