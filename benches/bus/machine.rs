//! The machine: what it is, and how many files we may open.

use std::fs;

use anyhow::{Context, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that a crowd of sockets needs, with room to spare.
const FILES: u64 = 2048;

/// Raises the number of files this process may open to what it is allowed.
pub fn raise_file_limit() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )
    .context("cannot raise the limit of open files")?;
    ensure!(
        limit.maximum.is_none_or(|maximum| maximum >= FILES),
        "the hard limit of open files is under {FILES}; see `ulimit -Hn`"
    );
    Ok(())
}

/// Processor, cores, kernel and load, in one line.
pub fn describe() -> anyhow::Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("processor of unknown name", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let cores = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!(
        "{model}, {cores} cores, Linux {}, load {load} before the first measurement",
        kernel.trim()
    ))
}
