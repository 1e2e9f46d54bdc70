//! Why a hook could not do its work: it says nothing to the agent, so it is written
//! down.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
};

use crate::cli::{keeper::state::Folder, output};

/// How long the file may become before it begins anew, in bytes.
const MAX_LOG: u64 = 64 * 1024;

/// Adds one line to `hook.log` in the folder of the state. That it cannot be written
/// must not disturb the agent either.
pub fn write(folder: &Folder, event: &str, trouble: &str) {
    let path = folder.path().join("hook.log");
    let full = fs::metadata(&path).is_ok_and(|found| found.len() > MAX_LOG);
    let line = format!("{} {event}: {trouble}", crate::server::now());
    let _ = OpenOptions::new()
        .create(true)
        .write(true)
        .append(!full)
        .truncate(full)
        .mode(0o600)
        .open(path)
        .and_then(|mut log| log.write_all((output::clean_line(&line) + "\n").as_bytes()));
}
