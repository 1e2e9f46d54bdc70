//! What must be known of a message to hand it through.

use serde_json::{Value, json};

/// Where a request of the stateless version says which version it speaks.
const VERSION_IN_META: &str = "/params/_meta/io.modelcontextprotocol~1protocolVersion";

/// A message of the client.
#[derive(Clone, Debug)]
pub struct Message(Value);

impl Message {
    /// From its JSON.
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// The JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// What it asks or tells; a response has none.
    pub fn method(&self) -> Option<&str> {
        self.0.get("method")?.as_str()
    }

    /// The id of a request; nothing else wants an answer.
    pub fn id(&self) -> Option<&Value> {
        self.method()?;
        self.0.get("id")
    }

    /// Whether it opens the connection, which others then build on.
    pub fn is_handshake(&self) -> bool {
        matches!(
            self.method(),
            Some("initialize" | "notifications/initialized")
        )
    }

    /// The version that it says it speaks, if it does.
    pub fn version(&self) -> Option<&str> {
        self.0.pointer(VERSION_IN_META)?.as_str()
    }

    /// What it is about: the name of a tool or prompt, or the address of a resource.
    pub fn name(&self) -> Option<&str> {
        let parameters = self.0.get("params")?;
        let key = match self.method()? {
            "tools/call" | "prompts/get" => "name",
            "resources/read" => "uri",
            _ => return None,
        };
        parameters.get(key)?.as_str()
    }

    /// The id of the request that it gives up.
    pub fn cancels(&self) -> Option<&Value> {
        match self.method()? {
            "notifications/cancelled" => self.0.pointer("/params/requestId"),
            _ => None,
        }
    }
}

/// A refusal (JSON-RPC 2.0, section 5.1).
pub fn error(id: Value, code: i32, text: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_is_about() {
        let call = Message::new(json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "who", "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28"
            }},
        }));
        assert_eq!(call.id(), Some(&json!(1)));
        assert_eq!(
            (call.name(), call.version()),
            (Some("who"), Some("2026-07-28"))
        );
        let read = Message::new(json!({"method": "resources/read", "params": {"uri": "a:b"}}));
        assert_eq!((read.name(), read.version()), (Some("a:b"), None));
    }

    #[test]
    fn only_a_request_wants_an_answer() {
        for other in [
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
            json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
            json!([]),
            json!("hello"),
        ] {
            assert_eq!(Message::new(other.clone()).id(), None, "{other}");
        }
    }

    #[test]
    fn a_cancellation_names_its_request() {
        let params = json!({"requestId": "a"});
        let cancel = json!({"method": "notifications/cancelled", "params": params});
        assert_eq!(Message::new(cancel).cancels(), Some(&json!("a")));
        let other = json!({"method": "notifications/progress", "params": params});
        assert_eq!(Message::new(other).cancels(), None);
    }
}
