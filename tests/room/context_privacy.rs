//! What one user's sources hold, nobody else gets by any call; and no password gets
//! out at all.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    client::Client,
    context_source::{Source, setup, skipped},
    webdav::{Kind, PASSWORD, tree::Tree},
};

/// Words that stand in Ann's files only.
const SECRET: &str = "xylophone";

/// Every call of somebody else that could tell something.
async fn assert_blind(stranger: &Client, source: &Source, url: &str) {
    let id = &source.id;
    for call in [
        format!("context?query={SECRET}"),
        "context?query=path:plans/".to_owned(),
        format!("context?query={SECRET}&sync=true"),
        format!("context?query={SECRET}&source={id}"),
        format!("context?query={SECRET}&source=Files"),
        format!("context/history?path=plans/secret.md&source={id}"),
        "context/history?path=plans/secret.md&source=share".to_owned(),
        "sources".to_owned(),
        "sessions/active".to_owned(),
        "activity?limit=500".to_owned(),
        "snapshot".to_owned(),
    ] {
        let answer = stranger.get(&call).await;
        // A query is said back, so the word alone proves nothing.
        for secret in ["plans/secret", "plans/skipped", "plays the", url, PASSWORD] {
            let told = answer.text.contains(secret) && !call.contains(secret);
            assert!(!told, "{call}: {}", answer.text);
        }
        if call.starts_with("context?") && answer.status == 200 {
            assert_eq!(answer.ok()["total_matches"], 0, "{call}: {}", answer.text);
        }
    }
    for (call, body) in [
        ("sources/update", json!({"id": id, "name": "Mine"})),
        (
            "sources/update",
            json!({"id": id, "url": url, "auth": "none"}),
        ),
        ("sources/sync", json!({"id": id, "wait": true})),
        ("sources/delete", json!({"id": id})),
    ] {
        let answer = stranger.post(call, body).await;
        assert!(
            [403, 404].contains(&answer.status),
            "{call}: {}",
            answer.text
        );
        answer.problem(answer.status);
    }
}

#[tokio::test]
async fn another_user_gets_nothing_by_any_call() {
    let mut tree = Tree::new();
    tree.file("plans/secret.md", &format!("Ann plays the {SECRET}"));
    tree.file("plans/skipped.bin", "\0\0");
    let program = Kind::ApacheBasic.serve(tree.path()).await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let source = Source::of(&ann, Kind::ApacheBasic, &program).await;
    assert_eq!(source.search(SECRET).await.len(), 1);
    let skipped = skipped(&source.sync().await);
    assert_eq!(skipped, ["plans/skipped.bin"]);

    assert_blind(&server.user("bob").await, &source, &program.url).await;
    // The same name elsewhere is somebody else.
    let elsewhere = server.user_of("elsewhere", "ann").await;
    assert_blind(&elsewhere, &source, &program.url).await;
    let stranger = server.stranger();
    for call in ["sources".to_owned(), format!("context?query={SECRET}")] {
        stranger.get(&call).await.problem(401);
    }
    // It is all still there, and still Ann's.
    assert_eq!(source.search(SECRET).await.len(), 1);
}

#[tokio::test]
async fn two_users_of_one_server_and_path_keep_their_own() {
    let server = setup().start().await;
    let (mut sources, mut programs) = (Vec::new(), Vec::new());
    for user in ["ann", "bob"] {
        let mut tree = Tree::new();
        tree.file("same/path.md", &format!("A common word, by {user}"));
        let program = Kind::Lighttpd.serve(tree.path()).await;
        let client = server.user(user).await;
        sources.push(Source::of(&client, Kind::Lighttpd, &program).await);
        programs.push((program, tree));
    }
    for (source, user) in sources.iter().zip(["ann", "bob"]) {
        // Not by source: everything the user has.
        let found = source.owner.get("context?query=common").await.ok();
        assert_eq!(found["total_matches"], 1, "{found}");
        let content = &found["matched_files"][0]["content"];
        assert_eq!(*content, format!("A common word, by {user}"));
    }
}

/// The bytes of all files below a directory.
fn bytes_below(directory: &Path, bytes: &mut Vec<u8>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes_below(&path, bytes);
        } else if path.is_file() {
            bytes.extend(fs::read(path).unwrap_or_default());
        }
    }
}

#[tokio::test]
async fn a_password_is_neither_answered_nor_logged_nor_stored_in_clear() {
    let mut tree = Tree::new();
    tree.file("a.md", "Something to read");
    let program = Kind::ApacheBasic.serve(tree.path()).await;
    let server = setup().with("RUST_LOG", "trace").start().await;
    let ann = server.user("ann").await;
    let source = Source::of(&ann, Kind::ApacheBasic, &program).await;
    for call in ["sources", "activity?limit=500", "context?query=something"] {
        let answer = ann.get(call).await;
        answer.ok();
        assert!(!answer.text.contains(PASSWORD), "{call}: {}", answer.text);
    }
    let rename = json!({"id": source.id, "name": "Renamed"});
    let renamed = ann.post("sources/update", rename).await;
    assert!(!renamed.text.contains("correct: horse"), "{}", renamed.text);
    let mut redis = server.redis().await;
    let _: () = redis::cmd("SAVE").query_async(&mut redis).await.unwrap();
    let mut stored = Vec::new();
    bytes_below(&server.setup().data_dir(), &mut stored);
    let has = |text: &str| {
        stored
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    // The dump does have what is no secret, so it was looked at.
    assert!(has("Renamed"), "the source is not where it was looked for");
    // `Basic` credentials are the password in Base64.
    for secret in ["correct: horse", "YW5uYTpjb3JyZWN0OiBob3JzZ"] {
        assert!(!has(secret), "{secret} is stored");
        assert!(!server.log().contains(secret), "{secret} is logged");
    }
}
