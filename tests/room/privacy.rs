//! Personal data and secrets do not get into the room (protocol document, "No PII in
//! broadcast messages").

use serde_json::{Value, json};

use crate::server::{Server, Setup};

/// Everything that Redis has of a server, as one text.
async fn stored(server: &Server) -> String {
    let mut redis = server.redis().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut redis)
        .await
        .unwrap();
    let mut all = keys.join("\n");
    for key in keys {
        let dump: Vec<u8> = redis::cmd("DUMP")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .unwrap();
        all += &String::from_utf8_lossy(&dump);
    }
    all
}

#[tokio::test]
async fn what_is_personal_is_replaced_before_it_is_stored_and_the_sender_is_told() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let registered = ann
        .post(
            "session/register",
            json!({
                "agent_name": "Cece", "agent_type": "t", "tags": ["for kim.q@corp-mail.example"],
                "current_task": "Call +49 30 90182934 about the invoice",
            }),
        )
        .await
        .ok();
    assert_eq!(registered["redactions"], json!({"email": 1, "phone": 1}));
    let cece = crate::agent::Agent::new(&ann, &registered);
    let seen = cece.seen().await.unwrap();
    assert_eq!(seen["tags"], json!(["for [email]"]));
    assert_eq!(seen["current_task"], "Call [phone] about the invoice");

    let mut observer = server.user("bob").await.observe().await;
    let published = cece
        .broadcast(
            "task.completed",
            json!({
                "result": "mailed kim.q@corp-mail.example from 203.0.113.77:4312",
                "steps": [{"iban": "DE89 3704 0044 0532 0130 00", "card": "4111 1111 1111 1111"}],
            }),
        )
        .await;
    let expected = json!({"card": 1, "email": 1, "iban": 1, "ip": 1});
    assert_eq!(published["redactions"], expected);
    let heard = observer.event("task.completed").await;
    assert_eq!(
        heard["data"],
        json!({"result": "mailed [email] from [ip]:4312", "steps": [{"iban": "[iban]", "card": "[card]"}]})
    );
    let mut socket = cece.join().await;
    let data = json!({"text": "ask kim.q@corp-mail.example"});
    socket.send_broadcast("r", "broadcast.message", data).await;
    assert_eq!(socket.answer("r").await["redactions"], json!({"email": 1}));

    let change = json!({"current_task": "ring +49 30 90182934"});
    let changed = cece.client.post("session/update", change).await.ok();
    assert_eq!(changed["redactions"], json!({"phone": 1}));
    let all = stored(&server).await;
    for value in ["corp-mail", "90182934", "203.0.113", "0532", "4111"] {
        assert!(!all.contains(value), "{value} is stored");
        assert!(!server.log().contains(value), "{value} is in the log");
    }
}

#[tokio::test]
async fn secrets_are_refused_by_their_place_and_never_repeated() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n-----END OPENSSH PRIVATE KEY-----";
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4).get(..36).unwrap());
    for (data, place) in [
        (json!({"text": key}), "data.text"),
        (
            json!({"steps": ["ok", {"log": format!("uses {token} now")}]}),
            "data.steps.1.log",
        ),
        (
            json!({"url": "https://kim:hunter22x@git.example.org/a.git"}),
            "data.url",
        ),
    ] {
        let body = json!({"event_type": "x.step", "data": data});
        let refused = cece.client.post("broadcast", body).await;
        refused.refused_for(place);
        for secret in ["b3BlbnNz", "ghp_", "hunter22x"] {
            assert!(!refused.text.contains(secret), "{}", refused.text);
        }
    }
    let task = json!({"current_task": format!("rotate {token}")});
    cece.client
        .post("session/update", task)
        .await
        .refused_for("current_task");
    let files = json!({"repository": "https://kim:hunter22x@git.example.org/a", "paths": ["a"]});
    cece.client
        .post("files/claim", files)
        .await
        .refused_for("repository");
    let end = json!({"reason": format!("leaked {token}")});
    cece.client
        .post("session/end", end)
        .await
        .refused_for("reason");
    let all = stored(&server).await;
    for secret in ["b3BlbnNz", "ghp_a1B2", "hunter22x"] {
        assert!(
            !all.contains(secret) && !server.log().contains(secret),
            "{secret}"
        );
    }
}

#[tokio::test]
async fn the_operator_may_refuse_all_or_look_for_nothing() {
    let said = json!({"event_type": "x.a", "data": {"to": "kim.q@corp-mail.example"}});
    let reject = Setup::unlimited().with("LEITL_PRIVACY__MODE", "reject");
    let server = reject.start().await;
    let ann = server.user("ann").await;
    ann.post("broadcast", said.clone())
        .await
        .refused_for("data.to");
    let off = Setup::unlimited().with("LEITL_PRIVACY__MODE", "off");
    let server = off.start().await;
    let ann = server.user("ann").await;
    let published = ann.post("broadcast", said).await.ok();
    assert_eq!(published["redactions"], Value::Null);
    assert_eq!(
        ann.activity().await[0]["data"]["to"],
        "kim.q@corp-mail.example"
    );
}

#[tokio::test]
async fn what_agents_say_all_day_passes_untouched() {
    let server = Setup::unlimited().start().await;
    let cece = server.user("ann").await.register("Cece").await;
    for text in [
        "leitl-cece-abc123 answered 1763467200123-42",
        "bump tokio 1.54.1 -> 1.55.0, sha 7f4a6e1c9d03b5a8",
        "trace 0bf2b5f1-7e5a-4d0c-9f0e-3a8c5c0d6c11 at 2025-11-18T12:00:00Z",
        "src/server/bus/mod.rs:118:9 fails, exit code 101, port 8000",
        "listens at 127.0.0.1:8000 and [::1]:8000",
        "test result: ok. 262 passed; 0 failed; finished in 113.29s",
    ] {
        let published = cece
            .broadcast("broadcast.message", json!({"text": text}))
            .await;
        assert_eq!(published["redactions"], Value::Null, "{text}");
    }
}
