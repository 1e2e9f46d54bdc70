//! A server whose every answer is the test's: for what real servers do rarely, and
//! for counting what they are asked.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request as AxumRequest, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// How long a request's body may be, in bytes.
const MOST: usize = 1024 * 1024;

/// What the server was asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// The path as it was sent, escapes included, with the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Request {
    /// A header's text, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Whether it is this method on this path.
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method.as_str() == method && self.path == path
    }
}

/// A server that runs until it is dropped.
pub struct Scripted {
    /// Where it is, as `http://127.0.0.1:<port>/`.
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

/// What answers.
type Answer = dyn Fn(&Request) -> Response + Send + Sync;

#[derive(Clone)]
struct Script {
    answer: Arc<Answer>,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// Starts it with a function that answers. A panic in the function is the
    /// request's failure, not the test's: assert on [`Scripted::requests`] instead.
    pub async fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<Request>>>::default();
        let script = Script {
            answer: Arc::new(answer),
            seen: Arc::clone(&seen),
        };
        let router = Router::new().fallback(reply).with_state(script);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, task }
    }

    /// What it was asked so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// How often it was asked this.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|request| request.is(method, path))
            .count()
    }

    /// Forgets what it was asked, and says it a last time.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn reply(State(script): State<Script>, request: AxumRequest) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path_and_query();
    let request = Request {
        method: parts.method,
        path: path.map_or_else(String::new, ToString::to_string),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    script.seen.lock().unwrap().push(request.clone());
    (script.answer)(&request)
}

/// Answers in turn, for each method and path: where they have run out, or where
/// there are none, another function answers.
///
/// ```ignore
/// let queue = Queue::new()
///     .then("GET", "/a.md", answers::try_later(StatusCode::TOO_MANY_REQUESTS, "1"))
///     .otherwise(move |request| collection.answer(request));
/// let server = Scripted::start(queue).await;
/// ```
#[derive(Default)]
pub struct Queue {
    answers: HashMap<(String, String), VecDeque<Response>>,
}

impl Queue {
    /// Without answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more answer for this method and path.
    pub fn then(mut self, method: &str, path: &str, answer: Response) -> Self {
        let key = (method.to_owned(), path.to_owned());
        self.answers.entry(key).or_default().push_back(answer);
        self
    }

    /// The function that gives them, and then what `rest` says.
    pub fn otherwise(
        self,
        rest: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> impl Fn(&Request) -> Response + Send + Sync + 'static {
        let answers = Mutex::new(self.answers);
        move |request| {
            let key = (request.method.to_string(), request.path.clone());
            let mut answers = answers.lock().unwrap();
            let next = answers.get_mut(&key).and_then(VecDeque::pop_front);
            drop(answers);
            next.unwrap_or_else(|| rest(request))
        }
    }
}
