//! Which tokens pass, and for what.

use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::{
    client::list,
    forgery::{Forger, now},
    server::Setup,
    socket::Socket,
};

#[tokio::test]
async fn only_a_right_token_passes() {
    let server = Setup::new().start().await;
    let forger = Forger::of(&server);
    let login_code = server.login_link().await;
    let login_code = login_code.split_once("code=").unwrap().1;
    let real = server.user("ann").await.token.unwrap();
    let (unsigned, signature) = real.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let wrong = [
        ("empty", String::new()),
        ("garbage", "garbage".to_owned()),
        ("three parts of garbage", "a.b.c".to_owned()),
        ("signature cut off", format!("{unsigned}.")),
        (
            "signature changed",
            format!("{unsigned}.{first}{}", &signature[1..]),
        ),
        ("another key", forger.sign_with_other_key()),
        ("another algorithm", forger.sign_by(Algorithm::HS512)),
        ("no algorithm", forger.unsecured()),
        ("expired", forger.sign(json!({"exp": now() - 60}))),
        ("no expiry", forger.sign(json!({"exp": null}))),
        ("not yet valid", forger.sign(json!({"nbf": now() + 600}))),
        (
            "another audience",
            forger.sign(json!({"aud": "another-api"})),
        ),
        ("no audience", forger.sign(json!({"aud": null}))),
        ("a login code", login_code.to_owned()),
        (
            "a session token without session",
            forger.sign(json!({"aud": "leitl-ws"})),
        ),
        (
            "a workspace that breaks out of its key",
            forger.sign(json!({"workspace": "a}:{b"})),
        ),
    ];
    for (what, token) in wrong {
        let client = server.client(token.as_str());
        let answer = client.get("sessions/active").await;
        assert_eq!(answer.status, 401, "{what} passed: {}", answer.text);
        answer.problem(401);
        let url = client.socket_url(&format!("?token={token}"));
        assert_eq!(Socket::refusal(&url).await, 4401, "{what} on a socket");
    }
    // The same forger's token with nothing wrong passes: the table refused each
    // for the one thing that was wrong with it.
    let right = server.client(forger.sign(json!({})));
    right.get("sessions/active").await.ok();
    right.observe().await;
}

#[tokio::test]
async fn without_a_token_nothing_but_health_answers() {
    let server = Setup::new().start().await;
    let stranger = server.stranger();
    for call in [
        "sessions/active",
        "messages",
        "activity",
        "snapshot",
        "tokens",
    ] {
        let answer = stranger.get(call).await;
        answer.problem(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{call}");
    }
    for (call, body) in [
        (
            "session/register",
            json!({"agent_name": "Cece", "agent_type": "t"}),
        ),
        ("session/heartbeat", json!({"session_id": "leitl-a"})),
        ("session/update", json!({"session_id": "leitl-a"})),
        ("session/end", json!({"session_id": "leitl-a"})),
        ("broadcast", json!({"event_type": "task.started"})),
        ("token", json!({"name": "n"})),
        ("tokens/revoke", json!({"jti": "j"})),
    ] {
        stranger.post(call, body).await.problem(401);
    }
    for path in ["", "/leitl-cece-abc123"] {
        let url = stranger.socket_url(path);
        assert_eq!(Socket::refusal(&url).await, 4401, "{url}");
    }
    let health = stranger.get("health").await.ok();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["redis"], "ok");
}

#[tokio::test]
async fn a_session_token_is_good_for_its_own_session_alone() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let other = json!({"session_id": claude.session_id});
    for call in ["session/heartbeat", "session/update", "session/end"] {
        cece.client.post(call, other.clone()).await.problem(403);
    }
    let speak = json!({"event_type": "task.started", "session_id": claude.session_id});
    cece.client.post("broadcast", speak).await.problem(403);
    let token = cece.client.token.as_deref().unwrap();
    let url = ann.socket_url(&format!("/{}?token={token}", claude.session_id));
    assert_eq!(Socket::refusal(&url).await, 4403);
    // Nor for anything of its user's.
    let another = json!({"agent_name": "Third", "agent_type": "t"});
    cece.client
        .post("session/register", another)
        .await
        .problem(403);
    cece.client
        .post("token", json!({"name": "n"}))
        .await
        .problem(403);
    cece.client.get("tokens").await.problem(403);

    cece.heartbeat().await;
    cece.join().await.assert_open().await;
    assert!(claude.seen().await.is_some());
}

#[tokio::test]
async fn a_session_token_ends_with_its_session() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let body = json!({"agent_name": "Cece", "agent_type": "t", "session_id": "leitl-cece-own"});
    let first = ann.register_as(body.clone()).await;
    first.client.post("session/end", json!({})).await.ok();
    for call in ["session/heartbeat", "session/update", "session/end"] {
        first.client.post(call, json!({})).await.problem(401);
    }
    first
        .client
        .post("broadcast", json!({"event_type": "x.late"}))
        .await
        .problem(401);
    first.client.get("sessions/active").await.problem(401);
    assert_eq!(Socket::refusal(&first.websocket_url).await, 4404);
    // Not even a later session under the same id brings it back.
    let second = ann.register_as(body).await;
    second.heartbeat().await;
    first
        .client
        .post("session/heartbeat", json!({}))
        .await
        .problem(401);
    assert_eq!(Socket::refusal(&first.websocket_url).await, 4404);
}

#[tokio::test]
async fn a_named_token_works_until_it_is_revoked() {
    let server = Setup::new().start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let made = ann.post("token", json!({"name": "laptop"})).await.ok();
    let laptop = server.client(made["token"].as_str().unwrap());
    laptop.get("sessions/active").await.ok();
    let listed = list(&ann.get("tokens").await.ok());
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], "laptop");
    assert_eq!(listed[0]["jti"], made["jti"]);
    assert!(listed[0]["token"].is_null(), "a token is shown once");

    let revocation = json!({"jti": made["jti"]});
    bob.post("tokens/revoke", revocation.clone())
        .await
        .problem(404);
    laptop.get("sessions/active").await.ok();
    ann.post("tokens/revoke", revocation).await.ok();
    laptop.get("sessions/active").await.problem(401);
    let url = laptop.socket_url(&format!("?token={}", laptop.token.as_deref().unwrap()));
    assert_eq!(Socket::refusal(&url).await, 4401);
    assert_eq!(ann.get("tokens").await.ok(), json!([]));
    // Only that one.
    ann.get("sessions/active").await.ok();
}

#[tokio::test]
async fn a_key_rotation_logs_nobody_out() {
    let server = Setup::new().start().await;
    let before = server.user("ann").await;
    let agent = before.register("Cece").await;
    server.setup().run(&["keys", "rotate"]).await;
    let after = server.user("ann").await;
    assert_ne!(
        Forger::of(&server).sign(json!({})),
        before.token.clone().unwrap()
    );
    after.get("sessions/active").await.ok();
    before.get("sessions/active").await.ok();
    agent.heartbeat().await;
}
