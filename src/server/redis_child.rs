//! The private Redis of a server without a Redis URL: a child process on a unix
//! socket in the data directory, so that there is one store and one code path
//! whether or not an operator runs Redis.
//!
//! The server signs in as a user who may do what `leitl redis-acl` allows, as at a
//! shared Redis. Who does not sign in may do all: only who may read the files beside the
//! socket can open it.

use std::{
    fs::{self, File},
    io::{Read, Seek, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail};
use redis::{Client, ConnectionAddr};
use rustix::fs::{FlockOperation, flock};
use tokio::{
    process::{Child, Command},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::store::{Endpoint, acl_rules};

/// As whom the server signs in.
const USER: &str = "leitl";

/// Programs that serve, in order of preference.
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// The longest path of a unix socket, in bytes (unix(7): 108 with the final zero).
const SOCKET_PATH_LIMIT: usize = 107;

/// How long a start may take: reading a day's log from disk.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How long a stop may take: writing what is left to disk.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A private Redis and the task that keeps it running.
pub struct RedisChild {
    endpoint: Endpoint,
    stop: CancellationToken,
    keeper: JoinHandle<()>,
}

/// What a child is started with.
struct Recipe {
    program: &'static str,
    directory: PathBuf,
    socket: PathBuf,
    namespace: String,
    /// Holds the directory for this process.
    _lock: File,
}

impl RedisChild {
    /// Starts Redis in a data directory, for the keys of a namespace, and waits until
    /// it answers.
    ///
    /// # Errors
    /// If there is no Redis to run, another server uses the directory, or Redis
    /// does not start; the message says which.
    pub async fn start(data_dir: &Path, namespace: &str) -> anyhow::Result<Self> {
        let directory = data_dir.join("redis");
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let lock = lock(&directory, data_dir)?;
        let directory = directory.canonicalize()?;
        let socket = socket_in(&directory);
        if socket.as_os_str().len() > SOCKET_PATH_LIMIT {
            bail!(
                "the path {} is too long for a socket ({SOCKET_PATH_LIMIT} bytes); choose a shorter data directory or give a Redis URL",
                socket.display()
            );
        }
        let program = find_program()?;
        let endpoint = Endpoint::at_socket(socket.clone(), USER)?;
        let recipe = Recipe {
            program,
            directory,
            socket,
            namespace: namespace.to_owned(),
            _lock: lock,
        };
        recipe.stop_orphan().await;
        let child = recipe.start(&endpoint).await?;
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(recipe.keep(child, endpoint.clone(), stop.clone()));
        Ok(Self {
            endpoint,
            stop,
            keeper,
        })
    }

    /// Where it is.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// Stops it and waits until its data is on disk.
    pub async fn stop(self) {
        self.stop.cancel();
        if self.keeper.await.is_err() {
            tracing::error!("the keeper of the private Redis failed");
        }
    }
}

/// Where the private Redis is of a server that runs: for commands.
///
/// # Errors
/// If none runs in this data directory.
pub fn find(data_dir: &Path) -> anyhow::Result<Endpoint> {
    let none_runs = || {
        format!(
            "no server with a private Redis runs in the data directory {}; start it, or give \
             the --redis-url of the Redis it uses",
            data_dir.display()
        )
    };
    let directory = data_dir.join("redis").canonicalize();
    let socket = socket_in(&directory.with_context(none_runs)?);
    UnixStream::connect(&socket).with_context(none_runs)?;
    Endpoint::at_socket(socket, USER)
}

fn socket_in(directory: &Path) -> PathBuf {
    directory.join("redis.sock")
}

/// Takes the directory for this process, or says who has it. The lock ends with
/// the process, however that ends.
fn lock(directory: &Path, data_dir: &Path) -> anyhow::Result<File> {
    let path = directory.join("lock");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut holder = String::new();
        let _ = file.read_to_string(&mut holder);
        bail!(
            "another leitl server (process {}) uses the data directory {}; \
             stop it, choose another --data-dir, or give both one --redis-url",
            holder.trim(),
            data_dir.display()
        );
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

fn find_program() -> anyhow::Result<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |program: &&str| {
        std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
    };
    PROGRAMS.into_iter().find(found).context(
        "found neither redis-server nor valkey-server on PATH: install one \
         (Debian: apt-get install redis-server), or give --redis-url",
    )
}

impl Recipe {
    /// Stops a Redis that a killed server left behind in this directory.
    async fn stop_orphan(&self) {
        // As the user who may do all.
        if let Ok(client) = Client::open(ConnectionAddr::Unix(self.socket.clone()))
            && let Ok(mut connection) = client.get_multiplexed_async_connection().await
        {
            tracing::warn!("stopping a Redis that an earlier server left behind");
            // It answers by closing the connection.
            let _: Result<(), _> = redis::cmd("SHUTDOWN").query_async(&mut connection).await;
            let until = Instant::now() + STOP_LIMIT;
            while self.socket.exists() && Instant::now() < until {
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    async fn start(&self, endpoint: &Endpoint) -> anyhow::Result<Child> {
        let log = self.directory.join("redis.log");
        let mut child = Command::new(self.program)
            .args([
                "--port",
                "0",
                "--daemonize",
                "no",
                "--save",
                "",
                "--appendonly",
                "yes",
                // By default it would compact its file at 64 MiB, in the middle of the
                // first reading of a usual source, and compress texts for that.
                "--auto-aof-rewrite-min-size",
                "256mb",
                "--rdbcompression",
                "no",
            ])
            // Not `default`: with its permissions Redis reads its log at a start, and
            // leaves out what they do not allow.
            .args(["--user", USER, "on", "nopass"])
            .args(acl_rules(&self.namespace, false))
            .args(["--unixsocketperm", "700", "--unixsocket"])
            .arg(&self.socket)
            .arg("--dir")
            .arg(&self.directory)
            .arg("--logfile")
            .arg(&log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its own group: an interrupt from the terminal is for the server,
            // which stops Redis last.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program))?;
        let until = Instant::now() + START_LIMIT;
        loop {
            if let Some(status) = child.try_wait()? {
                bail!(
                    "{} ended at once ({status}); see {}",
                    self.program,
                    log.display()
                );
            }
            if answers(endpoint).await {
                return Ok(child);
            }
            if Instant::now() > until {
                bail!(
                    "{} did not answer within {} s; see {}",
                    self.program,
                    START_LIMIT.as_secs(),
                    log.display()
                );
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Keeps Redis running until told to stop.
    async fn keep(self, mut child: Child, endpoint: Endpoint, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                status = child.wait() => {
                    tracing::error!("the private Redis ended ({status:?}); starting it again");
                }
            }
            child = loop {
                match self.start(&endpoint).await {
                    Ok(child) => break child,
                    Err(error) => {
                        tracing::error!("cannot start the private Redis again: {error:#}")
                    }
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(Duration::from_secs(1)) => {}
                }
            };
        }
        // The signal makes Redis write its log to disk and end.
        if let Some(pid) = child
            .id()
            .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()))
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if timeout(STOP_LIMIT, child.wait()).await.is_err() {
            tracing::error!("the private Redis does not stop; killing it");
            let _ = child.kill().await;
        }
    }
}

/// Whether Redis answers and has read its data.
async fn answers(endpoint: &Endpoint) -> bool {
    let ask = async {
        let client = endpoint.client().await.ok()?;
        let mut connection = client.get_multiplexed_async_connection().await.ok()?;
        redis::cmd("PING")
            .query_async::<String>(&mut connection)
            .await
            .ok()
    };
    ask.await.is_some()
}
