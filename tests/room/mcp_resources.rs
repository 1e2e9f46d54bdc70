//! Resources, and hearing that they changed.

use serde_json::{Value, json};

use crate::{
    client::list,
    mcp_client::{Mcp, VERSIONS, Version},
    mcp_tools::put,
    server::Setup,
};

#[tokio::test]
async fn the_room_and_the_files_are_resources() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    ann.register("Cece").await;
    put(&ann, "ann", "a%20b.md", "# Zebras\n").await;
    for version in VERSIONS {
        let mcp = Mcp::connect(&ann, version).await;
        mcp.call("context_search", json!({"query": "zebras", "sync": true}))
            .await;
        let listed = list(&mcp.request("resources/list", json!({})).await["resources"]);
        let uris: Vec<&str> = listed
            .iter()
            .map(|one| one["uri"].as_str().unwrap())
            .collect();
        let file = "leitl://context/share/a%20b.md";
        assert_eq!(uris, ["leitl://sessions", "leitl://activity", file]);
        let text = async |uri: &str| {
            let read = mcp.request("resources/read", json!({"uri": uri})).await;
            read["contents"][0]["text"].as_str().unwrap().to_owned()
        };
        assert_eq!(text(file).await, "# Zebras");
        let sessions: Value = serde_json::from_str(&text("leitl://sessions").await).unwrap();
        assert_eq!(sessions["sessions"][0]["agent_name"], "Cece");
        let activity: Value = serde_json::from_str(&text("leitl://activity").await).unwrap();
        assert_eq!(activity["events"][0]["event_type"], "session.started");
        let templates = mcp.request("resources/templates/list", json!({})).await;
        let template = &templates["resourceTemplates"][0]["uriTemplate"];
        assert_eq!(template, "leitl://context/{source}/{+path}");
        for nowhere in [
            "leitl://nothing",
            "leitl://context/share/none.md",
            "leitl://context/x/a.md",
        ] {
            let message = mcp.message("resources/read", json!({"uri": nowhere})).await;
            let code = match version {
                Version::WithSessions => -32002,
                Version::Stateless => -32602,
            };
            assert_eq!(message["error"]["code"], code, "{nowhere}: {message}");
            assert_eq!(message["error"]["data"]["uri"], nowhere);
        }
    }
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for number in 0..205 {
        put(&ann, "ann", &format!("{number:03}.md"), "text").await;
    }
    let mcp = Mcp::connect(&ann, Version::Stateless).await;
    mcp.call("context_search", json!({"query": "text", "sync": true}))
        .await;
    let first = mcp.request("resources/list", json!({})).await;
    assert_eq!(list(&first["resources"]).len(), 2 + 200);
    let cursor = json!({"cursor": first["nextCursor"]});
    let second = mcp.request("resources/list", cursor).await;
    let rest: Vec<Value> = list(&second["resources"]);
    let names: Vec<_> = rest
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["200.md", "201.md", "202.md", "203.md", "204.md"]);
    assert_eq!(second["nextCursor"], Value::Null);
    let wrong = mcp.message("resources/list", json!({"cursor": "x"})).await;
    assert!(
        wrong["error"]["message"]
            .as_str()
            .unwrap()
            .contains("cursor"),
        "{wrong}"
    );
}

#[tokio::test]
async fn whoever_subscribes_hears_of_changes() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let mut news = mcp.listen().await;
    for uri in [
        "leitl://sessions",
        "leitl://activity",
        "leitl://context/share/a.md",
    ] {
        mcp.request("resources/subscribe", json!({"uri": uri}))
            .await;
    }
    ann.register("Cece").await;
    news.updated("leitl://sessions").await;
    put(&ann, "ann", "a.md", "text").await;
    mcp.call("context_search", json!({"query": "text", "sync": true}))
        .await;
    let mut heard = Vec::new();
    while !heard.contains(&"leitl://context/share/a.md".to_owned()) {
        let message = news.next().await;
        let what = message["params"]["uri"]
            .as_str()
            .or(message["method"].as_str());
        heard.push(what.unwrap().to_owned());
    }
    let listed = heard
        .iter()
        .position(|what| what == "notifications/resources/list_changed");
    assert!(listed.is_some(), "{heard:?}");
    // No more of what is not wanted any more.
    mcp.request("resources/unsubscribe", json!({"uri": "leitl://sessions"}))
        .await;
    let before = heard.len();
    ann.register("Claude").await;
    loop {
        let message = news.next().await;
        match message["params"]["uri"].as_str() {
            Some("leitl://activity") => break,
            uri => assert_ne!(uri, Some("leitl://sessions"), "after {before}"),
        }
    }
    let wrong = mcp
        .message("resources/subscribe", json!({"uri": "file:///etc/passwd"}))
        .await;
    assert_eq!(wrong["error"]["code"], -32002, "{wrong}");
}

#[tokio::test]
async fn whoever_listens_without_an_mcp_session_hears_too() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::Stateless).await;
    let filter = json!({"resourceSubscriptions": ["leitl://sessions", "file:///etc/passwd"]});
    let mut news = mcp.subscribe(filter).await;
    let accepted = news.next().await;
    assert_eq!(
        accepted["method"], "notifications/subscriptions/acknowledged",
        "{accepted}"
    );
    let subscribed = &accepted["params"]["notifications"]["resourceSubscriptions"];
    assert_eq!(*subscribed, json!(["leitl://sessions"]));
    ann.register("Cece").await;
    news.updated("leitl://sessions").await;
}

/// However much happens, a client is told at most once a second.
#[tokio::test]
async fn much_is_told_as_little() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let mut news = mcp.listen().await;
    mcp.request("resources/subscribe", json!({"uri": "leitl://activity"}))
        .await;
    let began = std::time::Instant::now();
    ann.count(0..200).await;
    news.updated("leitl://activity").await;
    let mut told = 1;
    // The last is told too; what comes then is of a later event.
    while began.elapsed() < std::time::Duration::from_secs(3) {
        ann.count([200]).await;
        news.updated("leitl://activity").await;
        told += 1;
    }
    assert!(
        told <= began.elapsed().as_secs() + 2,
        "{told} in {:?}",
        began.elapsed()
    );
}
