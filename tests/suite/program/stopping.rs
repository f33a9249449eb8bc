//! A program that is asked to stop finishes what is under way: no request that was taken goes without its answer, no
//! message goes twice.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use leadgate::cli::demo::cast;

use crate::support::client::encoded;
use crate::support::database::Backend;
use crate::support::program::Program;
use crate::support::smtp::{Mood, SmtpServer};

const CLIENTS: usize = 8;

/// Whoever signs in meanwhile: that takes its time, and they wait for one another.
const SIGNING_IN: [&str; 6] = [cast::ADA, cast::SOFIA, cast::NORA, cast::NILS, cast::SAM, cast::AINO];

/// The program accepts connections so long after it was asked to stop.
const ACCEPTS_FOR: Duration = Duration::from_millis(450);

/// What the clients saw, over all of them.
#[derive(Default)]
struct Seen {
    answered: AtomicUsize,
    /// The connection was accepted, and ended without an answer or in the middle of one.
    broken: AtomicUsize,
    asked_to_stop: OnceLock<Instant>,
}

impl Seen {
    /// Whether a connection that begins now may find the program's door closed.
    fn is_late(&self) -> bool {
        self.asked_to_stop
            .get()
            .is_some_and(|asked| asked.elapsed() > ACCEPTS_FOR)
    }
}

/// One whole answer, by its length; `None` where the connection ends before.
fn read_answer(stream: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16_384]);
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let is_whole = length.is_none_or(|length| body.len() >= length.trim().parse().unwrap_or(0));
            if is_whole {
                return Some(head.to_owned());
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Asks again and again on connections that stay open, as a proxy does, until the program takes no connection any more.
fn keep_asking(address: &str, seen: &Seen, is_over: &AtomicBool) {
    let request = format!("GET /sign-in HTTP/1.1\r\nHost: {address}\r\n\r\n");
    while !is_over.load(Ordering::SeqCst) {
        let is_late = seen.is_late();
        let Ok(mut stream) = TcpStream::connect(address) else {
            return;
        };
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        for count in 0.. {
            let sent = stream.write_all(request.as_bytes());
            match sent.ok().and_then(|()| read_answer(&mut stream)) {
                Some(head) => {
                    seen.answered.fetch_add(1, Ordering::SeqCst);
                    if head.contains("connection: close") {
                        break;
                    }
                }
                // Nobody had accepted it: a proxy asks another instance.
                None if is_late && count == 0 => break,
                None => {
                    seen.broken.fetch_add(1, Ordering::SeqCst);
                    break;
                }
            }
        }
    }
}

/// Sends a sign-in and waits for what becomes of it.
fn sign_in(address: &str, email: &str) -> Option<String> {
    let body = encoded(&[("email", email), ("password", cast::PASSWORD)]);
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    read_answer(&mut stream)
}

async fn stops_gracefully(backend: Backend) {
    // Given a program under load, in the middle of a message to a slow mail server
    let server = SmtpServer::start().await;
    server.set_mood(Mood::Slow(Duration::from_millis(1_500)));
    let mut program = Program::serve(
        backend,
        &[
            ("RUST_LOG", "warn".to_owned()),
            ("LEADGATE_SMTP_URL", server.mailer_url()),
            ("LEADGATE_MAIL_FROM", "Leadgate <leadgate@vendor.example>".to_owned()),
        ],
    )
    .await;
    let address = program.origin.strip_prefix("http://").unwrap().to_owned();
    let (seen, is_over) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (address, seen, is_over) = (address.clone(), seen.clone(), is_over.clone());
            std::thread::spawn(move || keep_asking(&address, &seen, &is_over))
        })
        .collect();
    program
        .anybody()
        .post("/forgotten-password", &[("email", cast::SAM)])
        .await;
    program
        .anybody()
        .post("/forgotten-password", &[("email", cast::KIM)])
        .await;
    program.queued_links(2).await;
    server.took(1).await;
    let slow: Vec<_> = SIGNING_IN
        .into_iter()
        .map(|email| {
            let address = address.clone();
            std::thread::spawn(move || sign_in(&address, email))
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(150)).await;

    // When it is asked to stop
    let (before, asked) = (seen.answered.load(Ordering::SeqCst), Instant::now());
    program.ask_to_stop();
    seen.asked_to_stop.set(asked).unwrap();
    let status = program.stopped().await;
    let took = asked.elapsed();
    is_over.store(true, Ordering::SeqCst);
    for client in clients {
        client.join().unwrap();
    }

    // Then it does, everybody got an answer, and the message under way went once
    assert!(status.success(), "{status}: {}", program.log());
    assert!(took < Duration::from_secs(25), "it took {took:?}");
    let answers: Vec<Option<String>> = slow.into_iter().map(|request| request.join().unwrap()).collect();
    for (email, answer) in SIGNING_IN.iter().zip(&answers) {
        assert!(
            answer.as_deref().is_some_and(|head| head.contains(" 303 ")),
            "{email}: {answer:?}"
        );
    }
    let (answered, broken) = (seen.answered.load(Ordering::SeqCst), seen.broken.load(Ordering::SeqCst));
    assert!(answered > before, "it served on while it stopped: {before}, {answered}");
    assert_eq!(broken, 0, "of {answered} requests so many got no answer");
    let mut conn = program.database.connector.open().unwrap();
    let states = crate::support::sql::texts(
        &mut conn,
        "SELECT state AS answer FROM outbox WHERE kind = 'account.reset' ORDER BY id",
    );
    let sent = states.iter().filter(|state| *state == "sent").count();
    assert_eq!(
        sent,
        server
            .taken()
            .iter()
            .filter(|mail| mail.header("Subject") == "Set a new password")
            .count()
    );
    assert!(sent >= 1 && states.len() == 2, "{states:?}");
}

#[actix_web::test]
async fn on_sqlite() {
    stops_gracefully(Backend::Sqlite).await;
}

#[actix_web::test]
async fn on_postgres() {
    stops_gracefully(Backend::Postgres).await;
}
