//! A Redis that no server of ours started.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::server::eventually;

/// A Redis on a unix socket in a directory of its own.
pub struct ExternalRedis {
    directory: TempDir,
    process: Child,
}

impl ExternalRedis {
    /// Starts it and waits until it answers.
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let process = spawn(&directory);
        let redis = Self { directory, process };
        redis.answers().await;
        redis
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
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

    /// A connection to it.
    pub async fn connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
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
        self.process = spawn(&self.directory);
        self.answers().await;
    }

    async fn answers(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        eventually("Redis answers", async || {
            let mut connection = client.get_multiplexed_async_connection().await.ok()?;
            redis::cmd("PING")
                .query_async::<String>(&mut connection)
                .await
                .ok()
        })
        .await;
    }
}

fn spawn(directory: &TempDir) -> Child {
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "yes"])
        // It is killed without warning and must not have forgotten anything then.
        .args(["--appendfsync", "always"])
        .args(["--unixsocket", "redis.sock"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tests need redis-server on PATH")
}

impl Drop for ExternalRedis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        while let Ok(None) = self.process.try_wait() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
