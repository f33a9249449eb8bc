//! A browser as small as it can be: one connection that stays open, cookies, forms. It measures nothing.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub struct Client {
    stream: BufReader<TcpStream>,
    /// When it last had an answer.
    used: Instant,
    host: SocketAddr,
    cookies: BTreeMap<String, String>,
    /// Where the proxy says that this client is.
    address: Option<String>,
    takes_gzip: bool,
    request: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection that was idle for longer is made anew: the server closes it after five seconds.
const KEPT: Duration = Duration::from_secs(3);

fn connect(host: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(host).expect("the server listens");
    stream.set_nodelay(true).expect("a socket takes its options");
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a socket takes its options");
    BufReader::with_capacity(64 * 1024, stream)
}

impl Client {
    pub fn new(host: SocketAddr) -> Self {
        Client {
            stream: connect(host),
            used: Instant::now(),
            host,
            cookies: BTreeMap::new(),
            address: None,
            takes_gzip: false,
            request: Vec::new(),
        }
    }

    /// The same person on a connection of their own.
    pub fn again(&self) -> Self {
        Client {
            cookies: self.cookies.clone(),
            ..Client::new(self.host)
        }
    }

    pub fn with_gzip(mut self) -> Self {
        self.takes_gzip = true;
        self
    }

    /// Sends the form of the sign-in page, as a person of this address whom nobody knows yet.
    pub fn try_sign_in(&mut self, email: &str, password: &str, address: &str) -> Answer {
        self.cookies.clear();
        self.address = Some(address.to_owned());
        self.post("/sign-in", &[("email", email), ("password", password)])
    }

    /// Signs in through the form.
    pub fn sign_in(&mut self, email: &str, password: &str, address: &str) {
        let answer = self.try_sign_in(email, password, address);
        assert_eq!(answer.status, 303, "{email} can't sign in: {}", answer.text());
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        self.send("POST", path, &pairs.join("&"))
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.request.clear();
        let _ = write!(self.request, "{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let _ = write!(self.request, "cookie: {}\r\n", cookies.join("; "));
        }
        if let Some(address) = &self.address {
            let _ = write!(self.request, "x-forwarded-for: {address}\r\n");
        }
        if self.takes_gzip {
            let _ = write!(self.request, "accept-encoding: gzip\r\n");
        }
        if method == "POST" {
            let kind = "application/x-www-form-urlencoded";
            let _ = write!(
                self.request,
                "sec-fetch-site: same-origin\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n",
                body.len()
            );
        }
        let _ = write!(self.request, "\r\n{body}");
        if self.used.elapsed() > KEPT {
            self.stream = connect(self.host);
        }
        self.stream
            .get_mut()
            .write_all(&self.request)
            .expect("the server takes requests");
        let answer = self.receive();
        self.used = Instant::now();
        answer
    }

    fn receive(&mut self) -> Answer {
        let line = self.line();
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut answer = Answer {
            status: status.unwrap_or_else(|| panic!("not an answer: {line:?}")),
            location: String::new(),
            body: Vec::new(),
        };
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().expect("a length"),
                "transfer-encoding" => is_chunked = true,
                "location" => value.clone_into(&mut answer.location),
                "set-cookie" => self.keep(value),
                _ => {}
            }
        }
        if is_chunked {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).expect("the size of a chunk");
                self.take(size, &mut answer.body);
                self.line();
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length, &mut answer.body);
        }
        answer
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("the server answers");
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        line
    }

    fn take(&mut self, count: usize, into: &mut Vec<u8>) {
        let start = into.len();
        into.resize(start + count, 0);
        self.stream.read_exact(&mut into[start..]).expect("the server answers");
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else {
            return;
        };
        // What was just done is told once; a measured request does not carry it.
        if name.contains("session") {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// Every text that stands between two others, in order.
pub fn all_between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    let parts = text.split(before).skip(1);
    parts
        .filter_map(|part| part.split_once(after).map(|(found, _)| found))
        .collect()
}
