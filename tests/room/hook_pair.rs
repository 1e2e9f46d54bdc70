//! Two sessions of Claude Code that meet through hooks alone.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    claude_code::ClaudeCode,
    server::{Setup, eventually},
};

/// A repository with a remote, and a second clone of it by another address.
fn clones(home: &Path) -> [std::path::PathBuf; 2] {
    let addresses = [
        ("one", "https://ann:secret@example.org/team/leitl.git"),
        ("two", "git@example.org:team/leitl"),
    ];
    addresses.map(|(name, address)| {
        let top = home.join(name);
        fs::create_dir_all(top.join(".git")).unwrap();
        fs::create_dir_all(top.join("src")).unwrap();
        fs::write(top.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let config = format!("[remote \"origin\"]\n\turl = {address}\n");
        fs::write(top.join(".git/config"), config).unwrap();
        top
    })
}

/// One event of the feed in few words.
fn word(event: &Value) -> String {
    let who = event["agent_name"].as_str().unwrap_or_default();
    let data = &event["data"];
    let what = match event["event_type"].as_str().unwrap() {
        "x.file" => data["paths"][0].as_str(),
        "task.started" | "task.completed" => data["task_description"].as_str(),
        "broadcast.message" => data["text"].as_str(),
        "session.ended" => data["reason"].as_str(),
        _ => None,
    };
    let kind = event["event_type"].as_str().unwrap();
    format!("{who} {kind} {}", what.unwrap_or_default())
}

#[tokio::test]
async fn two_sessions_through_hooks_alone_see_warn_tell_and_leave() {
    let server = Setup::unlimited().start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let [one, two] = clones(server.setup().directory());
    let cece = ClaudeCode::of(&server, &ann, "one")
        .at(&one)
        .with("LEITL_AGENT_NAME", "Cece");
    let dan = ClaudeCode::of(&server, &bob, "two")
        .at(&two)
        .with("LEITL_AGENT_NAME", "Dan");

    cece.starts().await.context("SessionStart");
    cece.is_asked("Fix the login").await.silent();
    let told = dan.starts().await;
    let told = told.context("SessionStart");
    assert!(
        told.contains("Cece") && told.contains("Fix the login"),
        "{told}"
    );
    let sessions = ann.active().await;
    assert!(
        sessions
            .iter()
            .all(|session| session["tags"] == json!(["leitl"])),
        "{sessions:?}"
    );
    dan.is_asked("Tidy up").await.silent();

    cece.edits(&one.join("src/login.rs")).await.silent();
    let warned = dan.edits(&two.join("src/login.rs")).await;
    let warned = warned.context("PreToolUse");
    assert!(
        warned.contains(
            "src/login.rs in example.org/team/leitl is being worked on by Cece (user ann"
        ),
        "{warned}"
    );
    assert_eq!(warned.matches("<leitl-warning").count(), 1, "{warned}");
    // It is reminded each time.
    let warned = dan.edits(&two.join("src/login.rs")).await;
    assert!(warned.context("PreToolUse").contains("<leitl-warning"));
    let warned = cece.has_run("cargo test").await;
    let warned = warned.context("PostToolUse");
    assert!(
        warned.contains("src/login.rs") && warned.contains("Dan"),
        "{warned}"
    );

    let say = dan.command(&["say", "I only rename", "--to", "Cece"]);
    let mut say = say;
    say.env("LEITL_SESSION_ID", dan.session_id());
    assert!(say.status().await.unwrap().success());
    let stopped = cece.stops().await;
    assert!(stopped.goes_on().contains(">I only rename</leitl-message>"));
    cece.stops_again().await.silent();
    cece.ends().await.silent();
    eventually("Cece has left", async || {
        (ann.active().await.len() == 1).then_some(())
    })
    .await;
    dan.stops().await.silent();
    dan.ends().await.silent();
    eventually("Dan has left", async || {
        ann.active().await.is_empty().then_some(())
    })
    .await;

    let story: Vec<_> = ann
        .activity()
        .await
        .iter()
        .filter(|event| event["event_type"] != "session.updated")
        .map(word)
        .collect();
    assert_eq!(
        story,
        [
            "Cece session.started ",
            "Cece task.started Fix the login",
            "Dan session.started ",
            "Dan task.started Tidy up",
            "Cece x.file src/login.rs",
            "Dan x.file src/login.rs",
            "Dan conflict.warning ",
            "Dan broadcast.message I only rename",
            "Cece task.completed Fix the login",
            "Cece session.ended the agent has ended (prompt_input_exit)",
            "Dan task.completed Tidy up",
            "Dan session.ended the agent has ended (prompt_input_exit)",
        ]
    );
    assert_eq!((cece.log(), dan.log()), (String::new(), String::new()));
}
