//! `leitl source`, `leitl context` and `leitl history`, as people and scripts use
//! them.

use std::fs;

use serde_json::Value;

use crate::{
    client::list,
    command::{Outcome, Shell},
    context_source::setup,
    server::Setup,
    shared_folder::SharedFolder,
};

/// Adds a folder under the name `notes`, with the password on standard input.
async fn add(shell: &Shell<'_>, folder: &SharedFolder, flags: &[&str]) -> Outcome {
    let url = folder.url();
    let mut arguments = vec!["source", "add", "notes", &url];
    arguments.extend(["--username", SharedFolder::USER, "--password-stdin"]);
    arguments.extend(flags);
    let password = format!("{}\n", folder.password());
    shell.run_with(&arguments, &[], &password).await
}

#[tokio::test]
async fn a_source_is_added_read_searched_and_removed() {
    let folder = SharedFolder::start().await;
    folder.put("docs/auth.md", "Tokens are signed here").await;
    folder.put("docs/draft.txt", "Tokens, perhaps").await;
    let server = setup().start().await;
    let (ann, ben) = (server.user("ann").await, server.user("ben").await);
    let shell = Shell::of(&server, &ann);

    let added = add(
        &shell,
        &folder,
        &["--interval", "1h", "--include", "**/*.md"],
    )
    .await;
    assert!(added.ok().starts_with("notes is added"), "{added:?}");
    let synced = shell.run(&["source", "sync", "notes", "--wait"]).await;
    assert!(synced.ok().contains("1 file, 22 B"), "{synced:?}");
    let listed = shell.run(&["source", "list"]).await;
    let line = listed.ok().lines().find(|line| line.contains("notes"));
    let words: Vec<_> = line.unwrap().split_whitespace().collect();
    assert_eq!(words[1..6], ["notes", "idle", "1", "22", "B"], "{listed:?}");
    let json = shell.run(&["source", "list", "--json"]).await.json();
    let notes = list(&json)
        .into_iter()
        .find(|source| source["name"] == "notes")
        .unwrap();
    assert_eq!(notes["interval_seconds"], 3600);
    assert_eq!(notes["include"][0], "**/*.md");
    assert_eq!(notes["auth"], "basic");

    // Ben sees that it is there, and no more.
    let listed = Shell::of(&server, &ben).run(&["source", "list"]).await;
    let line = listed.ok().lines().find(|line| line.starts_with("notes"));
    let words: Vec<_> = line.unwrap().split_whitespace().collect();
    assert_eq!(words[..3], ["notes", "ann", "idle"], "{listed:?}");
    assert!(!listed.stdout.contains(&folder.url()), "{listed:?}");

    let found = shell.run(&["context", "signed", "tokens"]).await;
    let first = found.ok().lines().next().unwrap();
    assert!(first.starts_with("docs/auth.md  "), "{found:?}");
    assert!(first.contains("version 1, "), "{found:?}");
    assert!(
        found.stdout.contains("    Tokens are signed here\n"),
        "{found:?}"
    );
    assert!(!found.stdout.contains('\u{1b}'), "no styles in a pipe");

    folder
        .put("docs/auth.md", "Tokens are signed elsewhere")
        .await;
    let flags = [
        "context",
        "elsewhere",
        "--sync",
        "--json",
        "--source",
        "notes",
    ];
    let found = shell.run(&flags).await.json();
    let file = &found["matched_files"][0];
    assert_eq!(file["content"], "Tokens are signed elsewhere", "{found}");
    assert_eq!(
        (&found["cached"], &file["version"]),
        (&Value::Bool(false), &2.into())
    );
    let history = shell.run(&["history", "docs/auth.md"]).await;
    let lines: Vec<_> = history.ok().lines().collect();
    assert_eq!(lines.len(), 3, "{history:?}");
    assert!(lines[1].starts_with("2 ") && lines[2].starts_with("1 "));
    let old = shell
        .run(&["history", "docs/auth.md", "--version", "1"])
        .await;
    assert_eq!(old.ok(), "Tokens are signed here");

    shell.run(&["source", "remove", "notes"]).await.ok();
    let nothing = shell.run(&["context", "tokens"]).await;
    nothing.failed(1, &["tokens"]);
    assert_eq!(nothing.stdout, "");
    let again = shell.run(&["source", "remove", "notes"]).await;
    again.failed(1, &["notes", "leitl source list"]);
}

#[tokio::test]
async fn passwords_come_by_every_way_but_an_argument() {
    let folder = SharedFolder::start().await;
    let server = setup().start().await;
    let shell = Shell::of(&server, &server.user("ann").await);
    let file = server.setup().directory().join("password");
    fs::write(&file, folder.password()).unwrap();
    let (url, file) = (folder.url(), file.display().to_string());
    let password = folder.password();
    let basic = ["--username", SharedFolder::USER];
    let bearer = ["--auth", "bearer"];
    for (name, flags, variables, input) in [
        (
            "file",
            [&basic[..], &["--password-file", &file]].concat(),
            &[][..],
            "",
        ),
        (
            "input",
            [&basic[..], &["--password-file", "-"]].concat(),
            &[],
            password,
        ),
        (
            "variable",
            basic.to_vec(),
            &[("LEITL_SOURCE_PASSWORD", password)],
            "",
        ),
        ("token", vec!["--token-file", &file], &[], ""),
        (
            "token-variable",
            bearer.to_vec(),
            &[("LEITL_SOURCE_TOKEN", password)],
            "",
        ),
    ] {
        let arguments = [&["source", "add", name, &url, "--json"], &flags[..]].concat();
        let added = shell.run_with(&arguments, variables, input).await;
        assert_eq!(added.json()["name"], name);
        assert!(!added.stdout.contains(password), "{added:?}");
    }
    let nowhere = [&["source", "add", "n", &url][..], &basic].concat();
    shell.run(&nowhere).await.failed(1, &["--password-file"]);
    let with_password = url.replacen("://", "://u:hunter2@", 1);
    let outcome = shell.run(&["source", "add", "n", &with_password]).await;
    outcome.failed(2, &["--password-file"]);
    assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
}

#[tokio::test]
async fn what_is_wrong_is_said_when_a_source_is_added() {
    let folder = SharedFolder::start().await;
    let (open, closed) = (setup().start().await, Setup::new().start().await);
    let shell = Shell::of(&open, &open.user("ann").await);
    let url = folder.url();
    let arguments = ["source", "add", "notes", &url, "--username", "sharer"];
    let wrong = [("LEITL_SOURCE_PASSWORD", "wrong-secret")];
    let outcome = shell.run_with(&arguments, &wrong, "").await;
    outcome.failed(1, &["credentials", "401"]);
    assert!(!outcome.stderr.contains("wrong-secret"), "{outcome:?}");
    let outcome = add(&shell, &folder, &["--interval", "1s"]).await;
    outcome.failed(1, &["interval_seconds", "30"]);
    let outcome = add(&shell, &folder, &["--include", "[a"]).await;
    outcome.failed(1, &["include"]);
    let listed = shell.run(&["source", "list"]).await;
    assert!(!listed.ok().contains("notes"), "{listed:?}");

    let shell = Shell::of(&closed, &closed.user("ann").await);
    let outcome = add(&shell, &folder, &[]).await;
    outcome.failed(1, &["allowed_networks", "[leitl.context]", "loopback"]);
}

#[tokio::test]
async fn a_failed_synchronisation_is_said_and_is_in_the_list() {
    let folder = SharedFolder::start().await;
    let server = setup().start().await;
    let shell = Shell::of(&server, &server.user("ann").await);
    add(&shell, &folder, &[]).await.ok();
    shell.run(&["source", "sync", "notes", "--wait"]).await.ok();
    drop(folder);
    let outcome = shell.run(&["source", "sync", "notes", "--wait"]).await;
    outcome.failed(1, &["notes failed", "refuses connections"]);
    let listed = shell.run(&["source", "list"]).await;
    let mut lines = listed.ok().lines();
    let line = lines.find(|line| line.contains("notes")).unwrap();
    assert!(line.contains("failed"), "{listed:?}");
    assert!(lines.next().unwrap().contains("error: "), "{listed:?}");
}

#[tokio::test]
async fn who_asks_and_whom_is_said_when_it_is_wrong() {
    let server = Setup::new().start().await;
    let shell = Shell::of(&server, &server.user("ann").await);
    for arguments in [
        &["source", "list"][..],
        &["source", "sync", "share"],
        &["source", "remove", "share"],
        &["context", "words"],
        &["history", "a.md"],
    ] {
        let without = shell.run_with(arguments, &[("LEITL_TOKEN", "")], "").await;
        without.failed(1, &["LEITL_TOKEN", "leitl token"]);
        let wrong = [("LEITL_TOKEN", "a.wrong.token")];
        let outcome = shell.run_with(arguments, &wrong, "").await;
        outcome.failed(1, &["A valid token is needed"]);
        let nobody = [("LEITL_URL", "http://127.0.0.1:1")];
        let outcome = shell.run_with(arguments, &nobody, "").await;
        outcome.failed(1, &["http://127.0.0.1:1"]);
    }
    let outcome = shell.run(&["source", "remove", "share"]).await;
    outcome.failed(1, &["built-in share"]);
    let outcome = shell.run(&["history", "no/such.md"]).await;
    outcome.failed(1, &["none of your sources"]);
    let outcome = shell.run(&["context", "words", "--max-results", "0"]).await;
    outcome.failed(1, &["max_results", "1 to 100"]);
    let outcome = shell.run(&["context", "words", "--source", "wiki"]).await;
    outcome.failed(1, &["source"]);
    // A query may be any word, also one that is elsewhere a command's.
    let outcome = shell.run(&["context", "history"]).await;
    outcome.failed(1, &["\"history\""]);
}
