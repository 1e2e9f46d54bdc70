//! A Redis that no server of ours started, which lets servers do only what they need.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use redis::aio::MultiplexedConnection;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{redis_users, server::eventually};

/// Adds to the command that starts a Redis.
type Configure = dyn Fn(&mut Command) + Send + Sync;

/// A Redis on a unix socket in a directory of its own.
pub struct ExternalRedis {
    directory: TempDir,
    configure: Box<Configure>,
    process: Child,
}

impl ExternalRedis {
    /// Starts it and waits until it answers.
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// Starts it with more arguments or another environment.
    pub async fn start_with(configure: impl Fn(&mut Command) + Send + Sync + 'static) -> Self {
        let directory = tempfile::tempdir().unwrap();
        redis_users::write_file(directory.path());
        let process = spawn(&directory, &configure);
        let redis = Self {
            directory,
            configure: Box::new(configure),
            process,
        };
        redis.answers().await;
        redis
    }

    /// Where it is, for servers.
    pub fn url(&self) -> String {
        self.url_for(redis_users::SERVER)
    }

    /// Where it is, for a user.
    pub fn url_for(&self, user: &str) -> String {
        format!("unix://{}?{user}", self.socket().display())
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    /// The file in which it writes down all that happens.
    pub fn journal(&self) -> PathBuf {
        let directory = self.directory.path().join("appendonlydir");
        directory.join("appendonly.aof.1.incr.aof")
    }

    /// A connection that may do all.
    pub async fn connection(&self) -> MultiplexedConnection {
        self.connect().await.unwrap()
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        let client = redis::Client::open(self.url_for(redis_users::ADMIN))?;
        client.get_multiplexed_async_connection().await
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let process = Pid::from_raw(self.process.id().cast_signed()).unwrap();
        kill_process(process, signal).unwrap();
    }

    /// Takes it away, without warning.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Brings it back with its data.
    pub async fn restart(&mut self) {
        self.process = spawn(&self.directory, &self.configure);
        self.answers().await;
    }

    async fn answers(&self) {
        eventually("Redis answers", async || {
            let mut connection = self.connect().await.ok()?;
            redis::cmd("PING")
                .query_async::<String>(&mut connection)
                .await
                .ok()
        })
        .await;
    }
}

fn spawn(directory: &TempDir, configure: &Configure) -> Child {
    let mut command = Command::new("redis-server");
    command
        .args(["--port", "0", "--save", "", "--appendonly", "yes"])
        // It is killed without warning and must not have forgotten anything then.
        .args(["--appendfsync", "always"])
        .args(["--unixsocket", "redis.sock", "--aclfile", "users.acl"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    configure(&mut command);
    command
        .spawn()
        .expect("the tests need redis-server on PATH")
}

impl Drop for ExternalRedis {
    fn drop(&mut self) {
        let refused = redis_users::refused(self.url_for(redis_users::ADMIN));
        let _ = self.process.kill();
        while let Ok(None) = self.process.try_wait() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(refused, None, "Redis refused what a server asked for");
    }
}
