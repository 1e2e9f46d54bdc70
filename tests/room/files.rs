//! Who works on which file: both are warned, nobody is held up.

use serde_json::{Value, json};

use crate::{
    agent::Agent,
    client::{Answer, list},
    server::{Setup, eventually},
};

async fn try_claim(agent: &Agent, repository: &str, paths: &[&str]) -> Answer {
    let body = json!({"repository": repository, "paths": paths});
    agent.client.post("files/claim", body).await
}

/// The conflicts that a report is answered with.
async fn claim(agent: &Agent, repository: &str, paths: &[&str]) -> Vec<Value> {
    list(&try_claim(agent, repository, paths).await.ok()["conflicts"])
}

/// The events of this type, oldest first.
async fn told(agent: &Agent, event_type: &str) -> Vec<Value> {
    let mut events = agent.client.activity().await;
    events.retain(|event| event["event_type"] == event_type);
    events
}

#[tokio::test]
async fn two_sessions_on_one_file_are_both_warned_once() {
    let server = Setup::new().start().await;
    let cece = server.user("ann").await.register("Cece").await;
    let dan = server.user("bob").await.register("Dan").await;
    let mut observer = server.user("eve").await.observe().await;

    assert!(
        claim(&cece, "example.org/a", &["src/a.rs", "src/ü b.rs"])
            .await
            .is_empty()
    );
    let reported = observer.event("x.file").await;
    assert_eq!(reported["session_id"], *cece.session_id);
    assert_eq!(reported["user"], "ann");
    assert_eq!(
        reported["data"],
        json!({"repository": "example.org/a", "paths": ["src/a.rs", "src/ü b.rs"]})
    );

    let conflicts = claim(&dan, "example.org/a", &["other.rs", "src/a.rs"]).await;
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(conflicts[0]["path"], "src/a.rs");
    let holder = &conflicts[0]["sessions"][0];
    assert_eq!(conflicts[0]["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(holder["session_id"], *cece.session_id);
    assert_eq!(
        (&holder["agent_name"], &holder["user"]),
        (&json!("Cece"), &json!("ann"))
    );
    assert!(
        holder["since"]
            .as_str()
            .is_some_and(|since| since.starts_with("20"))
    );

    let warning = observer.event("conflict.warning").await;
    let mut to: Vec<_> = list(&warning["to"]);
    to.sort_by_key(Value::to_string);
    let mut both = vec![json!(cece.session_id), json!(dan.session_id)];
    both.sort_by_key(Value::to_string);
    assert_eq!(to, both);
    assert_eq!(warning["session_id"], *dan.session_id);
    assert_eq!(warning["data"]["path"], "src/a.rs");
    assert_eq!(warning["data"]["sessions"].as_array().unwrap().len(), 2);

    // Each goes on: they are answered every time, and told of once.
    for _ in 0..3 {
        assert_eq!(claim(&cece, "example.org/a", &["src/a.rs"]).await.len(), 1);
        assert_eq!(claim(&dan, "example.org/a", &["src/a.rs"]).await.len(), 1);
    }
    assert_eq!(told(&cece, "conflict.warning").await.len(), 1);
    assert_eq!(told(&cece, "x.file").await.len(), 2);
    // The warning is no message.
    let messages = cece.client.get("messages").await.ok();
    assert_eq!(messages["messages"], json!([]));
}

#[tokio::test]
async fn other_repositories_ended_sessions_and_other_workspaces_do_not_count() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let (cece, dan) = (ann.register("Cece").await, ann.register("Dan").await);
    let stranger = server
        .user_of("elsewhere", "ann")
        .await
        .register("Eve")
        .await;
    claim(&cece, "example.org/a", &["a.rs"]).await;
    assert!(claim(&dan, "example.org/b", &["a.rs"]).await.is_empty());
    assert!(
        claim(&stranger, "example.org/a", &["a.rs"])
            .await
            .is_empty()
    );
    cece.client.post("session/end", json!({})).await.ok();
    assert!(claim(&dan, "example.org/a", &["a.rs"]).await.is_empty());
    assert!(told(&dan, "conflict.warning").await.is_empty());
}

#[tokio::test]
async fn a_report_counts_as_long_as_the_window() {
    let setup = Setup::new().with("LEITL_FILES__WINDOW_SECONDS", 1);
    let server = setup.start().await;
    let ann = server.user("ann").await;
    let (cece, dan) = (ann.register("Cece").await, ann.register("Dan").await);
    claim(&cece, "r", &["a.rs"]).await;
    assert_eq!(claim(&dan, "r", &["a.rs"]).await.len(), 1);
    // Dan's own reports do not keep Cece's alive.
    eventually("the report is forgotten", async || {
        claim(&dan, "r", &["a.rs"]).await.is_empty().then_some(())
    })
    .await;
    // And then it is a new conflict, of which both are warned again.
    assert_eq!(claim(&cece, "r", &["a.rs"]).await.len(), 1);
    assert_eq!(told(&dan, "conflict.warning").await.len(), 2);
}

#[tokio::test]
async fn broken_reports_name_the_field() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let many: Vec<String> = (0..33).map(|n| format!("{n}.rs")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    try_claim(&cece, "r", &many).await.refused_for("paths");
    try_claim(&cece, "", &["a"]).await.refused_for("repository");
    try_claim(&cece, "r", &["a\nb"])
        .await
        .refused_for("paths[0]");
    // Each may be that long, but not all of them: nobody could read the event.
    let long = "ü".repeat(400);
    let paths: Vec<&str> = (0..32).map(|_| long.as_str()).collect();
    try_claim(&cece, "r", &paths).await.refused_for("paths");
    let body = json!({"repository": "r", "paths": ["a"]});
    ann.post("files/claim", body.clone())
        .await
        .refused_for("session_id");
    let mut foreign = body;
    foreign["session_id"] = json!(cece.session_id);
    let bob = server.user("bob").await;
    bob.post("files/claim", foreign).await.problem(403);
    assert!(told(&cece, "x.file").await.is_empty());
}

#[tokio::test]
async fn reports_have_a_limit_of_their_own() {
    let setup = Setup::new().with("LEITL_LIMITS__FILE_REPORTS_PER_MINUTE", 20);
    let server = setup.start().await;
    let cece = server.user("ann").await.register("Cece").await;
    for n in 0..20 {
        claim(&cece, "r", &[&format!("{n}.rs")]).await;
    }
    let refused = try_claim(&cece, "r", &["more.rs"]).await;
    refused.problem(429);
    assert!(!refused.header("retry-after").is_empty());
    // What an agent wants to say is not in their way.
    cece.broadcast("broadcast.message", json!({"text": "hi"}))
        .await;
}
