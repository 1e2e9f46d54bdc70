//! The server's `/mcp`, as one client of it.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use reqwest::{Method, RequestBuilder, Response, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinHandle},
    time::sleep,
};

use super::{
    event_stream::EventStream,
    message::{Message, error},
};
use crate::{
    cli::{backoff::Backoff, client::Client},
    protocol::Problem,
};

const SESSION_ID: &str = "mcp-session-id";
const PROTOCOL_VERSION: &str = "mcp-protocol-version";

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long the end waits for the server to hear of it.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// What a server answers whose words are not ours (JSON-RPC 2.0, section 5.1: a code of
/// the implementation's own).
const FAILED: i32 = -32000;

/// Hands messages to the server, and what it answers to whoever writes.
pub struct Upstream {
    http: reqwest::Client,
    origin: String,
    token: String,
    answers: mpsc::Sender<Value>,
    session: Mutex<Session>,
    /// Held while a new MCP session is opened in place of one that is gone.
    renewal: tokio::sync::Mutex<()>,
}

/// The MCP session, where the client speaks a version that has them.
#[derive(Default)]
struct Session {
    id: Option<String>,
    version: Option<String>,
    /// How the client opened it.
    opening: Option<Message>,
    listening: Option<AbortHandle>,
}

/// Why a message was not handed over.
enum Failure {
    /// The server does not know the MCP session any more.
    Gone,
    /// In words.
    Said(String),
}

impl Upstream {
    /// The server of a client.
    ///
    /// # Errors
    /// If HTTP cannot be set up at all.
    pub fn new(client: &Client, answers: mpsc::Sender<Value>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            // As for the other commands: a token must not follow a redirect.
            .redirect(Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            origin: client.origin(),
            token: client.token().to_owned(),
            answers,
            session: Mutex::default(),
            renewal: tokio::sync::Mutex::default(),
        })
    }

    /// Whether the client speaks a version with MCP sessions.
    pub fn has_session(&self) -> bool {
        self.lock().opening.is_some()
    }

    /// Hands a message over, and its answers back. If that fails, the answer says so.
    /// `taken` is dropped as soon as the server has the message.
    pub async fn pass(self: &Arc<Self>, message: Message, taken: oneshot::Sender<()>) {
        let mut taken = Some(taken);
        let known = self.lock().id.clone();
        let outcome = match self.deliver(&message, &mut taken).await {
            Err(Failure::Gone) if !message.is_handshake() => {
                match self.renew(known.as_deref()).await {
                    Ok(()) => self.deliver(&message, &mut taken).await,
                    Err(failure) => Err(failure),
                }
            }
            outcome => outcome,
        };
        let (Err(failure), Some(id)) = (outcome, message.id()) else {
            return;
        };
        let text = match failure {
            Failure::Gone => "the MCP session is gone".to_owned(),
            Failure::Said(text) => text,
        };
        self.write(error(id.clone(), FAILED, &text)).await;
    }

    async fn deliver(
        self: &Arc<Self>,
        message: &Message,
        taken: &mut Option<oneshot::Sender<()>>,
    ) -> Result<(), Failure> {
        let opens = message.method() == Some("initialize");
        if opens {
            *self.lock() = Session {
                opening: Some(message.clone()),
                ..Session::default()
            };
        }
        let response = self.send(message).await?;
        *taken = None;
        if opens {
            self.lock().id = session_id(&response);
        }
        self.read(response, |answer| {
            if opens {
                self.note_version(answer);
            }
        })
        .await?;
        if message.method() == Some("notifications/initialized") {
            self.listen();
        }
        Ok(())
    }

    /// Opens the MCP session again as the client did, unless that has been done.
    async fn renew(self: &Arc<Self>, gone: Option<&str>) -> Result<(), Failure> {
        let _held = self.renewal.lock().await;
        let opening = {
            let mut session = self.lock();
            if session.id.as_deref() != gone {
                return Ok(());
            }
            session.id = None;
            session.version = None;
            session.opening.clone().ok_or(Failure::Gone)?
        };
        let mut response = self.send(&opening).await?;
        let id = session_id(&response);
        let mut events = EventStream::default();
        // The client has had its answer; this one is for us.
        while let Some(messages) = self.next(&mut response, &mut events).await? {
            for message in &messages {
                self.note_version(message);
            }
        }
        self.lock().id = id;
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.send(&Message::new(initialized)).await?;
        self.listen();
        Ok(())
    }

    /// Listens for what the server tells by itself, until the MCP session is another.
    fn listen(self: &Arc<Self>) {
        let upstream = Arc::downgrade(self);
        let listening: JoinHandle<()> = tokio::spawn(async move {
            let mut backoff = Backoff::default();
            loop {
                let Some(upstream) = upstream.upgrade() else {
                    return;
                };
                let request = upstream
                    .request(Method::GET, None)
                    .header(header::ACCEPT, "text/event-stream");
                match request.send().await {
                    Ok(response) if response.status().is_success() => {
                        backoff.reset();
                        let _ = upstream.read(response, |_| ()).await;
                    }
                    // The next request opens another.
                    Ok(response) if response.status() == StatusCode::NOT_FOUND => return,
                    _ => {}
                }
                drop(upstream);
                sleep(backoff.next()).await;
            }
        });
        let before = self.lock().listening.replace(listening.abort_handle());
        if let Some(before) = before {
            before.abort();
        }
    }

    /// Tells the server that the client has gone.
    pub async fn close(&self) {
        let (listening, id) = {
            let mut session = self.lock();
            (session.listening.take(), session.id.clone())
        };
        if let Some(listening) = listening {
            listening.abort();
        }
        if id.is_some() {
            let request = self.request(Method::DELETE, None).timeout(CLOSE_LIMIT);
            // A server that does not hear it notices by itself.
            let _ = request.send().await;
        }
    }

    async fn send(&self, message: &Message) -> Result<Response, Failure> {
        let request = self
            .request(Method::POST, Some(message))
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(message.value());
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(error))?;
        match response.status() {
            StatusCode::NOT_FOUND if self.lock().id.is_some() => Err(Failure::Gone),
            _ => Ok(response),
        }
    }

    fn request(&self, method: Method, message: Option<&Message>) -> RequestBuilder {
        let mut request = self
            .http
            .request(method, format!("{}/mcp", self.origin))
            .bearer_auth(&self.token);
        let session = self.lock();
        if let Some(version) = message.and_then(Message::version) {
            // Headers of the stateless version (specification 2026-07-28, "Streamable HTTP").
            request = request.header(PROTOCOL_VERSION, version);
            let facts = [
                ("mcp-method", message.and_then(Message::method)),
                ("mcp-name", message.and_then(Message::name)),
            ];
            for (name, value) in facts {
                if let Some(value) = value {
                    request = request.header(name, header_text(value));
                }
            }
        } else if let Some(id) = &session.id {
            request = request.header(SESSION_ID, id);
            if let Some(version) = &session.version {
                request = request.header(PROTOCOL_VERSION, version);
            }
        }
        request
    }

    /// Reads an answer and writes its messages.
    async fn read(&self, mut response: Response, note: impl Fn(&Value)) -> Result<(), Failure> {
        let status = response.status();
        if is_event_stream(&response) {
            let mut events = EventStream::default();
            while let Some(messages) = self.next(&mut response, &mut events).await? {
                for message in messages {
                    note(&message);
                    self.write(message).await;
                }
            }
            return Ok(());
        }
        let text = response
            .text()
            .await
            .map_err(|error| self.unreachable(error))?;
        match serde_json::from_str::<Value>(&text) {
            // Also when it refuses, it says so itself.
            Ok(message) if message.get("jsonrpc").is_some() => {
                note(&message);
                self.write(message).await;
                Ok(())
            }
            _ if status.is_success() => Ok(()),
            _ => Err(Failure::Said(
                match serde_json::from_str::<Problem>(&text) {
                    Ok(problem) => problem.to_string(),
                    Err(_) => format!(
                        "{} refuses it (HTTP status {})",
                        self.origin,
                        status.as_u16()
                    ),
                },
            )),
        }
    }

    /// The next messages of a stream of events; `None` at its end.
    async fn next(
        &self,
        response: &mut Response,
        events: &mut EventStream,
    ) -> Result<Option<Vec<Value>>, Failure> {
        let bytes = response
            .chunk()
            .await
            .map_err(|error| self.unreachable(error))?;
        Ok(bytes.map(|bytes| {
            let ended = events.take(&bytes);
            ended
                .iter()
                .filter_map(|data| serde_json::from_str(data).ok())
                .collect()
        }))
    }

    fn note_version(&self, answer: &Value) {
        if let Some(version) = answer.pointer("/result/protocolVersion") {
            self.lock().version = version.as_str().map(str::to_owned);
        }
    }

    async fn write(&self, message: Value) {
        // It fails only if nobody writes any more.
        let _ = self.answers.send(message).await;
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        // Its address is said once, and without what it may hold.
        Failure::Said(format!(
            "cannot reach {}: {}",
            self.origin,
            error.without_url()
        ))
    }

    fn lock(&self) -> MutexGuard<'_, Session> {
        // Whole even if a holder panicked: each change is one assignment.
        self.session
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn session_id(response: &Response) -> Option<String> {
    let id = response.headers().get(SESSION_ID)?.to_str().ok()?;
    Some(id.to_owned())
}

fn is_event_stream(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/event-stream"))
}

/// Text as a header may hold it: as it is, or where it could not be, in Base64
/// (specification 2026-07-28, "Streamable HTTP", "Value Encoding").
fn header_text(text: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};

    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && text.trim() == text
        && !text.starts_with("=?base64?");
    match plain {
        true => text.to_owned(),
        false => format!("=?base64?{}?=", BASE64_STANDARD.encode(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_fits_into_a_header() {
        assert_eq!(header_text("who"), "who");
        assert_eq!(
            header_text("leitl://context/share/a.md"),
            "leitl://context/share/a.md"
        );
        assert_eq!(header_text("ü"), "=?base64?w7w=?=");
        assert_eq!(header_text(" a"), "=?base64?IGE=?=");
        assert_eq!(header_text("a\nb"), "=?base64?YQpi?=");
    }
}
