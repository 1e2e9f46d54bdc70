//! A server that cannot start says why, by name, and ends with a code.

use std::{fs, net::TcpListener};

use crate::server::{Failure, Setup};

/// Asserts an orderly refusal that names what was wrong.
#[track_caller]
fn assert_names(failure: &Failure, names: &[&str]) {
    let Failure { code, stderr } = failure;
    assert!(
        code.is_some_and(|code| code != 0),
        "code {code:?}: {stderr}"
    );
    assert!(!stderr.contains("panicked"), "{stderr}");
    for name in names {
        assert!(stderr.contains(name), "{name} is not named:\n{stderr}");
    }
}

#[tokio::test]
async fn a_wrong_variable_is_named() {
    for (variable, value, names) in [
        (
            "LEITL_SESSIONS__STALE_SECOND",
            "2",
            &["stale_second", "LEITL_"][..],
        ),
        ("LEITL_SESION__STALE_SECONDS", "2", &["sesion"]),
        (
            "LEITL_SESSIONS__STALE_SECONDS",
            "soon",
            &["stale_seconds", "soon"],
        ),
        ("LEITL_SESSIONS__STALE_SECONDS", "-1", &["stale_seconds"]),
        (
            "LEITL_SESSIONS__STALE_SECONDS",
            "500",
            &["stale_seconds", "end_seconds"],
        ),
        (
            "LEITL_LIMITS__BROADCASTS_PER_MINUTE",
            "0",
            &["broadcasts_per_minute"],
        ),
        ("LEITL_REDIS__NAMESPACE", "a b", &["namespace"]),
        ("LEITL_REDIS__NAMESPACE", "a:b", &["namespace"]),
        ("LEITL_REDIS__NAMESPACE", "a*", &["namespace"]),
        (
            "LEITL_SERVER__PUBLIC_URL",
            "leitl.example.org",
            &["public_url"],
        ),
    ] {
        let setup = Setup::new().with(variable, value);
        assert_names(&setup.fail().await, names);
        assert!(!setup.data_dir().exists(), "{variable}: half started");
    }
}

#[tokio::test]
async fn a_wrong_file_is_named() {
    for (text, names) in [
        (
            "[leitl.sessions]\nstale_second = 2\n",
            &["stale_second"][..],
        ),
        ("[leitl.sesions]\nstale_seconds = 2\n", &["sesions"]),
        (
            "[leitl.sessions]\nstale_seconds = \"soon\"\n",
            &["stale_seconds"],
        ),
        ("[leitl.sessions\n", &["our.toml"]),
    ] {
        let setup = Setup::new();
        let file = setup.directory().join("our.toml");
        fs::write(&file, text).unwrap();
        let setup = setup.argument("--config").argument(file.display());
        assert_names(&setup.fail().await, names);
    }
    let missing = Setup::new().argument("--config").argument("no/such.toml");
    assert_names(&missing.fail().await, &["no/such.toml"]);
}

#[tokio::test]
async fn a_port_in_use_is_named_and_nothing_is_begun() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let setup = Setup::new()
        .with("LEITL_SERVER__ADDR", &addr)
        .without_addr();
    assert_names(&setup.fail().await, &[&addr, "in use"]);
    assert!(!setup.data_dir().exists());
}

#[tokio::test]
async fn a_missing_redis_is_named() {
    let setup = Setup::new().with("PATH", "/nonexistent");
    assert_names(&setup.fail().await, &["redis-server", "--redis-url"]);
}

#[tokio::test]
async fn an_unusable_data_directory_is_named() {
    // A file in its place: root may write into any directory.
    let setup = Setup::new();
    fs::write(setup.data_dir(), "not a directory").unwrap();
    let path = setup.data_dir().display().to_string();
    assert_names(&setup.fail().await, &[&path]);
    let damaged = Setup::new();
    fs::create_dir(damaged.data_dir()).unwrap();
    fs::write(
        damaged.data_dir().join("keys.json"),
        "{\"keys\": \"secret-text\"",
    )
    .unwrap();
    let failure = damaged.fail().await;
    assert_names(&failure, &["keys.json"]);
    assert!(
        !failure.stderr.contains("secret-text"),
        "{}",
        failure.stderr
    );
}

#[tokio::test]
async fn an_unreachable_redis_is_told_without_its_password() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for url in [
        format!("redis://:hunter2@127.0.0.1:{port}/"),
        "unix:///nonexistent/redis.sock".to_owned(),
        "not a url with hunter2".to_owned(),
    ] {
        let failure = Setup::new().redis(&url).fail().await;
        assert_names(&failure, &["Redis"]);
        assert!(!failure.stderr.contains("hunter2"), "{}", failure.stderr);
    }
}

/// Two Redis in one directory would destroy the data of both.
#[tokio::test]
async fn two_servers_do_not_share_a_data_directory() {
    let server = Setup::new().start().await;
    let path = server.setup().data_dir().display().to_string();
    let failure = server.setup().fail().await;
    assert_names(&failure, &[&path, "--redis-url"]);
    server.stranger().get("health").await.ok();
}

#[tokio::test]
async fn wrong_arguments_are_named() {
    let setup = Setup::new();
    for (arguments, names) in [
        (&[][..], &["Usage", "serve", "token", "login"][..]),
        (&["token"], &["--user"]),
        (&["token", "--user", "a/b"], &["--user", "a/b"]),
        (
            &["token", "--user", "ann", "--workspace", "{w}"],
            &["--workspace"],
        ),
        (
            &["token", "--user", "ann", "--ttl", "soon"],
            &["--ttl", "soon"],
        ),
        (&["serve", "--addr", "nowhere"], &["--addr", "nowhere"]),
        (&["dance"], &["dance"]),
    ] {
        let output = setup.binary().args(arguments).output().await.unwrap();
        let failure = Failure {
            code: output.status.code(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert_names(&failure, names);
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
