//! A program under measurement: starting it, what it has used, ending it.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use super::client::Client;

/// Everything that `leadgate` is started with.
#[derive(Clone)]
pub struct Installation {
    pub program: PathBuf,
    pub database: String,
    pub folder: PathBuf,
    /// The only core that it may use.
    pub core: Option<usize>,
}

impl Installation {
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = match self.core {
            None => Command::new(&self.program),
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string()]).arg(&self.program);
                command
            }
        };
        command
            .args(words)
            .env("DATABASE_URL", &self.database)
            .env("LEADGATE_SECRET_FILE", self.folder.join("secret.key"))
            // Each client has an address of its own, as behind a proxy: sign-ins are counted by address.
            .env("LEADGATE_TRUSTED_PROXIES", "127.0.0.1")
            .env("LEADGATE_LISTEN", "127.0.0.1:1");
        for name in ["LEADGATE_BASE_URL", "LEADGATE_SMTP_URL", "RUST_LOG"] {
            command.env_remove(name);
        }
        command
    }

    /// Makes the demonstration with so many leads.
    pub fn begin_making(&self, leads: usize, log: &str) -> Child {
        fs::create_dir_all(&self.folder).expect("the folder can be made");
        let log = File::create(self.folder.join(log)).expect("the log can be written");
        self.command(&["demo", "--leads", &leads.to_string(), "--fill-only"])
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("leadgate can be started")
    }

    pub fn make_administrator(&self, email: &str, password: &str) {
        let mut child = self
            .command(&["admin", "create", "--email", email, "--name", "Load"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("leadgate can be started");
        let mut input = child.stdin.take().expect("a pipe");
        writeln!(input, "{password}").expect("it reads the password");
        drop(input);
        assert!(child.wait().expect("it ends").success(), "{email} was not made");
    }

    /// Serves, and tells how long it took until it was ready.
    pub fn serve(&self) -> (Server, Duration) {
        let address = free_address();
        let log = File::create(self.folder.join("server.log")).expect("the log can be written");
        let mut command = self.command(&["serve"]);
        command
            .env("LEADGATE_LISTEN", address.to_string())
            .stdout(Stdio::null())
            .stderr(log);
        let began = Instant::now();
        let server = Server::start(&mut command, address);
        while Client::new(address).get("/readyz").status != 200 {
            assert!(began.elapsed() < Duration::from_secs(60), "leadgate is never ready");
            std::thread::sleep(Duration::from_millis(2));
        }
        (server, began.elapsed())
    }
}

pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(command: &mut Command, address: SocketAddr) -> Self {
        let process = command.spawn().expect("the program can be started");
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "nobody listens on {address}");
            std::thread::sleep(Duration::from_millis(2));
        }
        Server { process, address }
    }

    /// The bare server of the same framework.
    pub fn hello() -> Self {
        let address = free_address();
        let own = std::env::current_exe().expect("this program has a path");
        Self::start(Command::new(own).arg("hello").arg(address.to_string()), address)
    }

    /// Waits until it has no work of its own left (what was made in a hurry is sealed after the start), and tells how long that took.
    pub fn settle(&self) -> Duration {
        let began = Instant::now();
        let second = Duration::from_secs(1);
        loop {
            let before = self.cpu();
            std::thread::sleep(second);
            if self.cpu() - before < second.as_micros() as f64 / 50.0 {
                return began.elapsed();
            }
            assert!(began.elapsed() < Duration::from_secs(600), "leadgate is never quiet");
        }
    }

    /// Processor time that the program has used, in microseconds.
    pub fn cpu(&self) -> f64 {
        let process = Pid::from_raw(self.process.id().cast_signed());
        let clock = ClockId::pid_cpu_clock_id(process).expect("it runs");
        Duration::from(clock_gettime(clock).expect("it has a clock")).as_secs_f64() * 1e6
    }

    /// The most memory that it ever held, in MiB.
    pub fn largest_memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.expect("proc(5)") / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    socket.local_addr().expect("a socket has an address")
}

pub fn megabytes(file: &Path) -> f64 {
    fs::metadata(file).expect("the file is there").len() as f64 / 1e6
}
