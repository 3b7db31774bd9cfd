//! Small mail servers that do one thing each.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a server does with a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    /// Says this and waits for QUIT.
    Greet(&'static str),
    /// Says nothing.
    Mute,
    /// Resets at once.
    Reset,
    /// Closes at once.
    Close,
}

/// A running server; it ends with its value.
pub(crate) struct Server {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves from the calling thread's namespace.
    pub(crate) fn start(port: u16, service: Service) -> Self {
        let listener = TcpListener::bind(("::", port)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => drop(std::thread::spawn(move || serve(&stream, service))),
                    Err(_) => std::thread::sleep(Duration::from_millis(2)),
                }
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(mut stream: &TcpStream, service: Service) {
    let _ = stream.set_nonblocking(false);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let mut buffer = [0; 64];
    match service {
        Service::Greet(greeting) => {
            let _ = stream.write_all(greeting.as_bytes());
            let said = stream.read(&mut buffer).unwrap_or(0);
            if &buffer[..said] == b"QUIT\r\n" {
                let _ = stream.write_all(b"221 bye\r\n");
            }
        }
        Service::Mute => {
            let _ = stream.read(&mut buffer);
        }
        Service::Reset => {
            let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
        Service::Close => {}
    }
}
