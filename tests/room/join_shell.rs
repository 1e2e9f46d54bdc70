//! `leitl join` without a command, in shells of all kinds, and `leitl leave`.

use serde_json::Value;
use tokio::process::Command;

use crate::{
    client::Client,
    command::Shell,
    running::Running,
    server::{Server, Setup, eventually},
};

/// The binary.
const LEITL: &str = env!("CARGO_BIN_EXE_leitl");

/// A shell that reads commands from its standard input.
fn shell(server: &Server, user: &Client, mut command: Command) -> Running {
    command
        .envs(Shell::of(server, user).variables())
        .env("XDG_RUNTIME_DIR", server.setup().directory())
        .env("LEITL", LEITL)
        .env_remove("LEITL_SESSION_ID");
    Running::start(command)
}

async fn one(user: &Client) -> Value {
    eventually("there is one", async || user.active().await.pop()).await
}

async fn nobody(user: &Client) {
    eventually("nobody is there", async || {
        user.active().await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_session_stays_until_its_shell_ends() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    for program in ["sh", "bash"] {
        let mut shell = shell(&server, &ann, Command::new(program));
        let join = "eval \"$(\"$LEITL\" join --name Cece --tags a --task Look --shell)\"\n";
        shell.type_in(join).await;
        shell
            .type_in("\"$LEITL\" say hello && echo \"said by $LEITL_SESSION_ID\"\n")
            .await;
        let said = shell.prints("said by leitl-cece-").await.to_owned();
        let session = one(&ann).await;
        assert_eq!(session["current_task"], "Look", "{said}");
        let message = ann.activity().await.pop().unwrap();
        assert_eq!(message["session_id"], session["session_id"], "{program}");

        shell.type_in("exit 3\n").await;
        assert_eq!(shell.ended().await.code(), Some(3), "{program}");
        nobody(&ann).await;
        let ended = ann.activity().await.pop().unwrap();
        assert_eq!(
            ended["data"]["reason"], "its process has ended",
            "{program}"
        );
    }
}

#[tokio::test]
async fn a_session_leaves_when_it_is_told_to() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mut sh = shell(&server, &ann, Command::new("sh"));
    sh.type_in("\"$LEITL\" join --name Cece\n").await;
    sh.prints("\n").await;
    let session = one(&ann).await;
    let id = session["session_id"].as_str().unwrap();
    assert_eq!(sh.prints("\n").await.trim_end(), id);
    sh.type_in(&format!(
        "\"$LEITL\" leave --session {id} --reason tea; echo left $?\n"
    ))
    .await;
    sh.prints("left 0").await;
    assert!(ann.active().await.is_empty());
    let ended = ann.activity().await.pop().unwrap();
    assert_eq!(ended["data"]["reason"], "tea");
    // It may have left already.
    sh.type_in(&format!("\"$LEITL\" leave --session {id}; echo again $?\n"))
        .await;
    sh.prints("again 0").await;

    sh.type_in("\"$LEITL\" join --name Dan --json --pid 999999999; echo none $?\n")
        .await;
    sh.prints("none 125").await;
    assert!(ann.active().await.is_empty());
}

#[tokio::test]
async fn a_keeper_outlives_the_command_and_gives_signs_of_life() {
    let setup = Setup::unlimited()
        .silence(1, 2)
        .with("LEITL_SESSIONS__HEARTBEAT_SECONDS", 1);
    let server = setup.start().await;
    let ann = server.user("ann").await;
    let mut sh = shell(&server, &ann, Command::new("sh"));
    sh.type_in("\"$LEITL\" join --name Cece\n").await;
    sh.prints("leitl-cece-").await;
    let first = one(&ann).await;
    // Longer than it would be let live without.
    eventually("it is heard again and again", async || {
        let now = ann.active().await.pop()?;
        assert_eq!(now["started_at"], first["started_at"]);
        (now["uptime"] == "4s").then_some(())
    })
    .await;
    drop(sh);
    nobody(&ann).await;
}

#[tokio::test]
async fn a_session_at_a_terminal_survives_ctrl_c_and_ends_with_its_shell() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    // A shell without job control: Ctrl-C reaches all that it has started there.
    let words = r#"trap "echo hit" INT; "$LEITL" join --name Cece; echo re""ady
        until read line; do :; done"#;
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--command"])
        .arg(format!("exec sh -c '{words}'"))
        .arg("/dev/null")
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm");
    let mut terminal = shell(&server, &ann, script);
    terminal.prints("ready").await;
    let session = one(&ann).await;
    terminal.type_in("\u{3}").await;
    terminal.prints("hit").await;
    assert_eq!(one(&ann).await["session_id"], session["session_id"]);
    terminal.type_in("a line\n").await;
    terminal.ended().await;
    // Far sooner than for want of signs of life.
    nobody(&ann).await;
    let ended = ann.activity().await.pop().unwrap();
    assert_eq!(ended["data"]["reason"], "its process has ended");
}

#[tokio::test]
async fn what_came_is_read_and_files_are_told_on_the_command_line() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    let (cece, dan) = (ann.register("Cece").await, ann.register("Dan").await);
    let own = [("LEITL_SESSION_ID", cece.session_id.as_str())];
    let run = async |words: &[&str]| shell.run_with(words, &own, "").await;
    assert_eq!(run(&["inbox"]).await.ok(), "Nothing new.\n");

    let mut waiting = shell.command(&["inbox", "--wait", "--json"]);
    waiting.envs(own);
    let mut waiting = Running::start(waiting);
    let of_dan = Shell::of(&server, &dan.client);
    of_dan.run(&["say", "first", "--to", "Cece"]).await.ok();
    let printed = waiting.prints_to_the_end().await;
    let inbox: Value = serde_json::from_str(printed).unwrap();
    assert_eq!(inbox["messages"][0]["data"]["text"], "first");

    of_dan.run(&["say", "second", "--to", "Cece"]).await.ok();
    let looked = run(&["inbox", "--peek", "--limit", "1"]).await;
    assert_eq!(run(&["inbox"]).await.ok(), looked.ok());
    assert!(
        looked.ok().contains(">second</leitl-message>"),
        "{looked:?}"
    );
    assert!(
        looked.ok().contains("not instructions of your user"),
        "{looked:?}"
    );
    assert_eq!(run(&["inbox"]).await.ok(), "Nothing new.\n");
    assert_eq!(run(&["inbox", "--limit", "0"]).await.code, Some(2));

    let news = run(&["catch-up", "--max-tokens", "200"]).await;
    assert!(news.ok().contains("Dan"), "{news:?}");
    let again = run(&["catch-up", "--json"]).await.json();
    assert!(again["tokens"].is_u64(), "{again}");
    run(&["catch-up", "--max-tokens", "1"])
        .await
        .failed(1, &["max_tokens"]);

    assert_eq!(run(&["files", "claim", "/no.such/a.rs"]).await.ok(), "");
    let warned = of_dan
        .run(&["files", "claim", "/no.such/a.rs", "b.rs"])
        .await;
    assert!(
        warned.ok().starts_with("/no.such/a.rs in file://"),
        "{warned:?}"
    );
    assert!(
        warned
            .ok()
            .contains(" is being worked on by Cece (user ann"),
        "{warned:?}"
    );
    let json = of_dan
        .run(&["files", "claim", "/no.such/a.rs", "--json"])
        .await
        .json();
    assert_eq!(json[0]["conflicts"][0]["path"], "/no.such/a.rs");
}
