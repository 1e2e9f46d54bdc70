//! Messages that arrive: unread ones are handed out once, and the sender can see it.

use serde_json::{Value, json};

use crate::{
    agent::Agent,
    client::{Client, list},
    server::Setup,
};

async fn say(speaker: &Client, text: &str, more: Value) -> String {
    let mut body = json!({"event_type": "broadcast.message", "data": {"text": text}});
    let data = more.get("data").cloned();
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    if let Some(Value::Object(mut data)) = data {
        data.insert("text".to_owned(), json!(text));
        body["data"] = Value::Object(data);
    }
    let published = speaker.post("broadcast", body).await.ok();
    published["id"].as_str().unwrap().to_owned()
}

async fn drain(agent: &Agent, body: Value) -> Value {
    agent.client.post("inbox", body).await.ok()
}

/// The texts of messages.
fn texts(inbox: &Value) -> Vec<String> {
    list(&inbox["messages"])
        .iter()
        .map(|message| message["data"]["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_meant_for_a_session_is_handed_out_once() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let dan = ann.register("Dan").await;
    say(&dan.client, "before she came", json!({"to": ["Cece"]})).await;
    let cece = ann
        .register_as(json!({"agent_name": "Cece", "agent_type": "t", "tags": ["backend"]}))
        .await;
    let by_id = json!({"to": [cece.session_id]});
    say(&dan.client, "by id", by_id).await;
    say(&dan.client, "by name", json!({"to": ["Cece"]})).await;
    say(&dan.client, "by tag", json!({"to": ["Eve", "#backend"]})).await;
    say(&dan.client, "to another", json!({"to": ["Eve"]})).await;
    say(&dan.client, "to nobody in particular", json!({})).await;
    say(&ann, "a person to all", json!({})).await;
    say(&ann, "a person to another", json!({"to": ["Dan"]})).await;
    say(&cece.client, "her own", json!({"to": ["Cece"]})).await;

    let expected = ["by id", "by name", "by tag", "a person to all"];
    let peeked = drain(&cece, json!({"peek": true})).await;
    assert_eq!(texts(&peeked), expected);
    let first = drain(&cece, json!({"limit": 1})).await;
    assert_eq!(
        (texts(&first), &first["unread"]),
        (vec!["by id".to_owned()], &json!(3))
    );
    let rest = drain(&cece, json!({})).await;
    assert_eq!(
        (texts(&rest).as_slice(), &rest["unread"]),
        (
            &["by name", "by tag", "a person to all"].map(str::to_owned)[..],
            &json!(0)
        )
    );
    assert_eq!(
        drain(&cece, json!({})).await,
        json!({"messages": [], "unread": 0})
    );
    // Each has a place of its own.
    assert_eq!(
        texts(&drain(&dan, json!({})).await),
        ["a person to all", "a person to another"]
    );
}

#[tokio::test]
async fn the_sender_sees_how_far_a_message_came() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, dan) = (ann.register("Cece").await, ann.register("Dan").await);
    let id = say(&dan.client, "done?", json!({"to": ["Cece"]})).await;
    let receipts = async || {
        let answer = dan.client.get(&format!("messages/receipts?id={id}")).await;
        list(&answer.ok()["receipts"])
    };
    assert!(receipts().await.is_empty());
    // What was not handed out cannot be acknowledged.
    let acknowledge = async |agent: &Agent| {
        let answer = agent
            .client
            .post("inbox/acknowledge", json!({"ids": [id]}))
            .await;
        answer.ok()["acknowledged"].clone()
    };
    assert_eq!(acknowledge(&cece).await, 0);
    drain(&cece, json!({"peek": true})).await;
    assert!(receipts().await.is_empty(), "a look is no delivery");
    drain(&cece, json!({})).await;
    let delivered = receipts().await;
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0]["state"], "delivered");
    assert_eq!(delivered[0]["session_id"], *cece.session_id);
    assert_eq!(delivered[0]["agent_name"], "Cece");
    assert_eq!(acknowledge(&dan).await, 0);
    assert_eq!(acknowledge(&cece).await, 1);
    assert_eq!(receipts().await[0]["state"], "acknowledged");
    dan.client
        .get("messages/receipts?id=1-1")
        .await
        .problem(404);
    dan.client
        .get("messages/receipts?id=x")
        .await
        .refused_for("id");
}

#[tokio::test]
async fn whoever_waits_is_woken() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, dan) = (ann.register("Cece").await, ann.register("Dan").await);
    // Long enough that only the message can end the wait within the test's patience.
    let waiting = drain(&cece, json!({"wait_seconds": 30}));
    let saying = async {
        // What is not for her does not wake her.
        say(&dan.client, "to another", json!({"to": ["Eve"]})).await;
        say(&dan.client, "wake up", json!({"to": ["Cece"]})).await;
    };
    let (woken, ()) = tokio::join!(waiting, saying);
    assert_eq!(texts(&woken), ["wake up"]);
    let nothing = drain(&cece, json!({"wait_seconds": 1})).await;
    assert_eq!(nothing["messages"], json!([]));
}

#[tokio::test]
async fn a_wait_ends_with_the_session() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let waiting = cece.client.post("inbox", json!({"wait_seconds": 30}));
    let ending = async {
        let end = json!({"session_id": cece.session_id});
        ann.post("session/end", end).await.ok();
    };
    let (waited, ()) = tokio::join!(waiting, ending);
    // 401: the session's token is good while the session lives. Either says that it is over.
    assert!(matches!(waited.status, 401 | 404), "{}", waited.text);
}

#[tokio::test]
async fn of_many_that_read_at_once_one_gets_each_message() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, dan) = (ann.register("Cece").await, ann.register("Dan").await);
    for n in 0..40 {
        say(&dan.client, &n.to_string(), json!({"to": ["Cece"]})).await;
    }
    let readers = (0..4).map(|_| drain(&cece, json!({"limit": 10})));
    let mut all: Vec<u32> = futures::future::join_all(readers)
        .await
        .iter()
        .flat_map(texts)
        .map(|text| text.parse().unwrap())
        .collect();
    all.sort_unstable();
    assert_eq!(all, (0..40).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_answer_belongs_to_its_conversation() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, dan) = (ann.register("Cece").await, ann.register("Dan").await);
    let question = say(&dan.client, "which port?", json!({"to": ["Cece"]})).await;
    let reply = json!({"to": ["Dan"], "data": {"reply_to": question, "thread": "1-1"}});
    let answer = say(&cece.client, "8000", reply).await;
    let reply = json!({"to": ["Cece"], "data": {"reply_to": answer, "urgent": true}});
    say(&dan.client, "thanks", reply).await;
    let received = drain(&dan, json!({})).await;
    assert_eq!(received["messages"][0]["data"]["reply_to"], *question);
    assert_eq!(received["messages"][0]["data"]["thread"], *question);
    let received = drain(&cece, json!({})).await;
    assert_eq!(received["messages"][1]["data"]["thread"], *question);
    assert_eq!(received["messages"][1]["data"]["urgent"], true);

    for (data, field) in [
        (json!({"text": "a", "reply_to": "1-1"}), "data.reply_to"),
        (json!({"text": "a", "reply_to": 5}), "data.reply_to"),
        (json!({"text": "a", "urgent": "very"}), "data.urgent"),
    ] {
        let body = json!({"event_type": "broadcast.message", "data": data});
        dan.client.post("broadcast", body).await.refused_for(field);
    }
}

#[tokio::test]
async fn a_warning_of_a_conflict_reaches_both_inboxes() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, dan) = (ann.register("Cece").await, ann.register("Dan").await);
    for agent in [&cece, &dan] {
        let report = json!({"repository": "r", "paths": ["a.rs"]});
        agent.client.post("files/claim", report).await.ok();
    }
    for agent in [&cece, &dan] {
        let inbox = drain(agent, json!({})).await;
        assert_eq!(
            inbox["messages"][0]["event_type"], "conflict.warning",
            "{inbox}"
        );
    }
}

#[tokio::test]
async fn nobody_reads_anothers_inbox() {
    let server = Setup::unlimited().start().await;
    let cece = server.user("ann").await.register("Cece").await;
    let bob = server.user("bob").await;
    let named = json!({"session_id": cece.session_id});
    bob.post("inbox", named.clone()).await.problem(403);
    let mut acknowledgement = named;
    acknowledgement["ids"] = json!(["1-1"]);
    bob.post("inbox/acknowledge", acknowledgement)
        .await
        .problem(403);
    let catch_up = format!("catch_up?session_id={}", cece.session_id);
    bob.get(&catch_up).await.problem(403);
    bob.post("inbox", json!({})).await.refused_for("session_id");
    for (body, field) in [
        (json!({"wait_seconds": 31}), "wait_seconds"),
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 101}), "limit"),
    ] {
        cece.client.post("inbox", body).await.refused_for(field);
    }
}

#[tokio::test]
async fn catching_up_tells_what_came_since_the_last_look() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let dan = server
        .user("bob")
        .await
        .register_as(json!({"agent_name": "Dan", "agent_type": "t", "current_task": "Write tests"}))
        .await;
    say(&dan.client, "look at the parser", json!({"to": ["Cece"]})).await;
    let done = json!({"task_description": "Tests", "result": "all pass"});
    dan.broadcast("task.completed", done).await;
    let look = async |query: &str| cece.client.get(&format!("catch_up?{query}")).await.ok();

    let first = look("").await;
    let text = first["text"].as_str().unwrap();
    for part in [
        "Dan (bob)",
        "\"look at the parser\"",
        "active: \"Write tests\"",
        "finished \"Tests\": \"all pass\"",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(first["tokens"].as_u64().unwrap() <= 500, "{first}");

    let second = look("").await;
    let text = second["text"].as_str().unwrap();
    assert!(
        !text.contains("parser") && text.contains("Write tests"),
        "{text}"
    );
    // A look moves the place for messages to be handed out not at all.
    assert_eq!(
        texts(&drain(&cece, json!({})).await),
        ["look at the parser"]
    );

    // From a place of its own choice it is told again, and the other place stays.
    let again = look("since=0-0").await;
    assert!(
        again["text"].as_str().unwrap().contains("parser"),
        "{again}"
    );
    assert_eq!(look("since=0-0").await, again);
    let few = look("since=0-0&max_tokens=100").await;
    assert!(few["tokens"].as_u64().unwrap() <= 100, "{few}");
    assert!(few["left_out"].as_u64().unwrap() > 0, "{few}");
    cece.client
        .get("catch_up?max_tokens=5")
        .await
        .refused_for("max_tokens");
    cece.client
        .get("catch_up?since=x")
        .await
        .refused_for("since");
}
