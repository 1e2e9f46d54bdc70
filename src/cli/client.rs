//! A client of the REST API.
//!
//! It takes the argument types that the server functions generate, so path,
//! method and answer of a call come from [`crate::api`] and cannot drift from it.

use std::{fmt, time::Duration};

use http::Method;
use reqwest::{Response, Url, redirect::Policy};
use serde::{Serialize, de::DeserializeOwned};
use server_fn::{Protocol, ServerFn};

use crate::protocol::{API_PREFIX, Problem};

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long a call may take in all.
const CALL_LIMIT: Duration = Duration::from_secs(15);

/// How long a call may take that waits for a synchronisation: the server does for a
/// minute.
pub const SYNC_CALL_LIMIT: Duration = Duration::from_secs(75);

/// How long a call may take for which the server tries a source out: that does not
/// take it longer than half a minute.
pub const TRY_OUT_LIMIT: Duration = Duration::from_secs(60);

/// A caller of one server with one token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: String,
}

/// Why a call failed. No variant holds the token.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address of the server is not one.
    #[error("{url:?} is not the address of a server; it looks like http://127.0.0.1:8000")]
    BadUrl {
        /// What was given.
        url: String,
    },
    /// The server refused the call.
    #[error("{0}")]
    Problem(Problem),
    /// No answer came.
    #[error("cannot reach {url}")]
    Unreachable {
        /// The server's address.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The answer is not one of LEITL's.
    #[error("what answers at {url} is not LEITL (HTTP status {status})")]
    NotLeitl {
        /// The server's address.
        url: String,
        /// The status of its answer.
        status: u16,
    },
}

impl ClientError {
    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            _ => None,
        }
    }

    /// Whether the same call may succeed later: the server is away, restarts or
    /// asks for patience.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Problem(problem) => matches!(problem.status, 429 | 500..),
            // What a proxy says while the server behind it restarts.
            Self::NotLeitl { status, .. } => matches!(status, 502..=504),
            Self::BadUrl { .. } => false,
        }
    }
}

impl Client {
    /// A client of the server at `url`, such as `http://127.0.0.1:8000`, calling
    /// with `token`.
    ///
    /// # Errors
    /// [`ClientError::BadUrl`] if `url` is no HTTP address.
    pub fn new(url: &str, token: impl Into<String>) -> Result<Self, ClientError> {
        let bad_url = || ClientError::BadUrl {
            url: url.to_owned(),
        };
        let base = Url::parse(url).map_err(|_| bad_url())?;
        if !matches!(base.scheme(), "http" | "https") || !base.username().is_empty() {
            return Err(bad_url());
        }
        let mut http = reqwest::Client::builder();
        if base.scheme() == "http" {
            // Nothing is encrypted, so the system's certificates need not be read, which
            // takes longer than most calls.
            http = http.tls_certs_only([]);
        }
        let http = http
            .connect_timeout(CONNECT_LIMIT)
            // No call of LEITL's redirects; a token must not follow one elsewhere.
            .redirect(Policy::none())
            // Sockets go straight to the server, so calls do too.
            .no_proxy()
            .build()
            .map_err(|source| ClientError::Unreachable {
                url: origin(&base),
                source,
            })?;
        Ok(Self {
            http,
            base,
            token: token.into(),
        })
    }

    /// The server's address, without path and query.
    pub fn origin(&self) -> String {
        origin(&self.base)
    }

    /// Where the socket is of those who only listen.
    pub fn observer_address(&self) -> String {
        let mut url = self.base.clone();
        url.set_path(&format!("{API_PREFIX}/ws"));
        // `ws` for `http` and `wss` for `https` (RFC 6455, section 3).
        url.as_str().replacen("http", "ws", 1)
    }

    /// The token it calls with.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Calls a server function.
    ///
    /// # Errors
    /// [`ClientError::Problem`] as the function documents it; otherwise that the
    /// server cannot be reached or is not LEITL.
    pub async fn call<F>(&self, arguments: &F) -> Result<F::Output, ClientError>
    where
        F: ServerFn + Serialize,
        F::Output: DeserializeOwned,
    {
        self.call_within(CALL_LIMIT, arguments).await
    }

    /// Calls a server function that may take longer than others.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_within<F>(
        &self,
        limit: Duration,
        arguments: &F,
    ) -> Result<F::Output, ClientError>
    where
        F: ServerFn + Serialize,
        F::Output: DeserializeOwned,
    {
        let mut url = self.base.clone();
        url.set_path(F::PATH);
        let method = method_of::<F>();
        let request = match method {
            Method::GET => {
                let query = serde_urlencoded::to_string(arguments).unwrap_or_default();
                url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
                self.http.get(url)
            }
            method => self.http.request(method, url).json(arguments),
        };
        let response = request
            .timeout(limit)
            .bearer_auth(&self.token)
            .send()
            .await
            .map_err(|error| self.unreachable(error))?;
        self.read(response).await
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let status = response.status();
        let body = response
            .bytes()
            .await
            .map_err(|error| self.unreachable(error))?;
        let not_leitl = || ClientError::NotLeitl {
            url: self.origin(),
            status: status.as_u16(),
        };
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| not_leitl());
        }
        match serde_json::from_slice(&body) {
            Ok(problem) => Err(ClientError::Problem(problem)),
            Err(_) => Err(not_leitl()),
        }
    }

    fn unreachable(&self, error: reqwest::Error) -> ClientError {
        ClientError::Unreachable {
            url: self.origin(),
            source: error.without_url(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("origin", &self.origin())
            .finish_non_exhaustive()
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The HTTP method that a server function listens to.
fn method_of<F: ServerFn>() -> Method {
    <F::Protocol as Protocol<
        F,
        F::Output,
        F::Client,
        F::Server,
        F::Error,
        F::InputStreamError,
        F::OutputStreamError,
    >>::METHOD
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ActiveSessions, SessionRegister};

    #[test]
    fn calls_go_where_the_protocol_document_says() {
        assert_eq!(SessionRegister::PATH, "/api/leitl/session/register");
        assert_eq!(method_of::<SessionRegister>(), Method::POST);
        assert_eq!(ActiveSessions::PATH, "/api/leitl/sessions/active");
        assert_eq!(method_of::<ActiveSessions>(), Method::GET);
    }

    #[test]
    fn an_observer_listens_where_the_calls_go() {
        for (url, address) in [
            ("http://127.0.0.1:8000/", "ws://127.0.0.1:8000/api/leitl/ws"),
            ("https://http.example", "wss://http.example/api/leitl/ws"),
        ] {
            let client = Client::new(url, "").unwrap();
            assert_eq!(client.observer_address(), address);
        }
    }

    #[test]
    fn the_token_is_not_shown() {
        let client = Client::new("http://127.0.0.1:8000/", "very-secret").unwrap();
        assert!(!format!("{client:?}").contains("very-secret"));
        assert_eq!(client.origin(), "http://127.0.0.1:8000");
    }

    #[test]
    fn what_is_no_address_is_named() {
        for wrong in ["", "localhost:8000", "ftp://a", "http://user@host"] {
            let error = Client::new(wrong, "").err().map(|error| error.to_string());
            assert!(error.is_some_and(|text| text.contains("http://127.0.0.1:8000")));
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        // A port that was free a moment ago, and that nobody listens to now.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let client = Client::new(&url, "very-secret").unwrap();
        let arguments = ActiveSessions {
            tag: None,
            agent_type: None,
        };
        let error = client.call(&arguments).await.unwrap_err();
        assert!(error.is_passing());
        let text = format!("{error} {error:?}");
        assert!(
            text.contains(&url) && !text.contains("very-secret"),
            "{text}"
        );
    }
}
