//! Each tool: what it takes, what it answers, and how it refuses.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, list},
    mcp_client::{Mcp, VERSIONS, Version},
    server::Setup,
};

/// Puts a file into a user's share.
pub async fn put(client: &Client, user: &str, path: &str, text: &str) {
    let request = client.request(Method::PUT, &format!("/dav/{user}/{path}"));
    let answer = Answer::of(request.body(text.to_owned())).await;
    assert!([201, 204].contains(&answer.status), "{answer:?}");
}

#[tokio::test]
async fn both_versions_have_the_same_tools_with_schemas_for_both_ways() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for version in VERSIONS {
        let mcp = Mcp::connect(&ann, version).await;
        let tools = list(&mcp.request("tools/list", json!({})).await["tools"]);
        let mut names: Vec<_> = tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "activity",
                "catch_up",
                "claim_files",
                "context_read",
                "context_search",
                "inbox",
                "join",
                "leave",
                "say",
                "task_completed",
                "task_started",
                "update",
                "who",
            ]
        );
        for tool in &tools {
            assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
            assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
            // What comes with any answer is part of what each promises.
            assert!(
                tool["outputSchema"]["properties"]["unread"].is_object(),
                "{tool}"
            );
        }
    }
}

#[tokio::test]
async fn bad_input_is_an_answer_that_names_the_field() {
    let server = Setup::new().start().await;
    let mcp = Mcp::connect(&server.user("ann").await, Version::WithSessions).await;
    mcp.join("Cece").await;
    let long = "x".repeat(5000);
    let many: Vec<String> = (0..40).map(|n| format!("src/{n}.rs")).collect();
    for (tool, arguments, field) in [
        ("join", json!({}), "agent_name"),
        ("join", json!({"agent_name": ""}), "agent_name"),
        (
            "join",
            json!({"agent_name": "A", "agent_type": long}),
            "agent_type",
        ),
        (
            "join",
            json!({"agent_name": "A", "tags": ["ok", 5]}),
            "tags[1]",
        ),
        (
            "join",
            json!({"agent_name": "A", "session_id": "me"}),
            "session_id",
        ),
        (
            "join",
            json!({"agent_name": "A", "nickname": "B"}),
            "nickname",
        ),
        ("leave", json!({"reason": long}), "reason"),
        ("update", json!({"status": "stale"}), "status"),
        ("update", json!({"current_task": "a\nb"}), "current_task"),
        ("who", json!({"tag": 5}), "tag"),
        ("who", json!({"session_id": "Cece"}), "session_id"),
        ("say", json!({}), "text"),
        ("say", json!({"text": " "}), "text"),
        ("say", json!({"text": long}), "text"),
        ("say", json!({"text": "a", "to": "Claude"}), "to"),
        ("say", json!({"text": "a", "reply_to": "that"}), "reply_to"),
        ("say", json!({"text": "a", "reply_to": "1-1"}), "reply_to"),
        ("say", json!({"text": "a", "urgent": "yes"}), "urgent"),
        ("inbox", json!({"wait_seconds": 31}), "wait_seconds"),
        ("inbox", json!({"limit": 0}), "limit"),
        ("inbox", json!({"acknowledge": ["x"]}), "acknowledge[0]"),
        ("catch_up", json!({"max_tokens": 5}), "max_tokens"),
        ("catch_up", json!({"since": "yesterday"}), "since"),
        ("activity", json!({"limit": 101}), "limit"),
        (
            "activity",
            json!({"after": "1-1", "before": "1-2"}),
            "before",
        ),
        (
            "activity",
            json!({"event_type": "task.invented"}),
            "event_type",
        ),
        ("activity", json!({"of_session": "x"}), "of_session"),
        ("context_search", json!({}), "query"),
        (
            "context_search",
            json!({"query": "a", "max_results": 21}),
            "max_results",
        ),
        (
            "context_search",
            json!({"query": "a", "max_tokens": 0}),
            "max_tokens",
        ),
        (
            "context_search",
            json!({"query": "a", "source": "nowhere"}),
            "source",
        ),
        (
            "context_search",
            json!({"query": "a", "types": "md"}),
            "types",
        ),
        ("context_read", json!({}), "path"),
        (
            "context_read",
            json!({"path": "a", "source": "nowhere"}),
            "source",
        ),
        ("context_read", json!({"path": "a", "offset": -1}), "offset"),
        (
            "context_read",
            json!({"path": "a", "max_tokens": 20_001}),
            "max_tokens",
        ),
        ("task_started", json!({}), "task_description"),
        (
            "task_started",
            json!({"task_description": "a", "task_id": ""}),
            "task_id",
        ),
        ("task_completed", json!({}), "task_id"),
        (
            "task_completed",
            json!({"task_id": "a", "failed": 1}),
            "failed",
        ),
        ("claim_files", json!({"paths": ["a"]}), "repository"),
        ("claim_files", json!({"repository": "r"}), "paths"),
        (
            "claim_files",
            json!({"repository": "r", "paths": many}),
            "paths",
        ),
    ] {
        let text = mcp.refusal(tool, arguments.clone()).await;
        assert!(text.contains(field), "{tool} {arguments}: {text}");
    }
}

#[tokio::test]
async fn a_tool_that_is_not_there_is_an_error_of_the_protocol() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for version in VERSIONS {
        let mcp = Mcp::connect(&ann, version).await;
        let call = json!({"name": "dance", "arguments": {}});
        let message = mcp.message("tools/call", call).await;
        assert_eq!(message["error"]["code"], -32602, "{message}");
        assert!(
            message["error"]["message"]
                .as_str()
                .unwrap()
                .contains("dance")
        );
    }
}

#[tokio::test]
async fn what_the_room_refuses_is_said_in_words() {
    let server = Setup::new()
        .with("LEITL_LIMITS__BROADCASTS_PER_MINUTE", 1)
        .start()
        .await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let id = mcp.join("Cece").await;
    mcp.call("say", json!({"text": "one"})).await;
    let text = mcp.refusal("say", json!({"text": "two"})).await;
    assert!(
        text.contains("at most 1 broadcasts") && text.contains("try again in"),
        "{text}"
    );
    // Somebody else ends the session.
    ann.post("session/end", json!({"session_id": id}))
        .await
        .ok();
    let text = mcp.refusal("say", json!({"text": "three"})).await;
    assert!(
        text.contains(&id) && text.contains("call `join` again"),
        "{text}"
    );
}

#[tokio::test]
async fn what_was_replaced_is_said() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let join = json!({"agent_name": "Cece", "tags": ["for kim.q@corp-mail.example"]});
    assert_eq!(
        mcp.call("join", join).await["redactions"],
        json!({"email": 1})
    );
    let say = json!({"text": "ask kim.q@corp-mail.example"});
    assert_eq!(
        mcp.call("say", say).await["redactions"],
        json!({"email": 1})
    );
    let task = json!({"task_description": "Write to kim.q@corp-mail.example"});
    assert_eq!(
        mcp.call("task_started", task).await["redactions"],
        json!({"email": 1})
    );
    let update = json!({"current_task": "mail kim.q@corp-mail.example"});
    assert_eq!(
        mcp.call("update", update).await["redactions"],
        json!({"email": 1})
    );
    assert_eq!(
        mcp.call("say", json!({"text": "fine"})).await["redactions"],
        Value::Null
    );
}

#[tokio::test]
async fn answers_are_bounded_and_say_what_they_left_out() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    mcp.join("Cece").await;
    for number in 0..23 {
        ann.register(&format!("Agent {number}")).await;
    }
    let joined = mcp.call("join", json!({"agent_name": "Cece"})).await;
    assert_eq!(list(&joined["others"]).len(), 20);
    assert_eq!(joined["left_out"], 3);

    for number in 0..30 {
        let text = format!("{number} {}", "many words ".repeat(200));
        ann.broadcast("x.long", json!({"text": text})).await;
    }
    let page = |arguments: Value| mcp.call("activity", arguments);
    let newest = page(json!({"limit": 30, "event_type": "x.long"})).await;
    let shown = list(&newest["events"]);
    assert!(
        !shown.is_empty() && shown.len() < 30,
        "{} events",
        shown.len()
    );
    assert_eq!(newest["left_out"], 30 - shown.len());
    assert!(
        shown.last().unwrap()["data"]["cut"]
            .as_str()
            .unwrap()
            .starts_with("29 ")
    );
    // What was left out is where the cursors lead.
    let mut seen = shown.len();
    let mut before = newest["previous"].clone();
    while let Some(cursor) = before.as_str() {
        let page = page(json!({"limit": 30, "event_type": "x.long", "before": cursor})).await;
        seen += list(&page["events"]).len();
        before = page["previous"].clone();
    }
    assert_eq!(seen, 30);
    let (mut after, mut seen) = (json!("0-0"), 0);
    loop {
        let page = page(json!({"limit": 30, "event_type": "x.long", "after": after})).await;
        let events = list(&page["events"]);
        if events.is_empty() {
            break;
        }
        seen += events.len();
        after = page["next"].clone();
    }
    assert_eq!(seen, 30);

    // A few unread messages at a time.
    for number in 0..8 {
        ann.broadcast(
            "broadcast.message",
            json!({"text": format!("short {number}")}),
        )
        .await;
    }
    let who = mcp.call("who", json!({})).await;
    assert_eq!(list(&who["unread"]["messages"]).len(), 5);
    assert_eq!(who["unread"]["left_out"], 3);
    let who = mcp.call("who", json!({})).await;
    assert_eq!(list(&who["unread"]["messages"]).len(), 3);
}

#[tokio::test]
async fn context_is_searched_and_read_part_by_part() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let text: String = (0..400)
        .map(|line| format!("Line {line} about zebras.\n"))
        .collect();
    put(&ann, "ann", "zebra.md", &text).await;
    let mcp = Mcp::connect(&ann, Version::Stateless).await;
    let search = json!({"query": "zebras", "types": ["md"], "max_tokens": 50, "sync": true});
    let found = mcp.call("context_search", search).await;
    let file = &found["matched_files"][0];
    assert_eq!(
        (&file["path"], &file["truncated"]),
        (&json!("zebra.md"), &json!(true))
    );

    let (mut offset, mut read, mut parts) = (json!(0), String::new(), 0);
    while !offset.is_null() {
        let arguments = json!({
            "path": file["path"], "source": file["source"], "offset": offset, "max_tokens": 1000,
        });
        let part = mcp.call("context_read", arguments).await;
        read.push_str(part["content"].as_str().unwrap());
        let left = text.trim().chars().count() - read.chars().count();
        assert_eq!(part["left_out"], left);
        offset = part["next_offset"].clone();
        parts += 1;
    }
    assert_eq!(read, text.trim());
    assert!(parts > 2, "{parts}");
    let beyond = json!({"path": "zebra.md", "offset": 1_000_000});
    assert!(mcp.refusal("context_read", beyond).await.contains("offset"));
    let nowhere = json!({"path": "zebras.md"});
    assert!(
        mcp.refusal("context_read", nowhere)
            .await
            .contains("no such thing")
    );
}

#[tokio::test]
async fn the_prompt_has_its_arguments_filled_in() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for version in VERSIONS {
        let mcp = Mcp::connect(&ann, version).await;
        let listed = mcp.request("prompts/list", json!({})).await;
        assert_eq!(listed["prompts"][0]["name"], "turn_on_leitl");
        let get = json!({"name": "turn_on_leitl", "arguments": {
            "version": "detailed", "name": "Zoe", "topic": "auth", "query": "How do we sign in?",
        }});
        let prompt = mcp.request("prompts/get", get).await;
        let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
        for part in [
            "Turn on LEITL (Live Everyone In The Loop) protocol",
            "Zoe",
            "auth",
            "How do we sign in?",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        let wrong = json!({"name": "turn_on_leitl", "arguments": {"version": "loud"}});
        let message = mcp.message("prompts/get", wrong).await;
        assert!(
            message["error"]["message"]
                .as_str()
                .unwrap()
                .contains("version"),
            "{message}"
        );
    }
}
