//! What commands print on standard output: for people, or JSON for programs.
//!
//! Names and texts come from other machines, so control characters in them, which
//! could move the cursor or forge lines, do not reach a terminal.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::Context;
use serde::Serialize;

use crate::protocol::{Timestamp, format_uptime};

/// Prints text for people. Its styles stay only on a terminal that shows them, and
/// not with `NO_COLOR` (<https://no-color.org>).
///
/// # Errors
/// If it cannot be written. A reader that has seen enough is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    print_live(text).map(drop)
}

/// As [`print()`], for what goes on until nobody reads it: whether there may still be
/// a reader.
///
/// # Errors
/// As [`print()`].
pub fn print_live(text: &str) -> anyhow::Result<bool> {
    read_on(anstream::stdout().write_all(text.as_bytes()))
}

/// Prints the text of a file: as it is for a program, without control characters on
/// a terminal.
///
/// # Errors
/// As [`print()`].
pub fn print_file(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout();
    written(if output.is_terminal() {
        output.write_all(clean_text(text).as_bytes())
    } else {
        output.write_all(text.as_bytes())
    })
}

/// Prints an answer of the server as JSON.
///
/// # Errors
/// As [`print()`].
pub fn print_json(answer: &impl Serialize) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(answer)? + "\n";
    written(io::stdout().write_all(json.as_bytes()))
}

fn written(outcome: io::Result<()>) -> anyhow::Result<()> {
    read_on(outcome).map(drop)
}

/// Whether what was written had a reader.
fn read_on(outcome: io::Result<()>) -> anyhow::Result<bool> {
    match outcome.and_then(|()| io::stdout().flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).context("cannot write to standard output"),
    }
}

/// One line without control characters.
pub fn clean_line(line: &str) -> String {
    line.chars().map(shown).collect()
}

/// Text of several lines without other control characters.
pub fn clean_text(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter,
            _ => shown(letter),
        })
        .collect()
}

/// The letter, or the replacement character for one that steers a terminal.
pub fn shown(letter: char) -> char {
    if letter.is_control() {
        char::REPLACEMENT_CHARACTER
    } else {
        letter
    }
}

/// How long ago something was, in its largest unit.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", format_uptime(at.until(now)))
}

/// A size in its largest unit (IEC 80000-13): `512 B`, `1.5 KiB`, `20 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        // 1,023.95 would be rounded to 1024.0.
        if amount < 1023.5 {
            break;
        }
        amount /= 1024.0;
        unit = larger;
    }
    if amount < 9.95 {
        format!("{amount:.1} {unit}")
    } else {
        format!("{amount:.0} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (20 << 20, "20 MiB"),
            ((1 << 20) - 1, "1.0 MiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_file_cannot_steer_the_terminal() {
        assert_eq!(clean_line("a\u{1b}[2J\nb"), "a\u{fffd}[2J\u{fffd}b");
        assert_eq!(clean_text("a\n\tb\u{9b}1m\r"), "a\n\tb\u{fffd}1m\u{fffd}");
    }
}
