//! A wire to the database that a test can cut, and let carry nothing.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::database::TestDatabase;

pub struct Proxy {
    wires: Arc<Mutex<Vec<TcpStream>>>,
    is_cut: Arc<AtomicBool>,
    is_frozen: Arc<AtomicBool>,
}

impl Proxy {
    /// A proxy before a database on PostgreSQL, and the database as it is reached through it.
    pub fn before(database: TestDatabase) -> (Self, TestDatabase) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (server, database) = database.through(listener.local_addr().unwrap());
        let proxy = Proxy {
            wires: Arc::default(),
            is_cut: Arc::default(),
            is_frozen: Arc::default(),
        };
        let (wires, is_cut, is_frozen) = (proxy.wires.clone(), proxy.is_cut.clone(), proxy.is_frozen.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                wires
                    .lock()
                    .unwrap()
                    .extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                carry(
                    client.try_clone().unwrap(),
                    server.try_clone().unwrap(),
                    is_frozen.clone(),
                );
                carry(server, client, is_frozen.clone());
            }
        });
        (proxy, database)
    }

    /// Every connection ends, and no other is taken.
    pub fn stop(&mut self) {
        self.is_cut.store(true, Ordering::SeqCst);
        for wire in self.wires.lock().unwrap().drain(..) {
            let _ = wire.shutdown(Shutdown::Both);
        }
    }

    /// Connections stand, and carry nothing.
    pub fn freeze(&mut self) {
        self.is_frozen.store(true, Ordering::SeqCst);
    }

    pub fn go_on(&mut self) {
        self.is_cut.store(false, Ordering::SeqCst);
        self.is_frozen.store(false, Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_frozen: Arc<AtomicBool>) {
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            while is_frozen.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
