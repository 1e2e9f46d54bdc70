//! Configuration: what is shipped agrees with itself, and each source overrides
//! the one before it.

use std::{fs, path::Path};

use config::{Config, File, FileFormat};
use serde_json::json;

use crate::server::Setup;

fn read(name: &str) -> Config {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let source = File::from(path).format(FileFormat::Toml);
    Config::builder().add_source(source).build().unwrap()
}

/// cargo-leptos reads Cargo.toml and the server reads Leptos.toml: a page that
/// asks for another name or place than was built has no style and no script.
#[test]
fn the_two_files_for_leptos_agree() {
    let (run, build) = (read("Leptos.toml"), read("Cargo.toml"));
    for key in ["output-name", "site-root", "site-pkg-dir"] {
        let key = format!("package.metadata.leptos.{key}");
        let (run, build) = (
            run.get_string(&key).unwrap(),
            build.get_string(&key).unwrap(),
        );
        assert_eq!(run, build, "{key}");
    }
    let shared = run.get_table("package.metadata.leptos").unwrap();
    // Beside the three there is `env`, which cargo-leptos does not read.
    assert_eq!(shared.len(), 4, "a key that nothing compares: {shared:?}");
    let addr = build
        .get_string("package.metadata.leptos.site-addr")
        .unwrap();
    assert_eq!(run.get_string("leitl.server.addr").unwrap(), addr);
}

/// Leptos reads Leptos.toml from its own table to the end of the file, so a table
/// of ours after it would be taken for one of Leptos.
#[test]
fn the_table_of_leptos_is_the_last() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Leptos.toml");
    let text = fs::read_to_string(path).unwrap();
    let last = text.lines().rfind(|line| line.starts_with('[')).unwrap();
    assert_eq!(last, "[package.metadata.leptos]");
}

#[tokio::test]
async fn the_environment_overrides_the_file_and_flags_override_both() {
    let setup = Setup::new();
    let file = setup.directory().join("our.toml");
    fs::write(
        &file,
        "[leitl.sessions]\nheartbeat_seconds = 7\nstale_seconds = 8\nend_seconds = 9\n\
         [leitl.server]\ndata_dir = \"/never/used\"\n",
    )
    .unwrap();
    let server = setup
        .argument("--config")
        .argument(file.display())
        .with("LEITL_SESSIONS__STALE_SECONDS", 5)
        .start()
        .await;
    let ann = server.user("ann").await;
    let snapshot = ann.get("snapshot").await.ok();
    assert_eq!(snapshot["heartbeat_seconds"], 7);
    assert_eq!(snapshot["stale_seconds"], 5);
    assert_eq!(snapshot["end_seconds"], 9);
    assert_eq!(ann.observe().await.welcome["heartbeat_seconds"], 7);
}

#[tokio::test]
async fn agents_are_sent_to_the_public_address() {
    let server = Setup::new()
        .with("LEITL_SERVER__PUBLIC_URL", "https://leitl.example.org/")
        .start()
        .await;
    let ann = server.user("ann").await;
    let body = json!({"agent_name": "Cece", "agent_type": "t"});
    let registered = ann.post("session/register", body).await.ok();
    let url = registered["websocket_url"].as_str().unwrap();
    assert!(
        url.starts_with("wss://leitl.example.org/api/leitl/ws/leitl-cece-"),
        "{url}"
    );
}

#[tokio::test]
async fn keys_begin_with_the_namespace() {
    let server = Setup::new()
        .with("LEITL_REDIS__NAMESPACE", "another")
        .start()
        .await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    cece.broadcast("broadcast.message", json!({})).await;
    ann.post("token", json!({"name": "n"})).await.ok();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut server.redis().await)
        .await
        .unwrap();
    assert!(keys.len() > 5, "{keys:?}");
    for key in keys {
        assert!(key.starts_with("another:"), "{key}");
    }
}
