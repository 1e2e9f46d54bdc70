//! Starts and stops the real binary. Each server has a data directory of its own
//! and a free port; unless told otherwise it runs its own Redis.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::{NamedTempFile, TempDir};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::{Instant, sleep, timeout},
};

use crate::{client::Client, redis_users};

/// How long a test waits for what must happen. Long, because the machine may be
/// busy with other tests; nothing waits this long unless it fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How a server is started. Starting it twice restarts it on the same data.
#[derive(Clone)]
pub struct Setup {
    directory: Arc<TempDir>,
    redis_url: Option<String>,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
    /// Where it listens; `None` leaves that to its configuration.
    addr: Option<&'static str>,
}

/// How a start that must fail ended.
pub struct Failure {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Everything it wrote to standard error.
    pub stderr: String,
}

impl Setup {
    /// The defaults, in a new directory.
    pub fn new() -> Self {
        Self {
            directory: Arc::new(tempfile::tempdir().unwrap()),
            redis_url: None,
            variables: Vec::new(),
            arguments: Vec::new(),
            addr: Some("127.0.0.1:0"),
        }
    }

    /// Without limits that matter: for tests of other things that publish much.
    pub fn unlimited() -> Self {
        Self::new()
            .with("LEITL_LIMITS__BROADCASTS_PER_MINUTE", 1_000_000)
            .with("LEITL_LIMITS__USER_BROADCASTS_PER_MINUTE", 1_000_000)
            .with("LEITL_LIMITS__FRAMES_PER_SECOND", 1_000_000)
    }

    /// With a variable in the environment.
    pub fn with(mut self, variable: &str, value: impl ToString) -> Self {
        self.variables.push((variable.into(), value.to_string()));
        self
    }

    /// With short times of silence, in seconds.
    pub fn silence(self, stale: u64, end: u64) -> Self {
        self.with("LEITL_SESSIONS__STALE_SECONDS", stale)
            .with("LEITL_SESSIONS__END_SECONDS", end)
    }

    /// With a Redis that runs already.
    pub fn redis(mut self, url: &str) -> Self {
        self.redis_url = Some(url.into());
        self
    }

    /// With an argument after the usual ones.
    pub fn argument(mut self, argument: impl ToString) -> Self {
        self.arguments.push(argument.to_string());
        self
    }

    /// Without the flag that says where to listen.
    pub fn without_addr(mut self) -> Self {
        self.addr = None;
        self
    }

    /// The directory for everything of this server.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The data directory, which the server makes itself.
    pub fn data_dir(&self) -> PathBuf {
        self.directory().join("data")
    }

    /// The binary with nothing of this process's environment but the path.
    pub fn binary(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leitl"));
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    fn serve(&self, stderr: &NamedTempFile) -> Child {
        let mut command = self.binary();
        command
            .args(["serve", "--data-dir"])
            .arg(self.data_dir())
            .stdout(Stdio::piped())
            .stderr(stderr.reopen().unwrap());
        if let Some(addr) = self.addr {
            command.args(["--addr", addr]);
        }
        if let Some(url) = &self.redis_url {
            command.args(["--redis-url", url]);
        }
        command.args(&self.arguments).spawn().unwrap()
    }

    /// Starts the server and waits until it accepts connections.
    pub async fn start(&self) -> Server {
        let stderr = NamedTempFile::new().unwrap();
        let mut process = self.serve(&stderr);
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = timeout(PATIENCE, lines.next_line()).await;
        let Ok(Ok(Some(first))) = first else {
            stop(process).await;
            panic!("no server:\n{}", fs::read_to_string(stderr).unwrap());
        };
        let url = first
            .strip_prefix("LEITL is live at ")
            .unwrap_or_else(|| panic!("unexpected first line: {first}"))
            .to_owned();
        let stdout = Arc::<Mutex<String>>::default();
        tokio::spawn(follow(lines, Arc::clone(&stdout)));
        Server {
            setup: self.clone(),
            process,
            url,
            stdout,
            stderr,
        }
    }

    /// Starts a server that must not come up, and waits for its end.
    pub async fn fail(&self) -> Failure {
        let stderr = NamedTempFile::new().unwrap();
        let mut process = self.serve(&stderr);
        let Ok(status) = timeout(PATIENCE, process.wait()).await else {
            stop(process).await;
            let stderr = fs::read_to_string(stderr).unwrap();
            panic!("the server did not give up:\n{stderr}");
        };
        Failure {
            code: status.unwrap().code(),
            stderr: fs::read_to_string(stderr).unwrap(),
        }
    }

    /// Runs another command of the binary on the same data directory; returns
    /// what it printed.
    pub async fn run(&self, arguments: &[&str]) -> String {
        let output = self
            .binary()
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data_dir())
            .output()
            .await
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "leitl {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Stops a server that is not as it should be, with the Redis it may have started.
async fn stop(mut process: Child) {
    if let Some(id) = process.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        let _ = kill_process(id, Signal::TERM);
        let _ = timeout(PATIENCE, process.wait()).await;
    }
}

async fn follow(mut lines: tokio::io::Lines<BufReader<ChildStdout>>, stdout: Arc<Mutex<String>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        stdout.lock().unwrap().push_str(&(line + "\n"));
    }
}

/// A server that runs. Dropping it kills it, and the Redis it started.
pub struct Server {
    setup: Setup,
    process: Child,
    /// Where it is, as `http://127.0.0.1:<port>`.
    pub url: String,
    stdout: Arc<Mutex<String>>,
    stderr: NamedTempFile,
}

impl Server {
    /// A client with this token.
    pub fn client(&self, token: impl Into<String>) -> Client {
        Client::new(&self.url, Some(token.into()))
    }

    /// A client without any.
    pub fn stranger(&self) -> Client {
        Client::new(&self.url, None)
    }

    /// A user of the default workspace, with a token from `leitl token`.
    pub async fn user(&self, user: &str) -> Client {
        self.user_of("default", user).await
    }

    /// A user of a workspace.
    pub async fn user_of(&self, workspace: &str, user: &str) -> Client {
        let arguments = ["token", "--user", user, "--workspace", workspace];
        self.client(self.setup.run(&arguments).await.trim())
    }

    /// A login link from `leitl login`.
    pub async fn login_link(&self) -> String {
        let arguments = ["login", "--url", &self.url];
        self.setup.run(&arguments).await.trim().to_owned()
    }

    /// What it was started with.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// What it has printed after the first line.
    pub fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    /// The URL of the Redis it runs itself, for a user who may do all.
    pub fn redis_url(&self) -> String {
        let socket = self.setup.data_dir().join("redis").join("redis.sock");
        format!("unix://{}", socket.display())
    }

    /// A connection to the Redis it runs itself, which may do all.
    pub async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis_url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// The process of the Redis it runs itself.
    pub async fn redis_process(&self) -> Pid {
        let info: String = redis::cmd("INFO")
            .arg("server")
            .query_async(&mut self.redis().await)
            .await
            .unwrap();
        let id = info
            .lines()
            .find_map(|line| line.strip_prefix("process_id:"));
        Pid::from_raw(id.unwrap().trim().parse().unwrap()).unwrap()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let id = self.process.id().expect("it has ended already");
        let process = Pid::from_raw(id.cast_signed()).unwrap();
        kill_process(process, signal).unwrap();
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        match timeout(PATIENCE, self.process.wait()).await {
            Ok(status) => status.unwrap(),
            Err(_) => panic!("the server does not end"),
        }
    }

    /// Kills it in the middle of what it does, as a crash would.
    pub async fn crash(&mut self) {
        self.signal(Signal::KILL);
        self.ended().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of {}\n{}", self.url, self.log());
        }
        let _ = self.process.start_kill();
        // Until it is dead it would start Redis again.
        while let Ok(None) = self.process.try_wait() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let refused = redis_users::refused(self.redis_url());
        if let Ok(client) = redis::Client::open(self.redis_url())
            && let Ok(mut connection) = client.get_connection()
        {
            // It answers by closing the connection.
            let _: Result<(), _> = redis::cmd("SHUTDOWN").arg("NOSAVE").query(&mut connection);
        }
        assert_eq!(refused, None, "Redis refused what a server asked for");
    }
}

/// Whether a process runs. One that has ended and whose exit code nobody has asked
/// for yet (proc(5): state Z) does not.
pub fn is_running(process: Pid) -> bool {
    let stat = format!("/proc/{}/stat", process.as_raw_nonzero());
    fs::read_to_string(stat).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Asks again until there is an answer.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = probe().await {
            return answer;
        }
        assert!(Instant::now() < until, "waited in vain until {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
