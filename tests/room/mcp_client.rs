//! A client that speaks MCP over Streamable HTTP, in both versions: the wire's JSON and
//! headers, without a library that could hide what is wrong with them.

use reqwest::{Method, RequestBuilder, header::ACCEPT};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    client::{Answer, Client},
    server::PATIENCE,
};

/// Which version of the specification a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 2025-11-25, with `Mcp-Session-Id`.
    WithSessions,
    /// 2026-07-28: each request says all there is to know.
    Stateless,
}

/// Both.
pub const VERSIONS: [Version; 2] = [Version::WithSessions, Version::Stateless];

impl Version {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::WithSessions => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}

/// An MCP client of one user.
pub struct Mcp {
    client: Client,
    version: Version,
    /// Its MCP session, where the version has them.
    pub mcp_session: Option<String>,
}

impl Mcp {
    /// Connects, as a client does that has just started.
    pub async fn connect(client: &Client, version: Version) -> Self {
        let mut mcp = Self {
            client: client.clone(),
            version,
            mcp_session: None,
        };
        if version == Version::WithSessions {
            let parameters = json!({
                "protocolVersion": version.name(),
                "capabilities": {},
                "clientInfo": {"name": "scripted", "version": "1"},
            });
            let answer = Answer::of(mcp.post("initialize", parameters)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            mcp.mcp_session = Some(answer.header("mcp-session-id").to_owned());
            let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            let answer = Answer::of(mcp.http(Method::POST).json(&initialized)).await;
            assert_eq!(answer.status, 202, "{}", answer.text);
        }
        mcp
    }

    /// The same MCP session in the hands of another.
    pub fn in_hands_of(&self, other: &Client) -> Self {
        Self {
            client: other.clone(),
            version: self.version,
            mcp_session: self.mcp_session.clone(),
        }
    }

    /// A request to `/mcp` with the headers of the version.
    pub fn http(&self, method: Method) -> RequestBuilder {
        let request = self
            .client
            .request(method, "/mcp")
            .header(ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", self.version.name());
        match &self.mcp_session {
            Some(id) => request.header("mcp-session-id", id),
            None => request,
        }
    }

    fn post(&self, method: &str, mut parameters: Value) -> RequestBuilder {
        let mut request = self.http(Method::POST);
        if self.version == Version::Stateless {
            parameters["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.version.name(),
                "io.modelcontextprotocol/clientInfo": {"name": "scripted", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            request = request.header("mcp-method", method);
            let named = ["name", "uri"]
                .iter()
                .find_map(|key| parameters[key].as_str());
            if let Some(name) = named {
                request = request.header("mcp-name", name);
            }
        }
        let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters});
        request.json(&message)
    }

    /// Sends a request; the answer as it came.
    pub async fn send(&self, method: &str, parameters: Value) -> Answer {
        Answer::of(self.post(method, parameters)).await
    }

    /// Sends a request; the JSON-RPC message that answers it.
    pub async fn message(&self, method: &str, parameters: Value) -> Value {
        let answer = self.send(method, parameters).await;
        let messages = match answer.header("content-type") {
            "application/json" => vec![serde_json::from_str(&answer.text).unwrap()],
            _ => events(&answer.text),
        };
        let answers = |message: &&Value| message["id"] == 7;
        let found = messages.iter().find(answers);
        found
            .unwrap_or_else(|| panic!("no answer in {}", answer.text))
            .clone()
    }

    /// The result of a request.
    pub async fn request(&self, method: &str, parameters: Value) -> Value {
        let message = self.message(method, parameters).await;
        match message.get("result") {
            Some(result) => result.clone(),
            None => panic!("{method}: {message}"),
        }
    }

    /// Calls a tool; its result, be that good or bad.
    pub async fn tool(&self, name: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": name, "arguments": arguments}))
            .await
    }

    /// Calls a tool that must do what it should; what it answers.
    pub async fn call(&self, name: &str, arguments: Value) -> Value {
        let result = self.tool(name, arguments).await;
        assert_eq!(result["isError"], false, "{name}: {result}");
        result["structuredContent"].clone()
    }

    /// Calls a tool that must refuse; its words.
    pub async fn refusal(&self, name: &str, arguments: Value) -> String {
        let result = self.tool(name, arguments).await;
        assert_eq!(result["isError"], true, "{name}: {result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Joins the room; the session's id.
    pub async fn join(&self, name: &str) -> String {
        let joined = self.call("join", json!({"agent_name": name})).await;
        joined["session_id"].as_str().unwrap().to_owned()
    }

    /// Opens the stream on which the server tells news (2025-11-25).
    pub async fn listen(&self) -> News {
        News::of(self.http(Method::GET)).await
    }

    /// Opens the stream of news of these resources (2026-07-28).
    pub async fn subscribe(&self, filter: Value) -> News {
        let parameters = json!({"notifications": filter});
        News::of(self.post("subscriptions/listen", parameters)).await
    }
}

/// A stream of messages from the server.
pub struct News {
    response: reqwest::Response,
    text: String,
}

impl News {
    async fn of(request: RequestBuilder) -> Self {
        // It stays open longer than any call may take.
        let response = request.timeout(3 * PATIENCE).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let found = events(event).into_iter().next();
                self.text = rest.to_owned();
                match found {
                    Some(message) => return message,
                    None => continue,
                }
            }
            let part = timeout(PATIENCE, self.response.chunk()).await;
            let part = part.expect("no news").unwrap().expect("the stream ended");
            self.text.push_str(std::str::from_utf8(&part).unwrap());
        }
    }

    /// The next message of this method about this resource.
    pub async fn updated(&mut self, uri: &str) {
        loop {
            let message = self.next().await;
            if message["method"] == "notifications/resources/updated"
                && message["params"]["uri"] == uri
            {
                return;
            }
        }
    }
}

/// The messages in a stream of events (HTML, "Server-sent events").
fn events(text: &str) -> Vec<Value> {
    text.lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .filter_map(|data| serde_json::from_str(data.trim()).ok())
        .collect()
}
