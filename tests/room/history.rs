//! `messages` and `activity`, page by page.

use serde_json::{Value, json};

use crate::{
    client::{Client, list},
    server::Setup,
    socket::{assert_gapless, ids},
};

/// Follows `next` until nothing comes any more.
async fn forward(client: &Client, call: &str, member: &str, from: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), from.to_owned());
    loop {
        let page = client.get(&format!("{call}&after={after}")).await.ok();
        let items = list(&page[member]);
        after = page["next"].as_str().unwrap().to_owned();
        if items.is_empty() {
            return all;
        }
        all.extend(items);
        assert!(all.len() < 1000, "the pages never end");
    }
}

/// Follows `previous` from the newest page until nothing is left; oldest first.
async fn backward(client: &Client, call: &str) -> Vec<Value> {
    let mut page = client.get(call).await.ok();
    let mut all = list(&page["events"]);
    while let Some(before) = page["previous"].as_str() {
        page = client.get(&format!("{call}&before={before}")).await.ok();
        let mut earlier = list(&page["events"]);
        earlier.append(&mut all);
        all = earlier;
        assert!(all.len() < 1000, "the pages never end");
    }
    all
}

/// Two agents and a person, who take turns to speak.
async fn talk(ann: &Client) -> (String, Vec<Value>) {
    let cece = ann.register("Cece").await;
    let claude = ann.register("Claude").await;
    for n in 0..10 {
        cece.broadcast("task.progress", json!({"n": n})).await;
        claude.broadcast("broadcast.message", json!({"n": n})).await;
        ann.broadcast("x.note", json!({"n": n})).await;
    }
    (cece.session_id, ann.activity().await)
}

#[tokio::test]
async fn the_activity_log_pages_both_ways_with_each_event_once() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (_, all) = talk(&ann).await;
    assert_eq!(all.len(), 32);
    assert_gapless(0, &all);
    for limit in [1, 7, 16, 32, 33] {
        let call = format!("activity?limit={limit}");
        assert_eq!(forward(&ann, &call, "events", "0-0").await, all, "{limit}");
        assert_eq!(backward(&ann, &call).await, all, "{limit}");
    }
    // In the middle the two ways meet.
    let middle = all[15]["id"].as_str().unwrap();
    let page = ann
        .get(&format!("activity?limit=5&before={middle}"))
        .await
        .ok();
    assert_eq!(list(&page["events"]), all[10..15]);
    let next = page["next"].as_str().unwrap();
    let page = ann
        .get(&format!("activity?limit=5&after={next}"))
        .await
        .ok();
    assert_eq!(list(&page["events"]), all[15..20]);
    let previous = page["previous"].as_str().unwrap();
    let page = ann
        .get(&format!("activity?limit=5&before={previous}"))
        .await
        .ok();
    assert_eq!(list(&page["events"]), all[10..15]);
}

#[tokio::test]
async fn the_activity_log_is_filtered_without_losing_its_place() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, all) = talk(&ann).await;
    let of = |keep: &dyn Fn(&Value) -> bool| -> Vec<Value> {
        all.iter().filter(|event| keep(event)).cloned().collect()
    };
    let by_type = of(&|event| event["event_type"] == "x.note");
    let by_session = of(&|event| event["session_id"] == *cece);
    let by_both =
        of(&|event| event["event_type"] == "task.progress" && event["session_id"] == *cece);
    assert_eq!(
        (by_type.len(), by_session.len(), by_both.len()),
        (10, 11, 10)
    );
    for (query, expected) in [
        ("event_type=x.note".to_owned(), by_type),
        (format!("session_id={cece}"), by_session),
        (
            format!("event_type=task.progress&session_id={cece}"),
            by_both,
        ),
        ("event_type=x.never".to_owned(), Vec::new()),
        ("event_type=session.ended".to_owned(), Vec::new()),
    ] {
        for limit in [3, 100] {
            let call = format!("activity?limit={limit}&{query}");
            assert_eq!(
                forward(&ann, &call, "events", "0-0").await,
                expected,
                "{call}"
            );
            assert_eq!(backward(&ann, &call).await, expected, "{call}");
        }
    }
}

#[tokio::test]
async fn the_cursor_of_the_newest_page_waits_for_what_is_new() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    for (call, member) in [("activity", "events"), ("messages", "messages")] {
        let before = ann.get(&format!("{call}?limit=2")).await.ok();
        let next = before["next"].as_str().unwrap();
        let call = format!("{call}?limit=2");
        assert!(forward(&ann, &call, member, next).await.is_empty());
        let mut new = Vec::new();
        for n in 0..5 {
            new.push(ann.broadcast("broadcast.message", json!({"n": n})).await);
        }
        let found = forward(&ann, &call, member, next).await;
        assert_eq!(ids(&found), ids(&new), "{call}");
    }
    // Without a cursor the newest come, oldest first.
    let page = ann.get("messages?limit=2").await.ok();
    let numbers: Vec<_> = list(&page["messages"])
        .iter()
        .map(|message| message["data"]["n"].clone())
        .collect();
    assert_eq!(json!(numbers), json!([3, 4]));
}

#[tokio::test]
async fn an_inbox_has_what_is_addressed_to_its_owner() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let body = json!({"agent_name": "Cece", "agent_type": "t", "tags": ["backend"]});
    let cece = ann.register_as(body).await;
    let claude = ann.register("Claude").await;
    let say = async |text: &str, to: Value| {
        let body = json!({"event_type": "broadcast.message", "data": {"text": text}, "to": to});
        claude.client.post("broadcast", body).await.ok()
    };
    say("to all", json!([])).await;
    say("by id", json!([cece.session_id])).await;
    say("by name", json!(["Someone", "Cece"])).await;
    say("by tag", json!(["#backend"])).await;
    say("by another tag", json!(["#frontend"])).await;
    say("tag without its sign", json!(["backend"])).await;
    say("to Claude", json!(["Claude"])).await;
    say("to the user", json!(["ann"])).await;
    // Addressed, but no message.
    let body = json!({"event_type": "x.note", "to": ["Cece"]});
    claude.client.post("broadcast", body).await.ok();

    let texts = |messages: &[Value]| -> Vec<String> {
        let text = |message: &Value| message["data"]["text"].as_str().unwrap().to_owned();
        messages.iter().map(text).collect()
    };
    let inbox = async |client: &Client| {
        let pages = forward(client, "messages?limit=2&to_me=true", "messages", "0-0").await;
        let newest = client.get("messages?to_me=true").await.ok();
        assert_eq!(list(&newest["messages"]), pages);
        texts(&pages)
    };
    let mine = inbox(&cece.client).await;
    let expected = ["by id", "by name", "by tag"];
    for text in expected {
        assert!(
            mine.iter().any(|own| own == text),
            "{text} is not in {mine:?}"
        );
    }
    for text in [
        "by another tag",
        "tag without its sign",
        "to Claude",
        "to the user",
    ] {
        assert!(!mine.iter().any(|own| own == text), "{text} is in {mine:?}");
    }
    assert!(
        inbox(&claude.client)
            .await
            .contains(&"to Claude".to_owned())
    );
    assert!(inbox(&ann).await.contains(&"to the user".to_owned()));
    let all = forward(&ann, "messages?limit=3", "messages", "0-0").await;
    assert_eq!(all.len(), 8);
}
