//! The users of a Redis that a test starts: one who may do what `leitl redis-acl`
//! prints and nothing else, for the servers, and one who may do all, for the test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

/// The password of the servers' user. Its characters are such that a URL needs to
/// encode none.
pub const PASSWORD: &str = "open-sesame";

/// What to give a URL for the user of a test.
pub const ADMIN: &str = "user=admin&pass=any";

/// What to give a URL for the user of servers.
pub const SERVER: &str = "user=leitl&pass=open-sesame";

/// The rules for a user with the keys of a namespace, as an operator gets them: with
/// `--file` as a line of a file, without as a command.
pub fn rules(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_leitl"))
        .env_clear()
        .arg("redis-acl")
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().count(), 1, "{printed}");
    printed.replace("PASSWORD", PASSWORD)
}

/// Writes the file with the users, for `--aclfile`. Nobody can sign in as `default`,
/// but it must be allowed all: see README.md, "A Redis that others use too".
pub fn write_file(directory: &Path) -> PathBuf {
    let path = directory.join("users.acl");
    let users = format!(
        "user default off ~* &* +@all\nuser admin on nopass ~* &* +@all\n{}",
        rules(&["--file"])
    );
    fs::write(&path, users).unwrap();
    path
}

/// What users were refused, if anything: then a server needs what `leitl redis-acl`
/// does not print. For destructors: a Redis that is away or stopped has nothing to say.
pub fn refused(admin_url: String) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let client = redis::Client::open(admin_url)?;
        let log: Vec<redis::Value> = redis::cmd("ACL")
            .arg("LOG")
            .query(&mut client.get_connection()?)?;
        let _ = sender.send(log);
        redis::RedisResult::Ok(())
    });
    let log = receiver.recv_timeout(Duration::from_secs(2)).ok()?;
    (!log.is_empty() && !thread::panicking()).then(|| format!("{log:#?}"))
}
