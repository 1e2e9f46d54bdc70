//! A server for tests that answers what it is told, byte by byte.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{Client, ClientLimits, Credentials, NetworkGuard};

/// A guard that lets the server below pass.
pub(super) fn guard() -> NetworkGuard {
    NetworkGuard::new(vec!["127.0.0.0/8".parse().unwrap()], None)
}

/// Limits as they are, but with short pauses.
pub(super) fn quick() -> ClientLimits {
    ClientLimits {
        first_pause: Duration::from_millis(2),
        ..ClientLimits::default()
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub method: String,
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What is written back.
pub(super) struct Reply {
    bytes: Vec<u8>,
    then: Then,
}

enum Then {
    /// The connection takes further requests.
    KeepAlive,
    /// The connection ends.
    Close,
    /// Nothing more comes, and the connection stays.
    Silence,
}

impl Reply {
    /// A whole answer; `headers` are lines without their ends.
    pub fn new(status: u16, headers: &[&str], body: &str) -> Self {
        let length = format!("Content-Length: {}", body.len());
        let lines = [&[length.as_str()], headers].concat().join("\r\n");
        Self {
            bytes: format!("HTTP/1.1 {status} Scripted\r\n{lines}\r\n\r\n{body}").into_bytes(),
            then: Then::KeepAlive,
        }
    }

    pub fn multistatus(body: &str) -> Self {
        let body = format!("<D:multistatus xmlns:D=\"DAV:\">{body}</D:multistatus>");
        Self::new(207, &["Content-Type: application/xml"], &body)
    }

    /// Bytes as they are, then the end of the connection.
    pub fn cut(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            then: Then::Close,
        }
    }

    /// Bytes as they are, then nothing for ever.
    pub fn stall(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            then: Then::Silence,
        }
    }
}

/// A server on a port of its own; it ends with this value.
pub(super) struct ScriptedServer {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl ScriptedServer {
    pub async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&log), Arc::clone(&answer)));
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    /// Answers one after the other, the last one again and again.
    pub async fn sequence(replies: impl IntoIterator<Item = fn() -> Reply>) -> Self {
        let replies: Vec<_> = replies.into_iter().collect();
        let next = Mutex::new(0);
        Self::start(move |_| {
            let mut next = next.lock().unwrap();
            let reply = replies[(*next).min(replies.len() - 1)];
            *next += 1;
            reply()
        })
        .await
    }

    pub fn url(&self, path: &str) -> reqwest::Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// A client for its folder `/dav`.
    pub fn client(&self, credentials: &Credentials, limits: ClientLimits) -> Client {
        Client::new(&self.url("/dav"), credentials, &guard(), limits).unwrap()
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<impl Fn(&Asked) -> Reply>,
) {
    while let Some(asked) = read(&mut stream).await {
        log.lock().unwrap().push(asked.clone());
        let reply = answer(&asked);
        if stream.write_all(&reply.bytes).await.is_err() {
            return;
        }
        match reply.then {
            Then::KeepAlive => {}
            Then::Close => return,
            Then::Silence => {
                // Until the client has had enough.
                let _ = stream.read(&mut [0; 1]).await;
                return;
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut received = Vec::new();
    let head_end = loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => received.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    };
    let head = String::from_utf8(received[..head_end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut request_line = lines.next()?.split(' ');
    let (method, target) = (request_line.next()?, request_line.next()?);
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = received[head_end + 4..].to_vec();
    let missing = length - body.len();
    let mut rest = vec![0; missing];
    stream.read_exact(&mut rest).await.ok()?;
    body.extend(rest);
    Some(Asked {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
