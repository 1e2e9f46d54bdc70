//! `leitl join`, `say`, `task`, `who` and `watch`, as agents and people use them, in
//! pipes and in a terminal.

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    client::Client,
    command::Shell,
    running::Running,
    server::{Server, Setup, eventually},
};

/// The binary.
const LEITL: &str = env!("CARGO_BIN_EXE_leitl");

/// A command in a terminal of its own, by script(1). The shell that script starts gives
/// its place to the command: one that stays, as dash would, gets Ctrl-C as well and dies
/// of it.
fn in_terminal(shell: &Shell<'_>, command: &str) -> Running {
    let command = format!("exec {command}");
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .envs(shell.variables())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .env_remove("LEITL_SESSION_ID");
    Running::start(script)
}

/// The newest event of this type.
async fn last(client: &Client, event_type: &str) -> Value {
    let events = client.activity().await;
    let mut found = events.into_iter().rev();
    found
        .find(|event| event["event_type"] == event_type)
        .unwrap_or_else(|| panic!("no {event_type}"))
}

/// The server again where it was, after it was stopped.
async fn back(setup: &Setup, url: &str) -> Server {
    let addr = url.strip_prefix("http://").unwrap();
    let setup = setup.clone().without_addr();
    setup.with("LEITL_SERVER__ADDR", addr).start().await
}

#[tokio::test]
async fn a_command_is_a_session_while_it_runs() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    let script = r#"cat; "$0" who; "$0" say hello; "$0" task start Read; "$0" who; exit 3"#;
    let arguments = [
        "join", "--name", "Cece", "--type", "tester", "--tags", "a,b", "--task", "Look", "--",
        "sh", "-c", script, LEITL,
    ];
    let outcome = shell.run_with(&arguments, &[], "from outside\n").await;
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(3), ""));
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0]), (6, "from outside"), "{outcome:?}");
    let words: Vec<_> = lines[2].split_whitespace().collect();
    assert_eq!(words[..3], ["Cece", "(you)", "active"], "{outcome:?}");
    assert_eq!(words[5..], ["a,b", "Look"], "{outcome:?}");
    assert!(lines[3].starts_with("task-"), "{outcome:?}");
    assert!(lines[5].ends_with("  Read"), "{outcome:?}");

    let said = last(&ann, "broadcast.message").await;
    assert_eq!(said["agent_name"], "Cece");
    let ended = last(&ann, "session.ended").await;
    assert_eq!(ended["session_id"], words[4], "{ended}");
    let reason = "the command failed with exit code 3";
    assert_eq!(ended["data"]["reason"], reason);
    assert!(ann.active().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_run_says_so_and_leaves_nobody_behind() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    let missing = shell.run(&["join", "--name", "A", "--", "/no/such"]).await;
    missing.failed(127, &["/no/such"]);
    let directory = shell.run(&["join", "--name", "A", "--", "/"]).await;
    directory.failed(126, &["/"]);
    assert!(ann.active().await.is_empty());

    let refused = [("LEITL_TOKEN", "nonsense")];
    let arguments = ["join", "--name", "A", "--", "echo", "run"];
    let outcome = shell.run_with(&arguments, &refused, "").await;
    outcome.failed(125, &["was not run"]);
    assert_eq!(outcome.stdout, "");
    let both = ["join", "--name", "A", "--shell", "--", "true"];
    let wrong = shell.run(&both).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}

#[tokio::test]
async fn a_signal_reaches_the_command_and_ends_the_session() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let script = "echo ready; exec sleep 1000";
        let join = ["join", "--name", "Cece", "--", "sh", "-c", script];
        let mut command = Running::start(shell.command(&join));
        command.prints("ready").await;
        assert_eq!(ann.active().await.len(), 1);
        command.signal(signal);
        assert_eq!(command.ended().await.code(), Some(code));
        assert!(ann.active().await.is_empty());
    }

    // One that takes the signal its own way is let do so.
    let script = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let join = ["join", "--name", "Cece", "--", "sh", "-c", script];
    let mut command = Running::start(shell.command(&join));
    command.prints("ready").await;
    command.signal(Signal::TERM);
    command.prints("bye").await;
    assert_eq!(command.ended().await.code(), Some(7));
}

#[tokio::test]
async fn a_room_that_goes_away_does_not_end_the_command() {
    let setup = Setup::unlimited().with("LEITL_SESSIONS__HEARTBEAT_SECONDS", 1);
    let mut server = setup.start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    let join = ["join", "--name", "Cece", "--", "cat"];
    let mut command = Running::start(shell.command(&join));
    let session = eventually("Cece is there", async || ann.active().await.pop()).await;

    // The session ends without the command: there is another under its id.
    let end = json!({"session_id": session["session_id"]});
    ann.post("session/end", end).await.ok();
    let anew = eventually("Cece is back", async || ann.active().await.pop()).await;
    assert_eq!(anew["session_id"], session["session_id"]);
    assert_ne!(anew["started_at"], session["started_at"]);

    let url = server.url.clone();
    server.signal(Signal::TERM);
    server.ended().await;
    drop(server);
    let server = back(&setup, &url).await;
    let ann = server.client(ann.token.clone().unwrap());
    let before = ann.active().await.pop();
    eventually("Cece is heard again", async || {
        let seen = ann.active().await.pop()?;
        (Some(&seen["last_heartbeat"]) != before.as_ref().map(|old| &old["last_heartbeat"]))
            .then_some(())
    })
    .await;
    command.type_in("still here\n").await;
    command.prints("still here").await;

    // Nor does it matter that the room is away at the end.
    drop(server);
    command.signal(Signal::TERM);
    command.complains("left to time out").await;
    assert_eq!(command.ended().await.code(), Some(143));
}

#[tokio::test]
async fn who_speaks_is_told_by_the_token_and_the_session() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    let cece = ann.register("Cece").await;
    let dan = ann.register("Dan").await;

    shell
        .run(&["say", "I, Ann", "--to", "Cece", "--to", "#docs"])
        .await
        .ok();
    let said = last(&ann, "broadcast.message").await;
    assert_eq!(
        (&said["user"], said.get("session_id")),
        (&json!("ann"), None)
    );
    assert_eq!(said["to"], json!(["Cece", "#docs"]));
    assert_eq!(said["data"], json!({"text": "I, Ann"}));

    let named = ["say", "for Cece", "--session", &cece.session_id];
    shell.run(&named).await.ok();
    assert_eq!(last(&ann, "broadcast.message").await["agent_name"], "Cece");

    // A session's token is enough, and for no other session.
    let of_dan = Shell::of(&server, &dan.client);
    of_dan.run(&["say", "for Dan"]).await.ok();
    assert_eq!(last(&ann, "broadcast.message").await["agent_name"], "Dan");
    of_dan.run(&named).await.failed(1, &["session"]);
    let wrong = shell.run(&["say", "x", "--session", "Cece"]).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}

#[tokio::test]
async fn a_task_is_told_from_start_to_end() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    let cece = ann.register("Cece").await;
    let own = [("LEITL_SESSION_ID", cece.session_id.as_str())];

    let run = async |words: &[&str]| shell.run_with(words, &own, "").await.ok().to_owned();
    let id = run(&["task", "start", "Write it"]).await;
    let started = last(&ann, "task.started").await;
    assert_eq!(started["data"]["task_id"], id.trim_end());
    assert_eq!(started["data"]["task_description"], "Write it");
    assert_eq!(cece.seen().await.unwrap()["current_task"], "Write it");

    run(&[
        "task",
        "progress",
        "Write it",
        "--percent",
        "40",
        "--message",
        "half",
    ])
    .await;
    let progress = last(&ann, "task.progress").await;
    let news = json!({"task_id": id.trim_end(), "task_description": "Write it",
        "percent": 40, "message": "half"});
    assert_eq!(progress["data"], news);
    assert_eq!(progress["session_id"], *cece.session_id);

    run(&["task", "done", "Write it", "--result", "written"]).await;
    let done = last(&ann, "task.completed").await;
    assert_eq!(done["data"]["task_id"], id.trim_end());
    assert_eq!(done["data"]["result"], "written");
    assert_eq!(cece.seen().await.unwrap()["current_task"], "");

    // In person, and by an id of one's own.
    shell
        .run(&["task", "fail", "--id", "t-1", "--reason", "rain"])
        .await
        .ok();
    let failed = last(&ann, "task.failed").await;
    assert_eq!(failed["data"], json!({"task_id": "t-1", "reason": "rain"}));
    for wrong in [
        &["task", "start"][..],
        &["task", "progress", "x", "--percent", "101"],
    ] {
        assert_eq!(shell.run(wrong).await.code, Some(2), "{wrong:?}");
    }
}

#[tokio::test]
async fn who_lists_the_live_sessions() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    assert_eq!(shell.run(&["who"]).await.ok(), "Nobody is here.\n");
    let cece = ann.register("Cece").await;
    ann.register("Dan").await;
    let listed = shell.run(&["who"]).await;
    assert_eq!(listed.ok().lines().count(), 3, "{listed:?}");
    assert!(!listed.stdout.contains("(you)"), "{listed:?}");
    let own = [("LEITL_SESSION_ID", cece.session_id.as_str())];
    let listed = shell.run_with(&["who"], &own, "").await;
    assert!(listed.ok().contains("Cece (you)"), "{listed:?}");
    assert!(!listed.stdout.contains("Dan (you)"), "{listed:?}");
    let json = shell.run(&["who", "--json"]).await.json();
    assert_eq!(json[0]["session_id"], *cece.session_id);
}

#[tokio::test]
async fn a_speaker_answers_and_sees_how_far_it_came() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let asked = cece
        .broadcast("broadcast.message", json!({"text": "which port?"}))
        .await;
    let question = asked["id"].as_str().unwrap();
    let shell = Shell::of(&server, &ann);
    let answer = ["say", "8000", "--to", "Cece", "--reply-to", question];
    let said = shell
        .run(&[&answer[..], &["--urgent", "--json"]].concat())
        .await;
    let said = said.json();
    let id = said["id"].as_str().unwrap();
    let none = shell.run(&["receipts", id]).await;
    assert_eq!(none.ok(), "No session was handed it yet.\n");

    let inbox = cece.client.post("inbox", json!({})).await.ok();
    let data = &inbox["messages"][0]["data"];
    assert_eq!(
        (&data["thread"], &data["urgent"]),
        (&json!(question), &json!(true))
    );
    let receipts = shell.run(&["receipts", id]).await;
    assert!(receipts.ok().contains("Cece   delivered"), "{receipts:?}");
    let json = shell.run(&["receipts", id, "--json"]).await.json();
    assert_eq!(json["receipts"][0]["session_id"], *cece.session_id);
    let nothing = shell.run(&["receipts", "1-1"]).await;
    nothing.failed(1, &["no message"]);
    let broken = shell.run(&["say", "a", "--reply-to", "1-1"]).await;
    broken.failed(1, &["data.reply_to"]);
}

#[tokio::test]
async fn a_watcher_in_a_pipe_sees_plain_lines_and_misses_nothing() {
    let setup = Setup::unlimited();
    let mut server = setup.start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    let mut plain = Running::start(shell.command(&["watch"]));
    let mut json = Running::start(shell.command(&["watch", "--json"]));
    plain.complains("watching").await;
    json.complains("watching").await;
    let cece = ann.register("Cece").await;
    cece.broadcast("broadcast.message", json!({"text": "first"}))
        .await;
    let seen = plain.prints("Cece says: first\n").await;
    assert!(seen.contains("Cece joined: "), "{seen}");
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    let seen = json.prints("first\"}}\n").await;
    let event: Value = serde_json::from_str(seen.lines().last().unwrap()).unwrap();
    assert_eq!(event["session_id"], *cece.session_id);

    let url = server.url.clone();
    server.signal(Signal::TERM);
    server.ended().await;
    plain.complains("trying again").await;
    drop(server);
    let server = back(&setup, &url).await;
    let cece = cece.at(&server.url);
    cece.broadcast("broadcast.message", json!({"text": "second"}))
        .await;
    plain.prints("Cece says: second\n").await;
    plain.complains("nothing was missed").await;
    plain.signal(Signal::INT);
    assert_eq!(plain.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_watcher_that_cannot_begin_says_why() {
    let server = Setup::unlimited().start().await;
    let shell = Shell::of(&server, &server.user("ann").await);
    let nonsense = [("LEITL_TOKEN", "nonsense")];
    shell
        .run_with(&["watch"], &nonsense, "")
        .await
        .failed(1, &["token"]);
    // A port that nobody listens to now.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let away = [("LEITL_URL", url.as_str())];
    shell
        .run_with(&["watch"], &away, "")
        .await
        .failed(1, &[&url]);
}

#[tokio::test]
async fn a_watcher_at_a_terminal_sees_colours_and_leaves_by_ctrl_c() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    let mut watch = in_terminal(&shell, &format!("'{LEITL}' watch"));
    watch.prints("watching").await;
    let cece = ann.register("Cece").await;
    cece.broadcast("broadcast.message", json!({"text": "hello"}))
        .await;
    let seen = watch.prints("says: hello").await;
    assert!(seen.contains("mCece\u{1b}[0m says: hello"), "{seen:?}");
    watch.type_in("\u{3}").await;
    assert_eq!(watch.ended().await.code(), Some(0));
}

/// At a terminal each answers in words that a person reads, and nothing steers it.
#[tokio::test]
async fn each_command_answers_at_a_terminal() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    ann.register("Dan").await;
    let shell = Shell::of(&server, &ann);
    let session = format!("--session {}", cece.session_id);
    let message = cece
        .broadcast("broadcast.message", json!({"text": "hi"}))
        .await;
    let receipts = format!("receipts {}", message["id"].as_str().unwrap());
    let cases = [
        ("who".to_owned(), "Dan"),
        (format!("say Hello --to Dan {session} --json"), "\"id\""),
        (format!("task start Look {session}"), "task-"),
        (
            format!("task done Look {session}; echo \"code $?\""),
            "code 0",
        ),
        (format!("inbox {session}"), "Nothing new."),
        (format!("catch-up {session}"), "The room since"),
        (
            format!("files claim src/a.rs {session}; echo \"code $?\""),
            "code 0",
        ),
        (receipts, "No session was handed it yet."),
        (
            "context nothing-of-this; echo \"code $?\"".to_owned(),
            "code 1",
        ),
        ("source list".to_owned(), "share"),
        (format!("leave {session}; echo \"code $?\""), "code 0"),
    ];
    for (words, answer) in cases {
        // A shell of its own, since script's gives its place to the command.
        let command = format!(
            "sh -c \"'{LEITL}' {}\"",
            words.replace('"', "\\\"").replace('$', "\\$")
        );
        let mut terminal = in_terminal(&shell, &command);
        let printed = terminal.prints_to_the_end().await;
        assert!(printed.contains(answer), "{words}: {printed:?}");
        let styles = printed.replace("\u{1b}[", "");
        assert!(!styles.contains('\u{1b}'), "{words}: {printed:?}");
    }
    assert_eq!(ann.active().await.len(), 1);
}

#[tokio::test]
async fn a_command_at_a_terminal_gets_ctrl_c_once_and_goes_on() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let shell = Shell::of(&server, &ann);
    // It never sleeps, so that a second signal is not lost in the first, and ends by a
    // signal that takes the way by which a second one would come.
    let script = r#"trap "echo hit; kill -USR1 \$PPID" INT; trap "exit 4" USR1
        test -t 0 && echo re""ady; read line; echo "got $line"; while :; do :; done"#;
    let join = format!("'{LEITL}' join --name Cece -- sh -c '{script}'");
    let mut command = in_terminal(&shell, &join);
    command.prints("ready").await;
    command.type_in("a line\n").await;
    command.prints("got a line").await;
    command.type_in("\u{3}").await;
    let printed = command.prints_to_the_end().await;
    assert_eq!(printed.matches("hit").count(), 1, "{printed:?}");
    assert_eq!(command.ended().await.code(), Some(4));
    assert!(ann.active().await.is_empty());
}

#[tokio::test]
async fn completions_and_manual_know_the_commands() {
    let setup = Setup::new();
    let print = async |arguments: &[&str]| {
        let output = setup.binary().args(arguments).output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish"] {
        let script = print(&["completions", shell]).await;
        assert!(script.contains("watch"), "{shell}");
    }
    let whole = print(&["man"]).await;
    assert!(
        whole.contains(".TH leitl 1") && whole.contains("leitl\\-join"),
        "{whole}"
    );
    let page = print(&["man", "source", "add"]).await;
    assert!(page.contains(".TH leitl-source-add 1"), "{page}");
    let output = setup
        .binary()
        .args(["man", "dance"])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
}
