//! The program itself, as a process of its own with a database, a secret and a log; it is killed when dropped.

use std::fs::File;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::client::Client;
use super::database::{Backend, TestDatabase};
use super::sql;

/// How long the program may take to be ready, or to end.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Program {
    pub origin: String,
    pub database: TestDatabase,
    folder: TempDir,
    children: Vec<Child>,
    variables: Vec<(&'static str, String)>,
}

impl Program {
    /// Serves a database that holds the cast, at this level of the log.
    pub async fn serve(backend: Backend, variables: &[(&'static str, String)]) -> Self {
        let program = Self::start("serve", backend, variables);
        program.ready().await;
        program
    }

    async fn ready(&self) {
        let client = Client::new(&self.origin);
        let start = Instant::now();
        while client.try_get("/readyz").await.is_none_or(|page| page.status() != 200) {
            assert!(start.elapsed() < PATIENCE, "the program is never ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Does the background work alone, by so many processes on one database.
    pub fn work(backend: Backend, processes: usize, variables: &[(&'static str, String)]) -> Self {
        let mut program = Self::start("work", backend, variables);
        for _ in 1..processes {
            program
                .children
                .push(spawn("work", &program.folder, &program.variables));
        }
        program
    }

    /// Serves a database with nothing in it, not even tables.
    pub async fn serve_for_the_first_time(backend: Backend) -> Self {
        let program = Self::start_on(TestDatabase::empty(backend), "serve", &[]);
        program.ready().await;
        program
    }

    fn start(command: &'static str, backend: Backend, variables: &[(&'static str, String)]) -> Self {
        Self::start_on(TestDatabase::new(backend), command, variables)
    }

    fn start_on(database: TestDatabase, command: &'static str, variables: &[(&'static str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut variables = variables.to_vec();
        variables.push(("DATABASE_URL", database.url()));
        variables.push(("LEADGATE_LISTEN", address.to_string()));
        variables.push((
            "LEADGATE_SECRET_FILE",
            folder.path().join("secret").display().to_string(),
        ));
        let children = vec![spawn(command, &folder, &variables)];
        Program {
            origin: format!("http://{address}"),
            database,
            folder,
            children,
            variables,
        }
    }

    /// Kills a worker in the middle of whatever it does.
    pub fn kill_worker(&mut self, number: usize) {
        self.children[number].kill().unwrap();
        self.children[number].wait().unwrap();
    }

    /// Starts another one in its place.
    pub fn start_worker(&mut self, number: usize) {
        self.children[number] = spawn("work", &self.folder, &self.variables);
    }

    /// Serves again after it was killed, on the same database and address.
    pub async fn serve_again(&mut self) {
        self.children[0] = spawn("serve", &self.folder, &self.variables);
        self.ready().await;
    }

    /// Asks it to stop, as a supervisor does.
    pub fn ask_to_stop(&self) {
        let id = self.children[0].id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has stopped.
    pub async fn stopped(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.children[0].try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "the program does not stop: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn anybody(&self) -> Client {
        Client::new(&self.origin)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Everything that it wrote so far, in a file that a command can be given.
    pub fn copy_of_log(&self) -> String {
        let copy = self.folder.path().join("copy");
        std::fs::copy(self.log_file(), &copy).unwrap();
        copy.display().to_string()
    }

    /// Whether another command on the same database ends well, and what it says.
    pub fn say(&self, arguments: &[&str]) -> (bool, String) {
        let said = Command::new(env!("CARGO_BIN_EXE_leadgate"))
            .args(arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let told = [said.stdout, said.stderr].concat();
        (said.status.success(), String::from_utf8_lossy(&told).into_owned())
    }

    /// The same, where the command reads something from its standard input.
    pub fn say_with(&self, arguments: &[&str], input: &str) -> (bool, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_leadgate"))
            .args(arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let said = child.wait_with_output().unwrap();
        let told = [said.stdout, said.stderr].concat();
        (said.status.success(), String::from_utf8_lossy(&told).into_owned())
    }

    /// Waits until so many links for a new password are in the outbox.
    pub async fn queued_links(&self, count: i64) {
        let queued = |program: &Program| {
            let mut conn = program.database.connector.open().unwrap();
            sql::number(&mut conn, "SELECT count(*) FROM outbox WHERE kind = 'account.reset'") >= count
        };
        self.wait(queued, "that the links were queued").await;
    }

    /// Waits until the log says so.
    pub async fn logged(&self, words: &str) {
        self.wait(|program| program.log().contains(words), words).await;
    }

    /// Waits until the outbox says of so many messages that they were sent.
    pub async fn sent(&self, count: usize) {
        let count = count as i64;
        let sent = |program: &Program| {
            let mut conn = program.database.connector.open().unwrap();
            sql::number(&mut conn, "SELECT count(*) FROM outbox WHERE state = 'sent'") >= count
        };
        self.wait(sent, "that everything was sent").await;
    }

    async fn wait(&self, is_so: impl Fn(&Program) -> bool, what: &str) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < PATIENCE, "never {what}: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everything that it wrote so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_file()).unwrap()).into_owned()
    }
}

fn spawn(command: &str, folder: &TempDir, variables: &[(&'static str, String)]) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.path().join("log"))
        .unwrap();
    Command::new(env!("CARGO_BIN_EXE_leadgate"))
        .arg(command)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .current_dir(folder.path())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for Program {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
