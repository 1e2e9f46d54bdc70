//! A port for another program.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

/// A port that is free and stays so until the program takes it. The kernel gives
/// ports above 32767 to whoever asks for any (ip(7), `ip_local_port_range`), and the
/// other tests do; a program in Python takes a second to start. So these are below,
/// each once.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Another run of the tests, at the same time, begins elsewhere.
    let first = u16::try_from(std::process::id() % 1000).unwrap() * 20;
    loop {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = 12_000 + (first + given) % 20_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
