//! An agent with a registered session.

use serde_json::{Value, json};

use crate::{client::Client, socket::Socket};

/// A session and the token that is good for it alone.
pub struct Agent {
    pub session_id: String,
    pub websocket_url: String,
    /// Speaks with the session's token.
    pub client: Client,
}

impl Agent {
    /// From the answer to `session/register`.
    pub fn new(user: &Client, registered: &Value) -> Self {
        let text = |member: &str| registered[member].as_str().unwrap().to_owned();
        Self {
            session_id: text("session_id"),
            websocket_url: text("websocket_url"),
            client: user.with_token(&text("token")),
        }
    }

    /// The same session at another server.
    pub fn at(&self, url: &str) -> Self {
        let client = self.client.at(url);
        let token = client.token.as_deref().unwrap();
        Self {
            websocket_url: client.socket_url(&format!("/{}?token={token}", self.session_id)),
            session_id: self.session_id.clone(),
            client,
        }
    }

    /// Joins, from now on.
    pub async fn join(&self) -> Socket {
        Socket::join(&self.websocket_url).await
    }

    /// Joins, from a cursor on.
    pub async fn join_since(&self, since: &str) -> Socket {
        Socket::join(&format!("{}&since={since}", self.websocket_url)).await
    }

    /// Publishes an event of this session.
    pub async fn broadcast(&self, event_type: &str, data: Value) -> Value {
        self.client.broadcast(event_type, data).await
    }

    /// Gives a sign of life.
    pub async fn heartbeat(&self) -> Value {
        self.client.post("session/heartbeat", json!({})).await.ok()
    }

    /// Its entry among the live sessions.
    pub async fn seen(&self) -> Option<Value> {
        let mut sessions = self.client.active().await;
        sessions.retain(|session| session["session_id"] == *self.session_id);
        sessions.pop()
    }
}
