//! `leitl vault rotate`, and that a copy of Redis' files tells no credential.

use std::{fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use serde_json::{Value, json};

use crate::{
    client::{Client, list},
    command::Shell,
    context_source::{Source, assert_whole, setup},
    external_redis::ExternalRedis,
    server::{Server, Setup},
    shared_folder::SharedFolder,
};

/// A source that reads a shared folder.
async fn add_source(user: &Client, folder: &SharedFolder, name: &str) -> Source {
    let body = json!({
        "name": name,
        "url": folder.url(),
        "auth": "basic",
        "username": SharedFolder::USER,
        "password": folder.password(),
    });
    let source = Source::add(user, body).await;
    assert_whole(&source.sync().await);
    source
}

fn keys(setup: &Setup) -> Vec<Value> {
    let text = fs::read_to_string(setup.data_dir().join("vault.json")).unwrap();
    list(&serde_json::from_str::<Value>(&text).unwrap()["keys"])
}

fn write_keys(setup: &Setup, keys: &[Value]) {
    let path = setup.data_dir().join("vault.json");
    fs::write(path, json!({"keys": keys}).to_string()).unwrap();
}

/// Stops a server in good order and starts it again.
async fn restart(mut server: Server) -> Server {
    server.signal(rustix::process::Signal::TERM);
    server.ended().await;
    let setup = server.setup().clone();
    // Dropped later, it would stop the new one's Redis.
    drop(server);
    setup.start().await
}

#[tokio::test]
async fn a_rotation_reaches_a_running_server_and_needs_no_old_key() {
    let folder = SharedFolder::start().await;
    folder.put("a.md", "first").await;
    let server = setup().start().await;
    let (ann, ben) = (server.user("ann").await, server.user("ben").await);
    let source = add_source(&ann, &folder, "Notes").await;
    add_source(&ben, &folder, "His notes").await;

    let told = server.setup().run(&["vault", "rotate"]).await;
    let kid = keys(server.setup())[0]["kid"].clone();
    assert!(told.contains(kid.as_str().unwrap()), "{told}");
    assert!(told.contains("2 sources"), "{told}");
    folder.put("b.md", "second").await;
    assert_whole(&source.sync().await);
    assert_eq!(source.text("b.md").await.as_deref(), Some("second"));

    // The old key can go, and what is added now needs it no more than the rest.
    let added = add_source(&ann, &folder, "More notes").await;
    write_keys(server.setup(), &keys(server.setup())[..1]);
    let server = restart(server).await;
    for source in [source, added] {
        let owner = source.owner.at(&server.url);
        let source = Source { owner, ..source };
        assert_whole(&source.sync().await);
    }
}

/// The key was made, and nothing more happened.
#[tokio::test]
async fn a_rotation_that_was_cut_off_is_finished_by_the_next() {
    let folder = SharedFolder::start().await;
    let server = setup().start().await;
    let source = add_source(&server.user("ann").await, &folder, "Notes").await;
    // As often as the file keeps keys: the one that is needed is about to go.
    let mut held = keys(server.setup());
    for n in 0..4 {
        let mut key = held[0].clone();
        key["kid"] = json!(format!("cut-off-{n}"));
        key["secret"] = json!(format!("{n}").repeat(64));
        held.insert(0, key);
    }
    write_keys(server.setup(), &held);
    for _ in 0..2 {
        let told = server.setup().run(&["vault", "rotate"]).await;
        assert!(told.contains("1 source "), "{told}");
        assert_whole(&source.sync().await);
    }
}

#[tokio::test]
async fn without_the_key_nothing_opens_and_that_is_said() {
    let folder = SharedFolder::start().await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let source = add_source(&ann, &folder, "Notes").await;
    let mut other = keys(server.setup());
    other[0]["kid"] = json!("another");
    write_keys(server.setup(), &other);
    let server = restart(server).await;
    let owner = source.owner.at(&server.url);
    let source = Source { owner, ..source };
    let sync = source.sync().await;
    assert_eq!(sync["state"], "failed", "{sync}");
    let error = sync["error"].as_str().unwrap();
    assert!(
        error.contains("vault.json") && error.contains("enter the credentials again"),
        "{error}"
    );
    let data_dir = server.setup().data_dir().display().to_string();
    let shell = Shell::of(&server, &ann);
    let outcome = shell
        .run(&["vault", "rotate", "--data-dir", &data_dir])
        .await;
    let address = format!("default/ann/{}", source.id);
    outcome.failed(1, &[&address, "vault.json", "enter them again"]);
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named_and_no_key_is_made() {
    let server = setup().start().await;
    let data_dir = server.setup().data_dir();
    let path = data_dir.display().to_string();
    let shell = Shell::of(&server, &server.user("ann").await);
    let rotate = ["vault", "rotate", "--data-dir", &path];
    let before = keys(server.setup());
    let mut with_url = rotate.to_vec();
    with_url.extend(["--redis-url", "unix:///nonexistent/redis.sock"]);
    shell.run(&with_url).await.failed(1, &["Redis"]);
    // A data directory that no server uses now.
    let idle = tempfile::tempdir().unwrap();
    fs::copy(data_dir.join("vault.json"), idle.path().join("vault.json")).unwrap();
    let idle_path = idle.path().display().to_string();
    let outcome = shell
        .run(&["vault", "rotate", "--data-dir", &idle_path])
        .await;
    outcome.failed(1, &[&idle_path, "no server", "--redis-url"]);
    assert_eq!(keys(server.setup()), before);
    let empty = tempfile::tempdir().unwrap();
    let empty_path = empty.path().display().to_string();
    let outcome = shell
        .run(&["vault", "rotate", "--data-dir", &empty_path])
        .await;
    outcome.failed(1, &[&empty_path, "vault.json"]);
}

#[tokio::test]
async fn a_redis_of_the_configuration_is_reached() {
    let redis = ExternalRedis::start().await;
    let folder = SharedFolder::start().await;
    let setup = setup().with("LEITL_REDIS__URL", redis.url());
    let server = setup.start().await;
    let source = add_source(&server.user("ann").await, &folder, "Notes").await;
    let told = setup.run(&["vault", "rotate"]).await;
    assert!(told.contains("1 source "), "{told}");
    assert_whole(&source.sync().await);
}

#[tokio::test]
async fn the_files_of_redis_tell_no_credential() {
    let folder = SharedFolder::start().await;
    folder.put("a.md", "what is read is in them").await;
    let server = setup().start().await;
    let ann = server.user("ann").await;
    add_source(&ann, &folder, "By password").await;
    let body = json!({
        "name": "By token", "url": folder.url(), "auth": "bearer", "token": folder.password(),
    });
    assert_whole(&Source::add(&ann, body).await.sync().await);
    server.setup().run(&["vault", "rotate"]).await;
    let saved: String = redis::cmd("SAVE")
        .query_async(&mut server.redis().await)
        .await
        .unwrap();
    assert_eq!(saved, "OK");

    let mut bytes = Vec::new();
    let names = read_below(&server.setup().data_dir().join("redis"), &mut bytes);
    for kind in [".rdb", ".aof"] {
        assert!(names.iter().any(|name| name.ends_with(kind)), "{names:?}");
    }
    // What is stored in clear is found, in this very way.
    for stored in ["By password", "what is read is in them"] {
        assert!(contains(&bytes, stored.as_bytes()), "{stored}");
    }
    let mut secrets = forms(folder.password());
    secrets.push(folder.basic_header());
    for secret in secrets {
        assert!(!contains(&bytes, secret.as_bytes()), "{secret} is there");
    }
    for key in keys(server.setup()) {
        let secret = key["secret"].as_str().unwrap();
        assert!(!contains(&bytes, secret.as_bytes()), "a key is there");
    }
}

/// Appends all files below a directory, and returns their names.
fn read_below(directory: &Path, bytes: &mut Vec<u8>) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(read_below(&path, bytes));
        } else if path.is_file() {
            bytes.extend(fs::read(&path).unwrap());
            names.push(path.display().to_string());
        }
    }
    names
}

/// A secret in clear, in hexadecimal, and in Base64 wherever in a longer text it
/// stands.
fn forms(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), hex.to_uppercase(), hex];
    for before in 0..3 {
        let text = "x".repeat(before) + secret;
        let whole = &text.as_bytes()[..text.len() / 3 * 3];
        // What the text before it has a part in is cut.
        let cut = if before == 0 { 0 } else { 4 };
        forms.push(BASE64_STANDARD_NO_PAD.encode(whole)[cut..].to_owned());
    }
    forms
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn the_forms_of_a_secret_are_found_in_longer_texts() {
    let forms = forms("hunter2-hunter2");
    for before in ["", "a", "ab", "abc", "user:"] {
        let text = format!("{before}hunter2-hunter2 and so on");
        let encoded = BASE64_STANDARD_NO_PAD.encode(text);
        assert!(
            forms.iter().any(|form| encoded.contains(form.as_str())),
            "{before}"
        );
    }
}
