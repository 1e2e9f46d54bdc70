//! A client of the REST API.

use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
    redirect::Policy,
};
use serde_json::{Value, json};

use crate::{agent::Agent, server::PATIENCE, socket::Socket};

/// Whoever holds a token, or nobody.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// The token.
    pub token: Option<String>,
}

impl Client {
    pub fn new(url: &str, token: Option<String>) -> Self {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self {
            http,
            url: url.to_owned(),
            token,
        }
    }

    /// The same connection with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same token at another server.
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A request to any path of the server, with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// `GET /api/leitl/<call>`
    pub async fn get(&self, call: &str) -> Answer {
        let path = format!("/api/leitl/{call}");
        Answer::of(self.request(Method::GET, &path)).await
    }

    /// `POST /api/leitl/<call>`
    pub async fn post(&self, call: &str, body: Value) -> Answer {
        self.post_text(call, body.to_string()).await
    }

    /// As [`Client::post`], with a body that may be no JSON.
    pub async fn post_text(&self, call: &str, body: impl Into<reqwest::Body>) -> Answer {
        let path = format!("/api/leitl/{call}");
        let request = self
            .request(Method::POST, &path)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        Answer::of(request).await
    }

    /// Registers a session under this name.
    pub async fn register(&self, name: &str) -> Agent {
        self.register_as(json!({"agent_name": name, "agent_type": "code_assistant"}))
            .await
    }

    /// Registers a session.
    pub async fn register_as(&self, body: Value) -> Agent {
        let registered = self.post("session/register", body).await.ok();
        Agent::new(self, &registered)
    }

    /// Publishes an event, in person or as the token's session.
    pub async fn broadcast(&self, event_type: &str, data: Value) -> Value {
        self.post("broadcast", json!({"event_type": event_type, "data": data}))
            .await
            .ok()
    }

    /// Publishes `x.count` events with `n` in their data.
    pub async fn count(&self, numbers: impl IntoIterator<Item = u64>) {
        for n in numbers {
            self.broadcast("x.count", json!({"n": n})).await;
        }
    }

    /// The live sessions.
    pub async fn active(&self) -> Vec<Value> {
        list(&self.get("sessions/active").await.ok())
    }

    /// The newest events, at most 500.
    pub async fn activity(&self) -> Vec<Value> {
        list(&self.get("activity?limit=500").await.ok()["events"])
    }

    /// The address of a socket: `path` follows `/api/leitl/ws`.
    pub fn socket_url(&self, path: &str) -> String {
        format!("{}/api/leitl/ws{path}", self.url.replacen("http", "ws", 1))
    }

    /// Joins as observer, from now on.
    pub async fn observe(&self) -> Socket {
        let token = self.token.as_deref().unwrap();
        Socket::join(&self.socket_url(&format!("?token={token}"))).await
    }

    /// Joins as observer, from a cursor on.
    pub async fn observe_since(&self, since: &str) -> Socket {
        let token = self.token.as_deref().unwrap();
        Socket::join(&self.socket_url(&format!("?token={token}&since={since}"))).await
    }
}

/// The items of a JSON array.
pub fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => panic!("not a list: {other}"),
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Sends a request and reads the answer.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// A header's text, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_str(&self.text).unwrap()
    }

    /// The problem (RFC 9457) of a refusal, which must be whole.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem["status"], status, "{problem}");
        for member in ["type", "title", "detail"] {
            let text = problem[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "no {member} in {problem}");
        }
        problem
    }

    /// Asserts that a request was refused because of this field.
    #[track_caller]
    pub fn refused_for(&self, field: &str) {
        let problem = self.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        let rule = problem["errors"][0]["rule"].as_str().unwrap_or_default();
        assert!(!rule.is_empty(), "no rule in {problem}");
    }
}
