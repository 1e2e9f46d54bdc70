//! Who may come to `/mcp`, and what nobody gets there of another's.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::Answer,
    mcp_client::{Mcp, VERSIONS, Version},
    server::Setup,
};

#[tokio::test]
async fn nobody_comes_in_without_a_token() {
    let server = Setup::new().start().await;
    for version in VERSIONS {
        let ann = Mcp::connect(&server.user("ann").await, version).await;
        for client in [server.stranger(), server.client("nonsense")] {
            let stranger = ann.in_hands_of(&client);
            let answer = stranger.send("tools/list", json!({})).await;
            answer.problem(401);
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}

/// The cookie comes with whatever page asks; only a token counts.
#[tokio::test]
async fn a_cookie_is_no_token() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cookie = format!("leitl={}", ann.token.as_deref().unwrap());
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let request = mcp.in_hands_of(&server.stranger()).http(Method::GET);
    Answer::of(request.header("cookie", cookie))
        .await
        .problem(401);
}

/// Two users whose sessions must not mix: neither by `Mcp-Session-Id`, nor by session id.
#[tokio::test]
async fn another_user_finds_no_mcp_session_of_ours() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let session = mcp.join("Cece").await;
    let strangers = [
        server.user("ben").await,
        // The same name in another workspace, and the session's own token.
        server.user_of("elsewhere", "ann").await,
        ann.register("Other").await.client,
    ];
    for stranger in &strangers {
        let thief = mcp.in_hands_of(stranger);
        for method in ["tools/list", "ping", "initialize"] {
            thief.send(method, json!({})).await.problem(404);
        }
        let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        for request in [
            thief.http(Method::GET),
            thief.http(Method::DELETE),
            thief.http(Method::POST).json(&notification),
        ] {
            Answer::of(request).await.problem(404);
        }
    }
    // Theirs say nothing of ours, and speak for none of ours.
    let ben = Mcp::connect(&strangers[0], Version::WithSessions).await;
    let text = ben
        .refusal("say", json!({"text": "hello", "session_id": session}))
        .await;
    assert!(text.contains("another user's"), "{text}");
    ben.join("Ben").await;
    let who = ben.call("who", json!({})).await;
    let own = who["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|peer| peer["you"] == true);
    assert_eq!(
        own.map(|peer| &peer["agent_name"]).collect::<Vec<_>>(),
        ["Ben"]
    );
    // It was not harmed.
    mcp.call("say", json!({"text": "still here"})).await;
    assert_eq!(ann.activity().await.pop().unwrap()["session_id"], *session);
}

/// A request that says it needs no MCP session cannot reach into one all the same.
#[tokio::test]
async fn a_stateless_request_does_not_reach_an_mcp_session() {
    let server = Setup::new().start().await;
    let mcp = Mcp::connect(&server.user("ann").await, Version::WithSessions).await;
    let ben = server.user("ben").await;
    let thief = Mcp::connect(&ben, Version::Stateless).await;
    let initialize = json!({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {
        "protocolVersion": "2026-07-28", "capabilities": {},
        "clientInfo": {"name": "thief", "version": "1"},
    }});
    let request = thief
        .http(Method::POST)
        .header("mcp-session-id", mcp.mcp_session.as_deref().unwrap());
    let answer = Answer::of(request.json(&initialize)).await;
    let opened = answer.header("mcp-session-id");
    assert_ne!(opened, mcp.mcp_session.as_deref().unwrap(), "{answer:?}");
    mcp.call("who", json!({})).await;
}

#[tokio::test]
async fn pages_of_other_origins_and_other_names_of_this_machine_are_refused() {
    let server = Setup::new()
        .with("LEITL_SERVER__PUBLIC_URL", "https://leitl.example")
        .start()
        .await;
    let mcp = Mcp::connect(&server.user("ann").await, Version::WithSessions).await;
    let ask = |headers: &[(&str, &str)]| {
        let ping = json!({"jsonrpc": "2.0", "id": 7, "method": "ping"});
        let request = headers.iter().fold(
            mcp.http(Method::POST).json(&ping),
            |request, (name, value)| request.header(*name, *value),
        );
        Answer::of(request)
    };
    let evil = ask(&[("origin", "https://evil.example")]).await;
    assert!(
        evil.problem(403)["detail"]
            .as_str()
            .unwrap()
            .contains("allowed_origins")
    );
    // A name that was made to point here: origin and host agree.
    let rebound = [("origin", "http://evil.example"), ("host", "evil.example")];
    let rebound = ask(&rebound).await;
    assert!(
        rebound.problem(403)["detail"]
            .as_str()
            .unwrap()
            .contains("public_url")
    );
    let public = [
        ("origin", "https://leitl.example"),
        ("host", "leitl.example"),
    ];
    assert_eq!(ask(&public).await.status, 200);
    assert_eq!(ask(&[]).await.status, 200);
}

/// A session's token speaks for that session and for no other.
#[tokio::test]
async fn a_session_token_speaks_for_its_session_alone() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let other = ann.register("Other").await;
    for version in VERSIONS {
        let mcp = Mcp::connect(&cece.client, version).await;
        mcp.call("say", json!({"text": "as Cece"})).await;
        let said = ann.activity().await.pop().unwrap();
        assert_eq!(said["session_id"], *cece.session_id);
        let text = mcp
            .refusal(
                "say",
                json!({"text": "as Other", "session_id": other.session_id}),
            )
            .await;
        assert!(text.contains("its own session alone"), "{text}");
        let text = mcp.refusal("join", json!({"agent_name": "Third"})).await;
        assert!(text.contains("user token"), "{text}");
    }
}

/// Nobody reads another user's files, nor those of another workspace.
#[tokio::test]
async fn context_is_ones_own() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    crate::mcp_tools::put(&ann, "ann", "secret.md", "# Plan\n\nThe zebra crossing.\n").await;
    let own = Mcp::connect(&ann, Version::Stateless).await;
    let found = own
        .call("context_search", json!({"query": "zebra", "sync": true}))
        .await;
    assert_eq!(found["total_matches"], 1, "{found}");
    for stranger in [
        server.user("ben").await,
        server.user_of("elsewhere", "ann").await,
    ] {
        let mcp = Mcp::connect(&stranger, Version::Stateless).await;
        let found = mcp
            .call("context_search", json!({"query": "zebra", "sync": true}))
            .await;
        assert_eq!(found["matched_files"], json!([]));
        mcp.refusal("context_read", json!({"path": "secret.md"}))
            .await;
        let read = json!({"uri": "leitl://context/share/secret.md"});
        let message = mcp.message("resources/read", read).await;
        assert_eq!(message["error"]["code"], -32602, "{message}");
        let listed = mcp.request("resources/list", json!({})).await;
        let uris: Vec<&Value> = listed["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["uri"])
            .collect();
        assert_eq!(uris, ["leitl://sessions", "leitl://activity"]);
    }
}
