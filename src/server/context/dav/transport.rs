//! One request and its whole answer: redirects, size limits, tries, deadline.

use std::time::Duration;

use reqwest::{
    Method, Response, StatusCode, Url,
    header::{CONTENT_ENCODING, HeaderMap, LOCATION},
    redirect::Policy,
};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    authorization::Authorization, credentials::Credentials, error::DavError, href::Href,
    limits::ClientLimits, network::NetworkGuard, retry,
};

/// How often a server may send us on.
const REDIRECTS: u32 = 5;

/// How much of an error's page is read, in bytes.
const ERROR_BYTES: u64 = 64 << 10;

/// Idle connections kept for the requests that come next.
const IDLE_CONNECTIONS: usize = 16;

/// A request to the transport's origin.
pub(super) struct Request<'a> {
    pub method: Method,
    pub href: &'a Href,
    pub headers: HeaderMap,
    pub body: String,
    /// How large a good answer may be, in bytes.
    pub max_bytes: u64,
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Of an error only the beginning.
    pub body: Vec<u8>,
    /// Path and query that it came from, redirects followed.
    pub target: String,
}

/// Connections to one origin.
pub(super) struct Transport {
    authorization: Authorization,
    origin: Url,
    /// Host and port, for errors.
    host: String,
    limits: ClientLimits,
}

impl Transport {
    pub fn new(
        url: &Url,
        credentials: &Credentials,
        guard: &NetworkGuard,
        limits: ClientLimits,
    ) -> Result<Self, DavError> {
        let port = url.port_or_known_default().unwrap_or_default();
        let host = format!("{}:{port}", url.host_str().unwrap_or_default());
        guard
            .check_literal(url)
            .map_err(|refused| DavError::RefusedNetwork {
                host: host.clone(),
                reason: refused.to_string(),
            })?;
        let agent = reqwest::Client::builder()
            .user_agent(concat!("leitl/", env!("CARGO_PKG_VERSION")))
            // A proxy would connect to addresses that nobody has checked.
            .no_proxy()
            .dns_resolver(guard.resolver(port))
            .redirect(Policy::none())
            .connect_timeout(limits.connect)
            .read_timeout(limits.silence)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()
            .map_err(|error| DavError::Setup(error.to_string()))?;
        let origin = url.origin().ascii_serialization();
        Ok(Self {
            authorization: Authorization::new(agent, &origin, &host, credentials),
            origin: Url::parse(&origin).map_err(|error| DavError::Address(error.to_string()))?,
            host,
            limits,
        })
    }

    pub fn limits(&self) -> &ClientLimits {
        &self.limits
    }

    /// Sends a request until it has an answer that another try would not change.
    /// Statuses other than success are answers too.
    pub async fn exchange(&self, request: &Request<'_>) -> Result<Answer, DavError> {
        let deadline = Instant::now() + self.limits.call;
        timeout_at(deadline, self.try_often(request, deadline))
            .await
            .unwrap_or_else(|_| Err(self.timed_out()))
    }

    /// What the status of an answer means, if it is none that the caller knows.
    pub fn refusal(&self, answer: &Answer) -> DavError {
        let path = answer
            .target
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned();
        match answer.status.as_u16() {
            401 => DavError::Unauthorized(self.authorization.explain(&answer.headers)),
            403 => DavError::Forbidden { path },
            status @ (404 | 410) => DavError::NotFound { path, status },
            status => DavError::Status { status, path },
        }
    }

    /// An address on this server, for errors.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin.as_str().trim_end_matches('/'))
    }

    async fn try_often(
        &self,
        request: &Request<'_>,
        deadline: Instant,
    ) -> Result<Answer, DavError> {
        let mut tried = 1;
        loop {
            let outcome = self.try_once(request).await;
            let seen = outcome
                .as_ref()
                .map(|answer| (answer.status, &answer.headers));
            let pause = retry::pause(seen, tried, &self.limits);
            match pause {
                Some(pause) if Instant::now() + pause < deadline => {
                    self.log_retry(&outcome, pause);
                    sleep(pause).await;
                    tried += 1;
                }
                _ => return outcome,
            }
        }
    }

    fn log_retry(&self, outcome: &Result<Answer, DavError>, pause: Duration) {
        let why = match outcome {
            Ok(answer) => format!("it answers {}", answer.status),
            Err(error) => error.to_string(),
        };
        tracing::debug!("trying {} again in {pause:?}: {why}", self.host);
    }

    async fn try_once(&self, request: &Request<'_>) -> Result<Answer, DavError> {
        let mut target = request.href.as_str().to_owned();
        for _ in 0..=REDIRECTS {
            let complete = |builder: reqwest::RequestBuilder| {
                let builder = builder.headers(request.headers.clone());
                match request.body.as_str() {
                    "" => builder,
                    body => builder.body(body.to_owned()),
                }
            };
            let response = self
                .authorization
                .send(&request.method, &target, complete)
                .await?;
            match self.next_target(&response, &request.method, &target)? {
                Some(next) => target = next,
                None => return self.read(response, target, request.max_bytes).await,
            }
        }
        Err(DavError::TooManyRedirects)
    }

    /// Where an answer sends us. Method and body stay, also where browsers would turn
    /// the request into a GET: a PROPFIND has no other form.
    fn next_target(
        &self,
        response: &Response,
        method: &Method,
        target: &str,
    ) -> Result<Option<String>, DavError> {
        match response.status().as_u16() {
            301 | 302 | 307 | 308 => {}
            303 if method == Method::GET => {}
            _ => return Ok(None),
        }
        let Some(location) = response.headers().get(LOCATION) else {
            return Ok(None);
        };
        let next = location
            .to_str()
            .ok()
            .and_then(|location| self.origin.join(target).ok()?.join(location).ok())
            .ok_or_else(|| DavError::Malformed("it redirects to what is no address".to_owned()))?;
        if next.origin() != self.origin.origin() {
            return Err(DavError::Redirected { to: bare(next) });
        }
        Ok(Some(match next.query() {
            Some(query) => format!("{}?{query}", next.path()),
            None => next.path().to_owned(),
        }))
    }

    async fn read(
        &self,
        mut response: Response,
        target: String,
        max_bytes: u64,
    ) -> Result<Answer, DavError> {
        let (status, headers) = (response.status(), response.headers().clone());
        // We do not ask for compression, so there should be none.
        let encoded = headers
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| encoding != "identity");
        if status.is_success() && encoded {
            return Err(DavError::Malformed(
                "it is compressed, though nobody asked for that".to_owned(),
            ));
        }
        let limit = if status.is_success() {
            max_bytes
        } else {
            ERROR_BYTES
        };
        let too_large = |path: &str| DavError::TooLarge {
            path: path.to_owned(),
            limit,
        };
        if status.is_success()
            && response
                .content_length()
                .is_some_and(|length| length > limit)
        {
            return Err(too_large(&target));
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() as u64 + chunk.len() as u64 <= limit => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) if status.is_success() => return Err(too_large(&target)),
                // Of an error's page the beginning is enough.
                Ok(_) => break,
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(DavError::of_body(&self.host, &target, &error)),
            }
        }
        Ok(Answer {
            status,
            headers,
            body,
            target,
        })
    }

    fn timed_out(&self) -> DavError {
        DavError::Timeout {
            host: self.host.clone(),
        }
    }
}

/// A URL that can be shown: without user, query and fragment.
fn bare(mut url: Url) -> String {
    // Both fail only for URLs that have no host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
