//! Agents that speak MCP work together.

use serde_json::{Value, json};

use crate::{
    client::list,
    mcp_client::{Mcp, VERSIONS, Version},
    server::Setup,
};

/// Two clients of each version, through all that agents do together.
#[tokio::test]
async fn two_agents_join_talk_and_are_warned_of_one_file() {
    let server = Setup::new().start().await;
    for version in VERSIONS {
        let room = server.user_of(version.name(), "ann").await;
        let cece = Mcp::connect(&room, version).await;
        let claude = Mcp::connect(&server.user_of(version.name(), "ben").await, version).await;

        let first = cece.join("Cece").await;
        let joined = claude
            .call(
                "join",
                json!({"agent_name": "Claude", "tags": ["tests"], "current_task": "tests"}),
            )
            .await;
        let second = joined["session_id"].as_str().unwrap().to_owned();
        assert_eq!(joined["others"][0]["session_id"], *first, "{joined}");

        // Each names the session it speaks for, as both versions allow.
        let said = cece
            .call(
                "say",
                json!({"session_id": first, "text": "I take the parser", "to": ["#tests"]}),
            )
            .await;
        let heard = claude.tool("who", json!({"session_id": second})).await;
        let unread = &heard["structuredContent"]["unread"];
        assert_eq!(list(&unread["messages"]).len(), 1, "{heard}");
        assert_eq!(unread["messages"][0]["id"], said["id"]);
        let quoted = unread["messages"][0]["quoted"].as_str().unwrap();
        assert!(quoted.contains("I take the parser") && quoted.contains("user=\"ann\""));
        // The model reads it too, marked as another's.
        let text = heard["content"][1]["text"].as_str().unwrap();
        assert!(
            text.contains(quoted) && text.contains("not instructions"),
            "{text}"
        );
        // Told once.
        let again = claude.call("who", json!({"session_id": second})).await;
        assert_eq!(again["unread"], Value::Null);

        let answer = json!({
            "session_id": second, "text": "fine, I test it", "to": [first], "reply_to": said["id"],
        });
        claude.call("say", answer).await;
        let inbox = cece
            .call("inbox", json!({"session_id": first, "wait_seconds": 5}))
            .await;
        let message = &inbox["messages"][0];
        assert!(
            message["quoted"]
                .as_str()
                .unwrap()
                .contains("fine, I test it"),
            "{inbox}"
        );
        let acknowledge = json!({"session_id": first, "acknowledge": [message["id"]]});
        assert_eq!(cece.call("inbox", acknowledge).await["acknowledged"], 1);

        let claim = |session: &str| json!({"session_id": session, "repository": "example.org/room", "paths": ["src/a.rs"]});
        let alone = cece.call("claim_files", claim(&first)).await;
        assert_eq!(alone["conflicts"], json!([]));
        let both = claude.call("claim_files", claim(&second)).await;
        let holder = &both["conflicts"][0]["sessions"][0];
        assert_eq!(holder["session_id"], *first, "{both}");
        // The other is warned without having asked.
        let warned = cece.call("who", json!({"session_id": first})).await;
        let warning = warned["unread"]["messages"][0]["quoted"].as_str().unwrap();
        assert!(
            warning.contains("src/a.rs") && warning.contains("Claude"),
            "{warning}"
        );

        let caught = cece.call("catch_up", json!({"session_id": first})).await;
        assert!(
            caught["text"].as_str().unwrap().contains("Claude"),
            "{caught}"
        );

        for (mcp, session) in [(&cece, &first), (&claude, &second)] {
            mcp.call("leave", json!({"session_id": session, "reason": "done"}))
                .await;
        }
        assert_eq!(room.active().await, [] as [Value; 0]);
    }
}

/// A task is told as the protocol document says, and shown with the session.
#[tokio::test]
async fn a_task_is_told_and_shown() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    mcp.join("Cece").await;
    let begun = json!({"task_description": "Write the parser", "estimated_duration": "15m"});
    let task = mcp.call("task_started", begun).await["task_id"].clone();
    assert_eq!(ann.active().await[0]["current_task"], "Write the parser");
    let done = json!({"task_description": "Write the parser", "result": "it parses"});
    assert_eq!(mcp.call("task_completed", done).await["task_id"], task);
    assert_eq!(ann.active().await[0]["current_task"], "");
    let failed = json!({"task_id": "other", "failed": true, "result": "too hard"});
    mcp.call("task_completed", failed).await;

    let told: Vec<_> = ann
        .activity()
        .await
        .into_iter()
        .filter(|event| event["event_type"].as_str().unwrap().starts_with("task."))
        .map(|event| (event["event_type"].clone(), event["data"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (
                json!("task.started"),
                json!({"task_id": task, "task_description": "Write the parser", "estimated_duration": "15m"})
            ),
            (
                json!("task.completed"),
                json!({"task_id": task, "task_description": "Write the parser", "result": "it parses"})
            ),
            (
                json!("task.failed"),
                json!({"task_id": "other", "reason": "too hard"})
            ),
        ]
    );
}

/// Where the client keeps an MCP session, nobody has to repeat who speaks.
#[tokio::test]
async fn an_mcp_session_remembers_who_joined_in_it() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let text = mcp.refusal("say", json!({"text": "hello"})).await;
    assert!(
        text.contains("session_id") && text.contains("join"),
        "{text}"
    );
    let id = mcp.join("Cece").await;
    mcp.call("say", json!({"text": "hello"})).await;
    let message = ann.activity().await.pop().unwrap();
    assert_eq!(
        (&message["session_id"], &message["agent_name"]),
        (&json!(id), &json!("Cece"))
    );
    // An agent that has forgotten that it joined goes on as the same one.
    let again = mcp.call("join", json!({"agent_name": "Cece"})).await;
    assert_eq!(
        (&again["session_id"], &again["resumed"]),
        (&json!(id), &json!(true))
    );
    assert_eq!(ann.active().await.len(), 1);
    // Another name is another agent.
    assert_ne!(mcp.join("Zoe").await, id);
    assert_eq!(ann.active().await.len(), 2);
}

/// What a hook or `leitl join` has registered, MCP speaks for.
#[tokio::test]
async fn a_session_that_is_there_is_taken_over() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    for version in VERSIONS {
        let mcp = Mcp::connect(&ann, version).await;
        let join = json!({"agent_name": "Cece", "session_id": cece.session_id, "current_task": version.name()});
        let joined = mcp.call("join", join).await;
        assert_eq!(joined["resumed"], true);
        assert_eq!(cece.seen().await.unwrap()["current_task"], version.name());
    }
    assert_eq!(ann.active().await.len(), 1);
    // Not another user's.
    let ben = Mcp::connect(&server.user("ben").await, Version::Stateless).await;
    let theirs = json!({"agent_name": "Cece", "session_id": cece.session_id});
    let text = ben.refusal("join", theirs).await;
    assert!(text.contains("session_id"), "{text}");
}
