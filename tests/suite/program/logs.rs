//! The log of a day's work, at its most talkative, names no person and tells no secret.

use diesel::connection::SimpleConnection;
use leadgate::cli::demo::cast;
use leadgate::domain::accounts::second_factor::secret::Secret;

use crate::support::certificates::Authority;
use crate::support::client::Client;
use crate::support::database::Backend;
use crate::support::program::Program;
use crate::support::smtp::{Door, Mood, SmtpServer};

/// Whatever a test types begins with this, in any spelling.
const CANARY: &str = "canary";

const PHONE: &str = "+46 8 555 314 15";
const NEW_PASSWORD: &str = "canary sieve ochre quill";

/// Everything that a person typed or was given in this test and the log must not know.
struct Secrets(Vec<String>);

impl Secrets {
    fn keep(&mut self, secret: impl Into<String>) -> String {
        let secret = secret.into();
        self.0.push(secret.clone());
        secret
    }

    fn keep_cookies(&mut self, client: &Client) {
        for name in ["leadgate-session", "leadgate-device"] {
            self.0.extend(client.cookie(name));
        }
    }
}

async fn signed_in(program: &Program, email: &str, secrets: &mut Secrets) -> Client {
    let client = program.anybody();
    client
        .post("/sign-in", &[("email", email), ("password", "canary wrong password")])
        .await;
    client
        .post(
            "/sign-in",
            &[("email", "canary@unknown.example"), ("password", cast::PASSWORD)],
        )
        .await;
    let page = client
        .post("/sign-in", &[("email", email), ("password", cast::PASSWORD)])
        .await;
    assert_eq!(page.status(), 303, "{}", page.text());
    secrets.keep_cookies(&client);
    client
}

/// Enters, corrects, finds, confirms and assigns a lead; gives its address.
async fn enter_a_lead(staff: &Client) -> String {
    let form = staff.get("/leads/new").await;
    let fields = [
        ("first_name", "Canaryfirst"),
        ("last_name", "Canarylast"),
        ("email", "canary.lead@nordlicht.example"),
        ("phone", PHONE),
        ("company", "Canary Company"),
        ("city", "Canarytown"),
        ("need", "Canary need"),
        ("internal_note", "Canary note"),
    ];
    let wrong = staff
        .submit(&form, "Create lead", &[fields[0], ("email", "canary no address")])
        .await;
    assert_eq!(wrong.status(), 422);
    let done = staff.submit(&form, "Create lead", &fields).await;
    assert_eq!(done.status(), 303, "{}", done.text());
    let lead = done.location();
    staff.get("/leads?q=Canarylast").await;
    staff.get("/leads/canary.lead%40nordlicht.example").await;
    let edit = staff.get(&format!("{lead}/edit")).await;
    staff.submit(&edit, "Save lead", &[("city", "Canaryville")]).await;
    let assign = staff.get(&format!("{lead}/assign?q=nils")).await;
    let nils = assign
        .forms()
        .iter()
        .flat_map(|form| form.fields.clone())
        .find(|(name, _)| name == "recipient");
    assert!(nils.is_none(), "nobody is chosen beforehand");
    lead
}

async fn import(staff: &Client) {
    let file = "First name,E-mail,Phone\nCanaryrow,canary.row@nordlicht.example,+46 8 555 314 15\nCanarybad,canary no address,1\n";
    let answer = staff.upload("/leads/import", "file", "canary.csv", file.into()).await;
    assert_eq!(answer.status(), 303, "{}", answer.text());
    let preview = staff.follow(&answer).await;
    let run = staff.submit(&preview, "Import 2 leads", &[]).await;
    for _ in 0..200 {
        if staff.get(&run.location()).await.status() == 303 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the import never ends");
}

async fn set_a_new_password(program: &Program, server: &SmtpServer, secrets: &mut Secrets) {
    let client = program.anybody();
    client.post("/forgotten-password", &[("email", cast::SAM)]).await;
    let mut count = 0;
    let message = loop {
        server.took(count + 1).await;
        count = server.taken().len();
        if let Some(message) = server
            .taken()
            .into_iter()
            .find(|message| message.recipients == [cast::SAM])
        {
            break message;
        }
    };
    let text = message.text();
    let token = text.split("/reset-password?token=").nth(1).unwrap();
    let token: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
    let token = secrets.keep(token);
    client.get(&format!("/reset-password?token={token}")).await;
    let fields = [
        ("token", token.as_str()),
        ("new", NEW_PASSWORD),
        ("again", NEW_PASSWORD),
    ];
    assert_eq!(client.post("/reset-password", &fields).await.status(), 303);
}

async fn set_up_a_second_factor(client: &Client, secrets: &mut Secrets) {
    let page = client.get("/account/second-factor").await;
    let text = secrets.keep(page.value("secret"));
    let secret = Secret::parse(&text).unwrap();
    let code = secret.code_at(leadgate::clock::Clock::now(&leadgate::clock::SystemClock));
    let page = client
        .submit(&page, "Turn on the second factor", &[("code", &code)])
        .await;
    assert_eq!(page.heading(), "Your recovery codes", "{}", page.text());
    let words = page.text();
    let codes = words
        .split_whitespace()
        .filter(|word| word.len() == 27 && word.matches('-').count() == 3);
    secrets.0.extend(codes.map(str::to_owned));
}

/// Lets the database refuse a row with what is in it, which is what its own messages repeat.
async fn break_the_database(program: &Program, staff: &Client) {
    let mut conn = program.database.connector.open().unwrap();
    conn.batch_execute("ALTER TABLE leads ADD CONSTRAINT test_refuses CHECK (last_name <> 'Canaryboom')")
        .unwrap();
    let form = staff.get("/leads/new").await;
    let fields = [("last_name", "Canaryboom"), ("email", "canary.boom@nordlicht.example")];
    assert_eq!(staff.submit(&form, "Create lead", &fields).await.status(), 500);
}

async fn say_nonsense(program: &Program) {
    use std::io::{Read, Write};
    let address = program.origin.strip_prefix("http://").unwrap();
    for request in [
        "GET /canary%0d%0a%1b[31mforged HTTP/1.1\r\nHost: canary.example\r\nUser-Agent: canary\x1b[31m\r\nCookie: canary=1\r\n\r\n",
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: canary\r\n\r\nemail=canary",
        "canary canary\r\n\r\n",
    ] {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

async fn a_day(backend: Backend) {
    // Given the program at its most talkative, with mail over TLS
    let authority = Authority::new("Ours");
    let server = SmtpServer::start_behind(Door::StartTls(authority.server("127.0.0.1"))).await;
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(roots.path(), authority.pem()).unwrap();
    let program = Program::serve(
        backend,
        &[
            ("RUST_LOG", "trace".to_owned()),
            ("LEADGATE_SMTP_URL", server.url("leadgate", "canary-smtp-password")),
            ("LEADGATE_SMTP_CA_FILE", roots.path().display().to_string()),
            ("LEADGATE_MAIL_FROM", "Leadgate <leadgate@vendor.example>".to_owned()),
        ],
    )
    .await;
    let mut secrets = Secrets(vec![
        cast::PASSWORD.to_owned(),
        PHONE.to_owned(),
        PHONE.replace(' ', ""),
    ]);

    // When people work with it, and fail at it
    let staff = signed_in(&program, cast::SOFIA, &mut secrets).await;
    let lead = enter_a_lead(&staff).await;
    import(&staff).await;
    crate::program::assign(&staff, &lead, "Nils Holm").await;
    let partner = signed_in(&program, cast::NILS, &mut secrets).await;
    let portal = format!("/portal{lead}");
    assert_eq!(partner.post(&format!("{portal}/open"), &[]).await.status(), 303);
    partner
        .post(&format!("{portal}/note"), &[("status_note", "Canary status")])
        .await;
    assert_eq!(partner.get("/leads?q=canary").await.status(), 403);
    set_a_new_password(&program, &server, &mut secrets).await;
    set_up_a_second_factor(&partner, &mut secrets).await;
    server.set_mood(Mood::Refuses(cast::NORA.to_owned()));
    program
        .anybody()
        .post("/forgotten-password", &[("email", cast::NORA)])
        .await;
    break_the_database(&program, &staff).await;
    say_nonsense(&program).await;
    staff.post("/sign-out", &[]).await;
    program.logged("refused for good").await;

    // Then the log tells what happened, and of whom nothing
    let log = program.log();
    assert!(log.contains("GET /leads 200") && log.contains("TRACE"), "{log}");
    assert!(log.contains(" failed: "), "the fault is in the log: {log}");
    let people = [
        cast::SOFIA,
        cast::NILS,
        cast::NORA,
        cast::SAM,
        "Sofia Lind",
        "Nils Holm",
        "Sam Okafor",
    ];
    let told: Vec<&str> = log
        .lines()
        .filter(|line| {
            line.to_lowercase().contains(CANARY)
                || secrets.0.iter().any(|secret| line.contains(secret.as_str()))
                || people.iter().any(|person| line.contains(person))
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert!(log.contains("GET /leads/… 404"), "{log}");
    assert!(
        !log.contains('\x1b'),
        "nothing colours the terminal of whoever reads it"
    );
}

#[actix_web::test]
async fn on_sqlite() {
    a_day(Backend::Sqlite).await;
}

#[actix_web::test]
async fn on_postgres() {
    a_day(Backend::Postgres).await;
}
