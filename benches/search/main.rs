//! `cargo bench --bench search`: what searching is worth and what it costs, against
//! the limits the project holds itself to. The exit code is 1 if one of them is
//! broken.
//!
//! - `CRANFIELD=<folder>`: ranking quality; `cranfield.sh` gets the collection
//! - `CORPUS=<folder>`: time and memory over files that `corpus.py` has written;
//!   `fts5.py` asks SQLite FTS5, the peer, the same questions
//!
//! What is not given is not measured.

mod latency;
mod ranking;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Cargo passes `--bench`, and passes it to tests too: nothing to measure there.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all limits hold.
fn measure() -> anyhow::Result<bool> {
    let mut held = true;
    if let Some(folder) = std::env::var_os("CRANFIELD") {
        held &= ranking::measure(folder.as_ref())?;
    }
    if let Some(folder) = std::env::var_os("CORPUS") {
        held &= latency::measure(folder.as_ref())?;
    }
    Ok(held)
}
