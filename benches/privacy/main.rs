//! Scans lines of JSON, for `measure.py`.
//!
//! Each line of the input is an object. Each line of the output is the object as it
//! is stored, with `counts`, or the reason why it is not taken. With `--time`, reads
//! all lines first and prints the microseconds that one takes.

use std::{
    hint::black_box,
    io::{self, BufRead, Write},
    time::Instant,
};

use leitl::server::privacy::{Mode, Scanner};
use serde_json::{Map, Value, json};

/// How often `--time` scans every line.
const ROUNDS: u32 = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let scanner = Scanner::new(Mode::Redact)?;
    let built = started.elapsed();
    let mut lines = io::stdin()
        .lock()
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<Result<Vec<Map<String, Value>>, Box<dyn std::error::Error>>>()?;
    if std::env::args().any(|argument| argument == "--time") {
        let bytes: usize = lines.iter().map(|line| json!(line).to_string().len()).sum();
        let mut copies = vec![lines.clone(); ROUNDS as usize];
        let started = Instant::now();
        for line in copies.iter_mut().flatten() {
            let _ = black_box(scanner.scan_json(line));
        }
        let each = started.elapsed() / ROUNDS / u32::try_from(lines.len())?;
        println!(
            "{} objects of {} bytes: {:.2} µs each; the scanner took {:.1} ms to build",
            lines.len(),
            bytes / lines.len(),
            each.as_secs_f64() * 1e6,
            built.as_secs_f64() * 1e3,
        );
        return Ok(());
    }
    let mut out = io::stdout().lock();
    for line in &mut lines {
        let answer = match scanner.scan_json(line) {
            Ok(counts) => json!({"object": line, "counts": counts}),
            Err(refusal) => json!({"refused": refusal.kind.to_string(), "at": refusal.pointer}),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
