//! A real mail server on a port of its own: it speaks SMTP, keeps what it took, and misbehaves on demand.

use std::sync::{Arc, Mutex};

use leadgate::mail::{MailConfig, SmtpMailer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

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
}

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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut server = SmtpServer {
            port: listener.local_addr().unwrap().port(),
            shared: Shared {
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

    /// Waits until this many messages were taken.
    pub async fn took(&self, count: usize) {
        let mut counted = self.shared.count.subscribe();
        counted.wait_for(|taken| *taken >= count).await.unwrap();
    }

    /// A mailer that sends by this server.
    pub fn mailer(&self) -> SmtpMailer {
        self.mailer_by(&format!("smtp://127.0.0.1:{}", self.port))
    }

    /// The same, signing in with a name and a password.
    pub fn mailer_with_login(&self, name: &str, password: &str) -> SmtpMailer {
        self.mailer_by(&format!("smtp://{name}:{password}@127.0.0.1:{}", self.port))
    }

    fn mailer_by(&self, url: &str) -> SmtpMailer {
        let config = MailConfig::read(|name| match name {
            "LEADGATE_SMTP_URL" => Some(url.to_owned()),
            "LEADGATE_MAIL_FROM" => Some("Leadgate <leadgate@vendor.example>".to_owned()),
            _ => None,
        });
        SmtpMailer::new(&config.unwrap().unwrap()).unwrap()
    }
}

async fn converse(stream: TcpStream, shared: Shared) {
    // A client that hangs up ends the conversation.
    let _ = try_converse(stream, shared).await;
}

async fn try_converse(stream: TcpStream, shared: Shared) -> std::io::Result<()> {
    let mood = shared.mood.lock().unwrap().clone();
    let mut stream = BufReader::new(stream);
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
        let answer = if command.starts_with("EHLO") {
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
async fn read_data(stream: &mut BufReader<TcpStream>, mood: &Mood) -> std::io::Result<Option<String>> {
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
