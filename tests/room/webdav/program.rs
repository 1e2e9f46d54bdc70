//! A server program: started on a free port over a folder, stopped with the test.
//!
//! Every program runs as one process, without a master or workers, so that
//! killing it leaves nothing behind, and in the foreground, so that Ctrl-C at
//! `cargo test` ends it too.

use std::{
    env, fs,
    fs::{File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Method, RequestBuilder, redirect::Policy};
use tempfile::TempDir;

use crate::{
    free_port::free_port,
    server::{PATIENCE, eventually},
    webdav::{Kind, PASSWORD, USER},
};

/// What a program is to serve, and where.
pub struct Site {
    /// The folder to serve.
    pub folder: PathBuf,
    /// A directory for its configuration, passwords and temporary files.
    pub directory: PathBuf,
    /// The port on 127.0.0.1.
    pub port: u16,
}

impl Site {
    /// Writes a file into the program's directory and returns its path.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

/// A program that runs. Dropping it kills it.
pub struct Program {
    /// Where the folder is, as `http://127.0.0.1:<port>/`.
    pub url: String,
    process: Child,
    /// Its configuration and its log.
    directory: TempDir,
    http: reqwest::Client,
}

impl Program {
    /// Starts a program over a folder and waits until it answers. `command` writes
    /// what the program needs to its directory and says how to run it.
    pub async fn start(folder: &Path, command: impl Fn(&Site) -> Command) -> Self {
        open_to_all(folder);
        // Somebody may take the port even so.
        for _ in 0..5 {
            if let Some(program) = Self::try_start(folder, &command).await {
                return program;
            }
        }
        panic!("the server ended at once, at five ports; its log is above");
    }

    async fn try_start(folder: &Path, command: impl Fn(&Site) -> Command) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        open_to_all(directory.path());
        let port = free_port();
        let mut command = command(&Site {
            folder: folder.to_owned(),
            directory: directory.path().to_owned(),
            port,
        });
        let log = File::create(directory.path().join("log")).unwrap();
        let process = command
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let mut program = Self {
            url: format!("http://127.0.0.1:{port}/"),
            process,
            directory,
            http,
        };
        let runs = eventually("the server answers or ends", async || {
            let answers = program.http.get(&program.url).send().await.is_ok();
            match program.process.try_wait().unwrap() {
                Some(_) => Some(false),
                None => answers.then_some(true),
            }
        })
        .await;
        if !runs {
            eprintln!("{command:?}\n{}", program.log());
        }
        runs.then_some(program)
    }

    /// A request without a password; `path` is relative to the folder, as it
    /// stands in a URL.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = reqwest::Url::parse(&self.url).unwrap().join(path).unwrap();
        self.http.request(method, url)
    }

    /// A request with the password, by Basic authentication.
    pub fn authorized(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).basic_auth(USER, Some(PASSWORD))
    }

    /// A listing of a folder's own members, with the password.
    pub fn listing(&self, path: &str) -> RequestBuilder {
        self.authorized(propfind(), path).header("depth", "1")
    }

    /// Changes the folder, and waits until a server that remembers listings for a
    /// while (rclone) gives a new one of `path`, the folder that is changed.
    pub async fn after(&self, kind: Kind, path: &str, change: impl FnOnce()) {
        if kind != Kind::Rclone {
            return change();
        }
        // Without the folder itself, which is known from another listing; and sorted,
        // since neither files nor properties come in the same order twice.
        let members = async || -> Vec<String> {
            let listing = self.listing(path).send().await.unwrap();
            let listing = listing.text().await.unwrap();
            let (_, members) = listing.split_once("</D:response>").unwrap();
            let mut elements: Vec<String> = members.split('<').map(str::to_owned).collect();
            elements.sort();
            elements
        };
        let before = members().await;
        change();
        eventually("the server has noticed the change", async || {
            (members().await != before).then_some(())
        })
        .await;
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        let log = fs::read(self.directory.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of {}\n{}", self.url, self.log());
        }
        let _ = self.process.kill();
        while let Ok(None) = self.process.try_wait() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The method `PROPFIND` (RFC 4918 section 9.1).
pub fn propfind() -> Method {
    Method::from_bytes(b"PROPFIND").unwrap()
}

/// A command for a program, which is looked for where Debian has servers too: a
/// user's PATH seldom names that.
pub fn command(program: &str) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|directory: PathBuf| directory.join(program))
        .find(|file| file.is_file());
    match found {
        Some(file) => Command::new(file),
        None => panic!("the tests need {program}: `.ci/setup test` installs it on Debian"),
    }
}

/// Whether this process may change its user. A server that starts so gives that up
/// and needs to be told for which user.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Lets every user into a directory: a server that was started by root is somebody
/// else when it reads.
fn open_to_all(directory: &Path) {
    fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
}
