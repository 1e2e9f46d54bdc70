//! A server of our own, and what the kernel says about it.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{sleep, timeout},
};

const BINARY: &str = env!("CARGO_BIN_EXE_leitl");

/// How long a start or a stop may take.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long memory is watched for a rest, and the time between two looks.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);
const SETTLE_PAUSE: Duration = Duration::from_millis(500);

/// The real binary with its private Redis, on a port of its own.
pub struct Server {
    process: Child,
    /// Kept open: a server whose output nobody reads may stop at a full pipe.
    _output: Lines<BufReader<ChildStdout>>,
    address: String,
    token: String,
    _data: TempDir,
}

impl Server {
    /// Starts it, without the limits that a bench would run into.
    pub async fn start() -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let mut process = Command::new(BINARY)
            .args(["serve", "--addr", "127.0.0.1:0", "--data-dir"])
            .arg(data.path())
            .env("RUST_LOG", "warn")
            .env("LEITL_LIMITS__BROADCASTS_PER_MINUTE", "1000000")
            .env("LEITL_LIMITS__USER_BROADCASTS_PER_MINUTE", "1000000")
            .env("LEITL_LIMITS__FRAMES_PER_SECOND", "10000")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {BINARY}"))?;
        let output = process.stdout.take().context("no standard output")?;
        let mut output = BufReader::new(output).lines();
        let live = async {
            while let Some(line) = output.next_line().await? {
                if let Some(address) = line.strip_prefix("LEITL is live at http://") {
                    return Ok(address.to_owned());
                }
            }
            bail!("the server ended before it was live")
        };
        let address = timeout(START_LIMIT, live)
            .await
            .context("the server did not come up")??;
        let token = Command::new(BINARY)
            .args(["token", "--user", "bench", "--data-dir"])
            .arg(data.path())
            .output()
            .await?;
        ensure!(token.status.success(), "leitl token failed");
        Ok(Self {
            process,
            _output: output,
            address,
            token: String::from_utf8(token.stdout)?.trim().to_owned(),
            _data: data,
        })
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A user token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Resident memory in bytes, once it has come to rest.
    pub async fn settled_memory(&self) -> anyhow::Result<u64> {
        let began = Instant::now();
        let mut last = self.memory()?;
        loop {
            sleep(SETTLE_PAUSE).await;
            let now = self.memory()?;
            if now == last {
                return Ok(now);
            }
            ensure!(
                began.elapsed() < SETTLE_LIMIT,
                "the server's memory does not come to rest"
            );
            last = now;
        }
    }

    /// `VmRSS` of proc(5), in bytes.
    fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let kilobytes: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .context("no VmRSS")?
            .trim()
            .parse()?;
        Ok(kilobytes * 1024)
    }

    /// Processor time of the server without its Redis: `utime` and `stime` of proc(5).
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid()?))?;
        // The name in parentheses may hold spaces; what follows it begins at field 3.
        let (_, fields) = stat.rsplit_once(") ").context("no process name")?;
        let ticks: u64 = fields
            .split(' ')
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>())
            .sum::<Result<_, _>>()?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
    }

    /// Stops it as an operator would, so that its Redis stops too.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let pid = Pid::from_raw(self.pid()?.try_into()?).context("no process id")?;
        kill_process(pid, Signal::TERM)?;
        let status = timeout(START_LIMIT, self.process.wait())
            .await
            .context("the server did not stop")??;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    fn pid(&self) -> anyhow::Result<u32> {
        self.process.id().context("the server has ended")
    }
}
