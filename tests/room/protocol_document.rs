//! The protocol document's own examples, letter by letter. Only the token is
//! added, and the address where the document has `localhost:8000`.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{
    agent::Agent,
    client::list,
    server::{PATIENCE, Setup},
};

/// "Register Session".
const REGISTER: &str = r#"{
  "agent_name": "Cece",
  "agent_type": "code_assistant",
  "tags": ["development", "backend"]
}"#;

/// "Broadcast Message".
const BROADCAST: &str = r#"{
  "event_type": "task.completed",
  "data": {
    "task_id": "task-001",
    "result": "success"
  }
}"#;

/// "WebSocket Protocol", "Connect".
const CONNECT_SNIPPET: &str = r#"
const ws = new WebSocket('ws://localhost:8000/api/leitl/ws/leitl-cece-abc123');

ws.onopen = () => {
  console.log('Connected to LEITL');
};

ws.onmessage = (event) => {
  const message = JSON.parse(event.data);
  console.log('LEITL Event:', message);

  if (message.event_type === 'session.started') {
    console.log('New agent joined:', message.session_id);
  }
};
"#;

/// "Send Heartbeat".
const HEARTBEAT_SNIPPET: &str = r#"
setInterval(() => {
  ws.send(JSON.stringify({
    type: 'heartbeat',
    session_id: 'leitl-cece-abc123'
  }));
}, 30000);  // Every 30s
"#;

/// "Broadcast Event".
const BROADCAST_SNIPPET: &str = r#"
ws.send(JSON.stringify({
  type: 'broadcast',
  event_type: 'task.started',
  data: {
    task_id: 'task-001',
    task_description: 'Building LEITL protocol'
  }
}));
"#;

#[track_caller]
fn assert_timestamp(value: &Value) {
    let text = value.as_str().unwrap_or_default();
    assert!(
        text.starts_with("20") && text.contains('T') && text.ends_with('Z'),
        "{value}"
    );
}

#[tokio::test]
async fn the_rest_calls_work_as_printed() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;

    let registered = ann.post_text("session/register", REGISTER).await.ok();
    let cece = Agent::new(&ann, &registered);
    let random = cece
        .session_id
        .strip_prefix("leitl-cece-")
        .unwrap_or_default();
    assert!(!random.is_empty(), "{registered}");
    let address = server.url.replacen("http", "ws", 1);
    let path = format!("{address}/api/leitl/ws/{}", cece.session_id);
    assert!(cece.websocket_url.starts_with(&path), "{registered}");
    assert_eq!(registered["heartbeat_seconds"], 30);
    assert_timestamp(&registered["expires_at"]);

    let started = room.event("session.started").await;
    assert_eq!(started["session_id"], *cece.session_id);

    let sessions = list(&ann.get("sessions/active").await.ok());
    assert_eq!(sessions.len(), 1);
    let session = &sessions[0];
    assert_eq!(session["session_id"], *cece.session_id);
    assert_eq!(session["agent_name"], "Cece");
    assert_eq!(session["agent_type"], "code_assistant");
    assert_eq!(session["status"], "active");
    assert_eq!(session["current_task"], "");
    assert_eq!(session["tags"], json!(["development", "backend"]));
    assert_eq!(session["context_sources"], json!([]));
    assert_eq!(session["user"], "ann");
    assert_timestamp(&session["started_at"]);
    assert_timestamp(&session["last_heartbeat"]);
    let uptime = session["uptime"].as_str().unwrap();
    assert!(
        uptime
            .strip_suffix('s')
            .is_some_and(|seconds| seconds.parse::<u64>().is_ok()),
        "{uptime}"
    );

    let published = cece.client.post_text("broadcast", BROADCAST).await.ok();
    assert_timestamp(&published["timestamp"]);
    let event = room.event("task.completed").await;
    assert_eq!(event["id"], published["id"]);
    assert_eq!(event["timestamp"], published["timestamp"]);
    assert_eq!(event["session_id"], *cece.session_id);
    assert_eq!(event["agent_name"], "Cece");
    assert_eq!(event["user"], "ann");
    assert_eq!(
        event["data"],
        json!({"task_id": "task-001", "result": "success"})
    );
}

#[tokio::test]
async fn the_javascript_snippets_run_as_printed() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    let cece = ann.register("Cece").await;
    let printed = "ws://localhost:8000/api/leitl/ws/leitl-cece-abc123";
    let connect = CONNECT_SNIPPET.replace(printed, &cece.websocket_url);
    let heartbeat = HEARTBEAT_SNIPPET.replace("leitl-cece-abc123", &cece.session_id);
    // The snippets that send stand on their own in the document: they are run
    // once the socket is open, and the interval's first beat at once.
    let script = format!(
        "{connect}
        ws.addEventListener('open', () => {{
            const setInterval = (beat, every) => {{ console.log('beats every', every); beat(); }};
            {heartbeat}
            {BROADCAST_SNIPPET}
        }});"
    );
    let mut node = Node::run(&script);

    node.line(|line| line == "Connected to LEITL").await;
    node.line(|line| line == "beats every 30000").await;
    let beat = room.event("session.heartbeat").await;
    assert_eq!(beat["session_id"], *cece.session_id);
    let task = room.event("task.started").await;
    assert_eq!(task["session_id"], *cece.session_id);
    let data = json!({"task_id": "task-001", "task_description": "Building LEITL protocol"});
    assert_eq!(task["data"], data);

    let other = ann.register("Claude").await;
    let joined = format!("New agent joined: {}", other.session_id);
    node.line(|line| line == joined).await;
    // Nothing the snippets sent was refused.
    assert!(!node.seen.contains("error"), "{}", node.seen);
}

/// The dashboard's address in the document answers with a page, and `/` leads
/// there.
#[tokio::test]
async fn the_dashboard_is_where_the_document_says() {
    let server = Setup::new().start().await;
    let stranger = server.stranger();
    let get = |path| stranger.request(reqwest::Method::GET, path).send();
    let root = get("/").await.unwrap();
    assert!(root.status().is_redirection(), "{}", root.status());
    assert_eq!(root.headers()["location"], "/leitl-dashboard");
    let page = get("/leitl-dashboard").await.unwrap();
    assert_eq!(page.status(), 200);
    let content_type = page.headers()["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("text/html"), "{content_type}");
}

/// A script in node.
struct Node {
    _process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    seen: String,
}

impl Node {
    fn run(script: &str) -> Self {
        // Node 20 hides its WebSocket behind the flag; later ones ignore it.
        let mut process = Command::new("node")
            .args([
                "--experimental-websocket",
                "--no-warnings",
                "--eval",
                script,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("this test needs node on PATH");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self {
            _process: process,
            lines,
            seen: String::new(),
        }
    }

    /// Reads on until it has printed a line like this.
    async fn line(&mut self, wanted: impl Fn(&str) -> bool) {
        loop {
            match timeout(PATIENCE, self.lines.next_line()).await {
                Ok(Ok(Some(line))) => {
                    self.seen.push_str(&line);
                    self.seen.push('\n');
                    if wanted(&line) {
                        return;
                    }
                }
                _ => panic!("not printed; only:\n{}", self.seen),
            }
        }
    }
}
