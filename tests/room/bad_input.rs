//! Requests that break a rule: each is refused with a problem that names what
//! was wrong, and leaves nothing behind.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    server::{Server, Setup},
};

/// A room with one session, and what it looked like.
struct Room {
    server: Server,
    ann: Client,
    session_id: String,
    activity: Vec<Value>,
}

impl Room {
    async fn open() -> Self {
        let server = Setup::new().start().await;
        let ann = server.user("ann").await;
        let cece = ann.register("Cece").await;
        Self {
            activity: ann.activity().await,
            session_id: cece.session_id,
            ann,
            server,
        }
    }

    /// Asserts that the server works and nothing was half done.
    async fn assert_untouched(&self) {
        assert_eq!(self.ann.activity().await, self.activity);
        let sessions = self.ann.active().await;
        assert_eq!(sessions.len(), 1);
        assert_eq!(sessions[0]["session_id"], *self.session_id);
        assert_eq!(sessions[0]["status"], "active");
        assert_eq!(sessions[0]["current_task"], "");
        self.ann.get("health").await.ok();
        let log = self.server.log();
        assert!(!log.contains("panicked"), "{log}");
        assert!(!log.contains("ERROR"), "{log}");
    }
}

#[tokio::test]
async fn broken_registrations_name_the_field() {
    let room = Room::open().await;
    let good = json!({"agent_name": "Claude", "agent_type": "t"});
    let long = "a".repeat(10_000);
    for (field, value) in [
        ("agent_name", Value::Null),
        ("agent_name", json!("")),
        ("agent_name", json!("   ")),
        ("agent_name", json!(7)),
        ("agent_name", json!(["Claude"])),
        ("agent_name", json!(long)),
        ("agent_name", json!("\u{1b}[2JClaude")),
        ("agent_name", json!("Cl\naude")),
        ("agent_type", Value::Null),
        ("agent_type", json!("")),
        ("agent_type", json!({})),
        ("tags", json!("backend")),
        ("tags", json!(vec!["t"; 33])),
        ("tags[1]", json!(["ok", 5])),
        ("tags[0]", json!([""])),
        ("tags[0]", json!(["a\u{7}"])),
        ("current_task", json!(true)),
        ("current_task", json!("t".repeat(501))),
        ("context_sources", json!({})),
        ("context_sources[0]", json!([long])),
        ("session_id", json!("cece")),
        ("session_id", json!("leitl-")),
        ("session_id", json!("leitl-Cece")),
        ("session_id", json!("leitl-a b")),
        ("session_id", json!("leitl-{default}")),
        ("session_id", json!(format!("leitl-{}", "a".repeat(81)))),
        ("session_id", json!(5)),
    ] {
        let mut body = good.clone();
        let member = field.split('[').next().unwrap();
        body[member] = value.clone();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(member);
        }
        room.ann
            .post("session/register", body)
            .await
            .refused_for(field);
    }
    room.assert_untouched().await;
    room.ann.post("session/register", good).await.ok();
}

#[tokio::test]
async fn broken_broadcasts_and_changes_name_the_field() {
    let room = Room::open().await;
    let session = json!(room.session_id);
    let kib_16 = "a".repeat(16 * 1024);
    for (call, field, body) in [
        ("broadcast", "event_type", json!({})),
        ("broadcast", "event_type", json!({"event_type": 5})),
        ("broadcast", "event_type", json!({"event_type": "deploy"})),
        (
            "broadcast",
            "event_type",
            json!({"event_type": "task.invented"}),
        ),
        ("broadcast", "event_type", json!({"event_type": "x."})),
        ("broadcast", "event_type", json!({"event_type": "x.UPPER"})),
        (
            "broadcast",
            "data",
            json!({"event_type": "x.a", "data": []}),
        ),
        (
            "broadcast",
            "data",
            json!({"event_type": "x.a", "data": "text"}),
        ),
        (
            "broadcast",
            "data",
            json!({"event_type": "x.a", "data": {"a": kib_16}}),
        ),
        (
            "broadcast",
            "to",
            json!({"event_type": "x.a", "to": "Cece"}),
        ),
        (
            "broadcast",
            "to[0]",
            json!({"event_type": "x.a", "to": [""]}),
        ),
        (
            "broadcast",
            "to",
            json!({"event_type": "x.a", "to": vec!["Cece"; 33]}),
        ),
        (
            "broadcast",
            "session_id",
            json!({"event_type": "x.a", "session_id": "cece"}),
        ),
        (
            "broadcast",
            "idempotency_key",
            json!({"event_type": "x.a", "idempotency_key": ""}),
        ),
        ("session/heartbeat", "session_id", json!({})),
        (
            "session/heartbeat",
            "session_id",
            json!({"session_id": "*"}),
        ),
        (
            "session/heartbeat",
            "status",
            json!({"session_id": session, "status": "stale"}),
        ),
        (
            "session/heartbeat",
            "status",
            json!({"session_id": session, "status": "Busy"}),
        ),
        (
            "session/update",
            "current_task",
            json!({"session_id": session, "current_task": 5}),
        ),
        (
            "session/update",
            "status",
            json!({"session_id": session, "current_task": "t", "status": ""}),
        ),
        ("session/end", "session_id", json!({})),
        (
            "session/end",
            "reason",
            json!({"session_id": session, "reason": "r".repeat(201)}),
        ),
        ("token", "name", json!({})),
        ("token", "name", json!({"name": ""})),
        ("token", "ttl_days", json!({"name": "n", "ttl_days": 0})),
        ("token", "ttl_days", json!({"name": "n", "ttl_days": 366})),
        ("token", "ttl_days", json!({"name": "n", "ttl_days": -1})),
        ("tokens/revoke", "jti", json!({"jti": ""})),
    ] {
        room.ann.post(call, body).await.refused_for(field);
    }
    for reserved in [
        "session.started",
        "session.ended",
        "session.invented",
        "context.updated",
        "conflict.raised",
        "alert.raised",
    ] {
        let body = json!({"event_type": reserved});
        room.ann.post("broadcast", body).await.problem(403);
    }
    room.assert_untouched().await;
    // The largest that is allowed: {"a":"…"} has eight bytes besides.
    let data = json!({"a": "a".repeat(16 * 1024 - 8)});
    room.ann.broadcast("x.a", data).await;
}

#[tokio::test]
async fn broken_queries_name_the_field() {
    let room = Room::open().await;
    for (query, field) in [
        ("activity?limit=0", "limit"),
        ("activity?limit=501", "limit"),
        ("activity?limit=-1", "limit"),
        ("activity?limit=ten", "limit"),
        ("activity?after=yesterday", "after"),
        ("activity?after=1", "after"),
        ("activity?before=-1", "before"),
        ("activity?after=0-0&before=1-1", "before"),
        ("activity?event_type=deploy", "event_type"),
        ("activity?session_id=cece", "session_id"),
        ("messages?limit=99999999999999999999", "limit"),
        ("messages?after=%00", "after"),
        ("messages?to_me=maybe", "to_me"),
    ] {
        room.ann.get(query).await.refused_for(field);
    }
    room.assert_untouched().await;
}

#[tokio::test]
async fn what_is_no_json_is_refused_by_its_kind() {
    let room = Room::open().await;
    let whole = json!({"agent_name": "Claude", "agent_type": "t"}).to_string();
    for body in ["{", "nonsense", "{\"agent_name\": \"Claude\",}", "\u{0}"] {
        room.ann
            .post_text("session/register", body)
            .await
            .problem(400);
    }
    let trailing = format!("{whole} {{}}");
    room.ann
        .post_text("session/register", trailing)
        .await
        .problem(400);
    let not_utf8 = b"{\"agent_name\": \"\xff\", \"agent_type\": \"t\"}".to_vec();
    let answer = room.ann.post_text("session/register", not_utf8).await;
    assert!([400, 422].contains(&answer.status), "{answer:?}");
    answer.problem(answer.status);
    for body in ["[]", "5", "null", "\"text\""] {
        room.ann
            .post_text("session/register", body)
            .await
            .problem(422);
    }
    room.ann
        .post_text("session/register", "")
        .await
        .refused_for("agent_name");
    let deep = "[".repeat(20_000);
    let deep = format!("{{\"event_type\": \"x.a\", \"data\": {{\"a\": {deep}");
    room.ann.post_text("broadcast", deep).await.problem(400);

    let large = json!({"event_type": "x.a", "data": {"a": "a".repeat(65 * 1024)}});
    room.ann.post("broadcast", large).await.problem(413);
    let post = |content_type: &'static str| {
        let request = room
            .ann
            .request(Method::POST, "/api/leitl/session/register");
        Answer::of(
            request
                .header(header::CONTENT_TYPE, content_type)
                .body(whole.clone()),
        )
    };
    for content_type in ["text/plain", "application/xml", "application/jsonp", "json"] {
        post(content_type).await.problem(415);
    }
    room.assert_untouched().await;
    post("APPLICATION/JSON; charset=utf-8").await.ok();
}

/// The browser form conveniences of the framework must not reach the API.
#[tokio::test]
async fn wrong_paths_and_methods_answer_in_json_whatever_is_accepted() {
    let room = Room::open().await;
    let html = "text/html,application/xhtml+xml";
    for (method, path, status) in [
        (Method::GET, "/api/leitl/no/such/call", 404),
        (Method::POST, "/api/leitl/sessions", 404),
        (Method::GET, "/api/leitl/", 404),
        (Method::GET, "/api/leitl/session/register", 405),
        (Method::POST, "/api/leitl/sessions/active", 405),
        (Method::DELETE, "/api/leitl/sessions/active", 405),
        (Method::PUT, "/api/leitl/broadcast", 405),
    ] {
        for accept in ["application/json", html] {
            let request = room.ann.request(method.clone(), path);
            let answer = Answer::of(request.header(header::ACCEPT, accept)).await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
            answer.problem(status);
        }
    }
    // A form's submission would be sent back to where it came from.
    let request = room
        .ann
        .request(Method::POST, "/api/leitl/session/register")
        .header(header::ACCEPT, html)
        .header(header::REFERER, "https://evil.example/")
        .json(&json!({"agent_name": "", "agent_type": "t"}));
    Answer::of(request).await.refused_for("agent_name");
    let request = room
        .ann
        .request(Method::GET, "/api/leitl/sessions/active")
        .header(header::ACCEPT, html);
    Answer::of(request).await.ok();
    let outside = Answer::of(room.ann.request(Method::GET, "/no/such/page")).await;
    assert_eq!(outside.status, 404);
    room.assert_untouched().await;
}
