//! `leitl mcp`: MCP over a pipe.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use crate::{
    client::Client,
    command::Shell,
    mcp_client::{VERSIONS, Version},
    server::{PATIENCE, Server, Setup, eventually},
};

/// The command, spoken to as a client does that has started it.
struct Pipe {
    process: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    version: Version,
    id: u64,
}

impl Pipe {
    async fn open(server: &Server, user: &Client, version: Version) -> Self {
        let mut pipe = Self::start(server, user, version);
        if version == Version::WithSessions {
            let initialize = json!({
                "protocolVersion": version.name(), "capabilities": {},
                "clientInfo": {"name": "scripted", "version": "1"},
            });
            let answer = pipe.request("initialize", initialize).await;
            assert_eq!(
                answer["result"]["protocolVersion"],
                version.name(),
                "{answer}"
            );
            pipe.write(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
                .await;
        }
        pipe
    }

    fn start(server: &Server, user: &Client, version: Version) -> Self {
        let mut process = Shell::of(server, user)
            .command(&["mcp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: process.stdin.take(),
            output: BufReader::new(process.stdout.take().unwrap()).lines(),
            process,
            version,
            id: 0,
        }
    }

    async fn write(&mut self, message: Value) {
        self.write_text(&message.to_string()).await;
    }

    async fn write_text(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn read(&mut self) -> Value {
        let line = timeout(PATIENCE, self.output.next_line()).await;
        let line = line.expect("no answer").unwrap().expect("it has ended");
        serde_json::from_str(&line).unwrap()
    }

    /// Sends a request without waiting for its answer.
    async fn send(&mut self, method: &str, mut parameters: Value) -> u64 {
        if self.version == Version::Stateless {
            parameters["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.version.name(),
                "io.modelcontextprotocol/clientInfo": {"name": "scripted", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        self.id += 1;
        let id = self.id;
        self.write(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}))
            .await;
        id
    }

    async fn request(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.send(method, parameters).await;
        loop {
            let message = self.read().await;
            if message["id"] == id {
                return message;
            }
        }
    }

    async fn call(&mut self, name: &str, arguments: Value) -> Value {
        let call = json!({"name": name, "arguments": arguments});
        let answer = self.request("tools/call", call).await;
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        answer["result"]["structuredContent"].clone()
    }

    /// Closes its input and waits for its end.
    async fn close(mut self) -> Option<i32> {
        drop(self.input.take());
        let ended = timeout(PATIENCE, self.process.wait()).await;
        ended.expect("it does not end").unwrap().code()
    }
}

#[tokio::test]
async fn both_versions_go_through_a_pipe() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for version in VERSIONS {
        let mut pipe = Pipe::open(&server, &ann, version).await;
        let join = json!({"agent_name": version.name()});
        let session = pipe.call("join", join).await["session_id"].clone();
        let said = json!({"session_id": session, "text": "hello"});
        pipe.call("say", said).await;
        assert_eq!(ann.activity().await.pop().unwrap()["session_id"], session);
        let read = json!({"uri": "leitl://sessions"});
        let read = pipe.request("resources/read", read).await;
        assert!(read["result"]["contents"][0]["text"].is_string(), "{read}");
        // A name that does not fit into a header as it is.
        let read = json!({"uri": "leitl://context/share/ü.md"});
        let read = pipe.request("resources/read", read).await;
        assert!(read["error"]["code"].is_number(), "{read}");
        assert_eq!(pipe.close().await, Some(0));
    }
    // A client that has gone has left, where that can be seen.
    let names: Vec<_> = ann
        .active()
        .await
        .iter()
        .map(|one| one["agent_name"].clone())
        .collect();
    assert_eq!(names, [Version::Stateless.name()]);
}

#[tokio::test]
async fn news_comes_through_the_pipe() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mut pipe = Pipe::open(&server, &ann, Version::WithSessions).await;
    pipe.request("resources/subscribe", json!({"uri": "leitl://sessions"}))
        .await;
    ann.register("Cece").await;
    while pipe.read().await["method"] != "notifications/resources/updated" {}
}

/// A request that waits keeps no other from being answered, and can be given up.
#[tokio::test]
async fn one_request_does_not_wait_for_another() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for version in VERSIONS {
        let mut pipe = Pipe::open(&server, &ann, version).await;
        let session = pipe.call("join", json!({"agent_name": "Cece"})).await["session_id"].clone();
        let wait =
            json!({"name": "inbox", "arguments": {"session_id": session, "wait_seconds": 30}});
        let waiting = pipe.send("tools/call", wait.clone()).await;
        let given_up = pipe.send("tools/call", wait).await;
        let cancel = json!({"requestId": given_up});
        pipe.write(
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel}),
        )
        .await;
        pipe.call("who", json!({"session_id": session})).await;
        ann.broadcast("broadcast.message", json!({"text": "hello"}))
            .await;
        let answer = pipe.read().await;
        assert_eq!(answer["id"], waiting, "{answer}");
        assert_eq!(pipe.close().await, Some(0));
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_said_and_comes_back() {
    let setup = Setup::new();
    let mut server = setup.start().await;
    let ann = server.user("ann").await;
    for version in VERSIONS {
        let mut pipe = Pipe::open(&server, &ann, version).await;
        pipe.write_text("nonsense").await;
        assert_eq!(pipe.read().await["error"]["code"], -32700);
        server.crash().await;
        let answer = pipe.request("tools/list", json!({})).await;
        let text = answer["error"]["message"].as_str().unwrap();
        assert!(
            text.contains("cannot reach") && text.contains(&server.url),
            "{answer}"
        );

        // The same server again, which knows nothing of the MCP session.
        let addr = server.url.strip_prefix("http://").unwrap().to_owned();
        drop(server);
        server = setup
            .clone()
            .without_addr()
            .with("LEITL_SERVER__ADDR", addr)
            .start()
            .await;
        let who = eventually("it answers", async || {
            let answer = pipe.request("tools/list", json!({})).await;
            answer["result"]["tools"].is_array().then_some(())
        });
        who.await;
        assert_eq!(pipe.close().await, Some(0));
    }
}

#[tokio::test]
async fn a_wrong_token_is_said_in_words() {
    let server = Setup::new().start().await;
    let mut pipe = Pipe::start(&server, &server.client("nonsense"), Version::Stateless);
    let answer = pipe.request("tools/list", json!({})).await;
    let text = answer["error"]["message"].as_str().unwrap();
    assert!(
        text.contains("token") && !text.contains("nonsense"),
        "{answer}"
    );
}
