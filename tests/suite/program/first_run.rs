//! The first administrator, by the link in the log of a program that was just installed, and by the command line.

use leadgate::cli::demo::cast;

use crate::support::client::Client;
use crate::support::database::Backend;
use crate::support::program::Program;

const EMAIL: &str = "olga@vendor.example";
const PASSWORD: &str = "seven herons walk home";

async fn signs_in(client: &Client, email: &str) -> bool {
    let fields = [("email", email), ("password", PASSWORD)];
    client.post("/sign-in", &fields).await.status() == 303 && client.get("/users").await.status() == 200
}

/// The path of the one-time link that the program wrote to its log.
async fn link(program: &Program) -> String {
    program.logged("this link makes the first administrator").await;
    let log = program.log();
    let url = log.split_whitespace().find(|word| word.contains("/first-run?token="));
    let url = url.expect("the log has the link");
    url.strip_prefix(&program.origin)
        .expect("under the own address")
        .to_owned()
}

async fn the_link_in_the_log_makes_the_first_administrator_once(backend: Backend) {
    let program = Program::serve_for_the_first_time(backend).await;
    let (olga, path) = (program.anybody(), link(&program).await);
    assert_eq!(olga.get("/sign-in").await.heading(), "Nobody has an account yet");

    let page = olga.get(&path).await;
    let fields = [
        ("name", "Olga Dahl"),
        ("email", EMAIL),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    let done = olga.submit(&page, "Create administrator", &fields).await;

    assert_eq!(done.location(), "/sign-in", "{}", done.text());
    assert!(signs_in(&olga, EMAIL).await);
    assert_eq!(program.anybody().get(&path).await.status(), 410, "once");
}

async fn the_command_line_makes_an_administrator_with_a_password_from_its_input(backend: Backend) {
    let program = Program::serve_for_the_first_time(backend).await;
    let path = link(&program).await;
    let create = ["admin", "create", "--email", EMAIL, "--name", "Olga Dahl"];

    let (is_made, told) = program.say_with(&create, "too short\n");
    assert!(!is_made && told.contains("15 characters"), "{told}");
    let (is_made, told) = program.say_with(&create, &format!("{PASSWORD}\n"));

    assert!(is_made && told.contains("may sign in at"), "{told}");
    assert!(!told.contains(PASSWORD), "{told}");
    let olga = program.anybody();
    assert!(signs_in(&olga, EMAIL).await);
    assert_eq!(
        program.anybody().get(&path).await.status(),
        410,
        "the link of the first run is over"
    );
    let rows = olga.get("/audit?act=user.created").await.rows();
    assert!(rows.len() == 1 && rows[0].contains("Command line"), "{rows:?}");
    let (is_made, told) = program.say_with(&create, &format!("{PASSWORD}\n"));
    assert!(!is_made && told.contains("already"), "{told}");
    assert!(
        !signs_in(&program.anybody(), cast::ADA).await,
        "there is no default account"
    );
}

#[actix_web::test]
async fn the_link_in_the_log_makes_the_first_administrator_once_on_sqlite() {
    the_link_in_the_log_makes_the_first_administrator_once(Backend::Sqlite).await;
}

#[actix_web::test]
async fn the_link_in_the_log_makes_the_first_administrator_once_on_postgres() {
    the_link_in_the_log_makes_the_first_administrator_once(Backend::Postgres).await;
}

#[actix_web::test]
async fn the_command_line_makes_an_administrator_with_a_password_from_its_input_on_sqlite() {
    the_command_line_makes_an_administrator_with_a_password_from_its_input(Backend::Sqlite).await;
}

#[actix_web::test]
async fn the_command_line_makes_an_administrator_with_a_password_from_its_input_on_postgres() {
    the_command_line_makes_an_administrator_with_a_password_from_its_input(Backend::Postgres).await;
}
