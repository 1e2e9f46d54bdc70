//! `leitl install`: the change is shown, asked for, made, and taken back.

use std::{fs, path::Path, process::Stdio};

use tempfile::TempDir;
use tokio::process::Command;

use crate::{command::Outcome, running::Running};

/// The binary.
const LEITL: &str = env!("CARGO_BIN_EXE_leitl");

/// A home folder, with a project in it.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("project")).unwrap();
    home
}

fn command(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(LEITL);
    command
        .args(words)
        .env_clear()
        .env("HOME", home)
        .env("LEITL_TOKEN", "very-secret")
        .current_dir(home.join("project"))
        .stdin(Stdio::null());
    command
}

async fn run(home: &Path, words: &[&str]) -> Outcome {
    let output = command(home, words).output().await.unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The files that each program's configuration is in.
const PROGRAMS: [(&str, &[&str]); 3] = [
    ("claude", &[".claude/settings.json", "project/.mcp.json"]),
    ("codex", &[".codex/config.toml"]),
    ("cursor", &[".cursor/mcp.json"]),
];

#[tokio::test]
async fn what_is_installed_is_taken_back_without_a_trace() {
    for (program, files) in PROGRAMS {
        let home = home();
        let home = home.path();
        let installed = run(home, &["install", program, "--yes"]).await;
        assert!(installed.ok().contains("## LEITL"), "{installed:?}");
        assert!(installed.ok().contains("+++ "), "{installed:?}");
        for file in files {
            let text = fs::read_to_string(home.join(file)).unwrap();
            assert!(
                text.contains("leitl") && !text.contains("very-secret"),
                "{text}"
            );
        }
        let again = run(home, &["install", program, "--yes"]).await;
        assert!(again.ok().starts_with("Nothing to change.\n"), "{again:?}");
        run(home, &["install", program, "--yes", "--uninstall"])
            .await
            .ok();
        for file in files {
            assert!(!home.join(file).exists(), "{file}");
        }
        let nothing = run(home, &["install", program, "--yes", "--uninstall"]).await;
        assert_eq!(nothing.ok(), "Nothing to change.\n");
    }
}

#[tokio::test]
async fn what_others_wrote_stays_byte_for_byte() {
    let json = "{\n   \"zebra\": [1,  2],\n   \"apple\": {\"b\": 1, \"a\": 2}\n}\n";
    let toml = "# mine\n[b]\na   = 1 # why\n\n[a]\n";
    for (program, files) in PROGRAMS {
        let home = home();
        let home = home.path();
        let text = if program == "codex" { toml } else { json };
        for file in files {
            let file = home.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        run(home, &["install", program, "--yes"]).await.ok();
        for file in files {
            let changed = fs::read_to_string(home.join(file)).unwrap();
            assert_ne!(changed, text);
            for line in text.lines().filter(|line| line.contains("b")) {
                assert!(changed.contains(line), "{changed}");
            }
        }
        run(home, &["install", program, "--yes", "--uninstall"])
            .await
            .ok();
        for file in files {
            assert_eq!(fs::read_to_string(home.join(file)).unwrap(), text);
        }
    }
}

#[tokio::test]
async fn nothing_is_written_that_was_not_agreed_to() {
    let home = home();
    let home = home.path();
    let unasked = run(home, &["install", "codex"]).await;
    unasked.failed(1, &["--yes"]);
    assert!(
        unasked.stdout.contains("+[mcp_servers.leitl]"),
        "{unasked:?}"
    );

    for (answer, code) in [("n", 1), ("y", 0)] {
        let file = home.join(".codex/config.toml");
        assert!(!file.exists());
        let mut script = Command::new("script");
        let install = format!("exec '{LEITL}' install codex");
        script
            .args(["--quiet", "--return", "--command", &install, "/dev/null"])
            .env("HOME", home)
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .env_remove("CODEX_HOME");
        let mut asked = Running::start(script);
        asked.prints("Change this? [y/N] ").await;
        asked.type_in(&format!("{answer}\n")).await;
        assert_eq!(asked.ended().await.code(), Some(code));
        assert_eq!(file.exists(), code == 0);
    }

    // What cannot be read is left as it is.
    let broken = home.join(".cursor/mcp.json");
    fs::create_dir_all(broken.parent().unwrap()).unwrap();
    fs::write(&broken, "{\"mcpServers\": 5}").unwrap();
    let failed = run(home, &["install", "cursor", "--yes"]).await;
    failed.failed(1, &["mcp.json", "mcpServers"]);
    assert_eq!(fs::read_to_string(&broken).unwrap(), "{\"mcpServers\": 5}");
}
