//! A master with two replicas, and the three sentinels that watch over them.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use redis::{FromRedisValue, RedisResult, aio::MultiplexedConnection};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{
    free_port::free_port,
    redis_users::{self, PASSWORD},
    server::eventually,
};

/// What the sentinels call the master.
const NAME: &str = "room";

/// What the sentinels want to hear from whoever asks.
const SENTINEL_PASSWORD: &str = "hush";

/// All six. Dropping it kills them.
pub struct SentinelTrio {
    servers: Vec<Process>,
    sentinels: Vec<Process>,
}

/// A program that listens on a port.
pub struct Process {
    port: u16,
    child: Child,
    directory: TempDir,
}

impl SentinelTrio {
    /// Starts them, and waits until the replicas have all and every sentinel knows the
    /// others.
    pub async fn start() -> Self {
        let master = Process::server(None);
        let replicas = [(); 2].map(|()| Process::server(Some(master.port)));
        let sentinels = [(); 3].map(|()| Process::sentinel(master.port)).into();
        let servers = [master].into_iter().chain(replicas).collect();
        let trio = Self { servers, sentinels };
        for replica in &trio.servers[1..] {
            eventually("a replica has all", async || {
                let info: String = replica.ask("INFO replication").await.ok()?;
                info.contains("master_link_status:up").then_some(())
            })
            .await;
        }
        for sentinel in &trio.sentinels {
            eventually("a sentinel knows all", async || {
                let about: Vec<String> = sentinel
                    .ask(&format!("SENTINEL MASTER {NAME}"))
                    .await
                    .ok()?;
                let number = |name: &str| {
                    let place = about.iter().position(|field| field == name)?;
                    about.get(place + 1)?.parse::<u32>().ok()
                };
                let known = (number("num-slaves")?, number("num-other-sentinels")?);
                (known == (2, 2)).then_some(())
            })
            .await;
        }
        trio
    }

    /// Where they are, for servers.
    pub fn url(&self) -> String {
        let hosts: Vec<String> = self
            .sentinels
            .iter()
            .map(|sentinel| format!("127.0.0.1:{}", sentinel.port))
            .collect();
        let hosts = hosts.join(",");
        format!(
            "redis+sentinel://leitl:{PASSWORD}@{hosts}/{NAME}?sentinel_password={SENTINEL_PASSWORD}"
        )
    }

    /// The server that the first sentinel calls the master.
    pub async fn master(&self) -> &Process {
        let question = format!("SENTINEL GET-MASTER-ADDR-BY-NAME {NAME}");
        let (_, port): (String, u16) = self.sentinels[0].ask(&question).await.unwrap();
        self.servers
            .iter()
            .find(|server| server.port == port)
            .unwrap()
    }

    /// Has the sentinels make another server the master, though this one is well, and
    /// waits until this one is its replica.
    pub async fn fail_over(&self) {
        let before = self.master().await;
        let command = format!("SENTINEL FAILOVER {NAME}");
        self.sentinels[0].ask::<()>(&command).await.unwrap();
        eventually("the old master is a replica", async || {
            let info: String = before.ask("INFO replication").await.ok()?;
            info.contains("role:slave").then_some(())
        })
        .await;
    }

    /// Cuts the replicas off from their master: what it takes from now on, they miss.
    pub async fn cut_replicas_off(&self) {
        let master = self.master().await;
        for replica in self.replicas_of(master) {
            replica
                .ask::<()>("CONFIG SET masteruser nobody")
                .await
                .unwrap();
        }
        master.ask::<u64>("CLIENT KILL TYPE replica").await.unwrap();
        for replica in self.replicas_of(master) {
            eventually("a replica is cut off", async || {
                let info: String = replica.ask("INFO replication").await.ok()?;
                info.contains("master_link_status:down").then_some(())
            })
            .await;
        }
    }

    /// Waits until the replicas have what their master has.
    pub async fn replicated(&self) {
        let master = self.master().await;
        let all = master.place("master_repl_offset").await;
        for replica in self.replicas_of(master) {
            eventually("a replica has all", async || {
                (replica.place("slave_repl_offset").await >= all).then_some(())
            })
            .await;
        }
    }

    /// Lets those go on that were stopped.
    pub fn wake_all(&self) {
        for server in &self.servers {
            server.signal(Signal::CONT);
        }
    }

    fn replicas_of<'a>(&'a self, master: &'a Process) -> impl Iterator<Item = &'a Process> {
        self.servers
            .iter()
            .filter(|server| server.port != master.port)
    }
}

impl Process {
    fn server(master: Option<u16>) -> Self {
        Self::start(|directory, port| {
            let users = redis_users::write_file(directory);
            let mut command = Command::new("redis-server");
            command
                .args([
                    "--save",
                    "",
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    &port.to_string(),
                ])
                .args(["--masteruser", "admin", "--masterauth", "any"])
                // It would wait for more replicas before it serves the first.
                .args(["--repl-diskless-sync-delay", "0", "--aclfile"])
                .arg(users);
            if let Some(master) = master {
                command.args(["--replicaof", "127.0.0.1", &master.to_string()]);
            }
            command
        })
    }

    fn sentinel(master: u16) -> Self {
        Self::start(|directory, port| {
            // It writes into this file what it learns.
            let file = directory.join("sentinel.conf");
            let text = format!(
                "port {port}\n\
                 bind 127.0.0.1\n\
                 requirepass {SENTINEL_PASSWORD}\n\
                 sentinel sentinel-pass {SENTINEL_PASSWORD}\n\
                 sentinel monitor {NAME} 127.0.0.1 {master} 2\n\
                 sentinel auth-user {NAME} admin\n\
                 sentinel auth-pass {NAME} any\n\
                 sentinel down-after-milliseconds {NAME} 1000\n\
                 sentinel failover-timeout {NAME} 5000\n"
            );
            fs::write(&file, text).unwrap();
            let mut command = Command::new("redis-server");
            command.arg(file).arg("--sentinel");
            command
        })
    }

    fn start(command: impl FnOnce(&Path, u16) -> Command) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let child = command(directory.path(), port)
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests need redis-server on PATH");
        Self {
            port,
            child,
            directory,
        }
    }

    /// How far a stream of replication is, by the name that `INFO` has for it.
    async fn place(&self, name: &str) -> Option<u64> {
        let info: String = self.ask("INFO replication").await.unwrap();
        let mut lines = info.lines().filter_map(|line| line.split_once(':'));
        let (_, place) = lines.find(|(field, _)| *field == name)?;
        place.parse().ok()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let process = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(process, signal).unwrap();
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let is_sentinel = self.directory.path().join("sentinel.conf").exists();
        let user = match is_sentinel {
            true => format!(":{SENTINEL_PASSWORD}"),
            false => "admin:any".to_owned(),
        };
        let client = redis::Client::open(format!("redis://{user}@127.0.0.1:{}", self.port))?;
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    /// Sends a command given by its words.
    async fn ask<T: FromRedisValue>(&self, command: &str) -> RedisResult<T> {
        let mut words = command.split(' ');
        redis::cmd(words.next().unwrap())
            .arg(words.collect::<Vec<_>>())
            .query_async(&mut self.connect().await?)
            .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        while let Ok(None) = self.child.try_wait() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
