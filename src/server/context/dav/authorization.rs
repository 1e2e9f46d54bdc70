//! Sends requests with credentials, through reqwest_dav.
//!
//! reqwest_dav signs with the first nonce that it was ever given, for ever, and
//! looks for that one with a bare request of its own. A nonce may be good for a
//! second, or once. So its state is filled from here: a request that is refused is
//! signed anew with the very challenge it was refused with, by a copy of the client
//! that has no other state. That challenge is not yet shared, so parallel requests
//! cannot spoil each other's; when it has proved good, the others use it too.
//!
//! Bearer tokens reqwest_dav does not know: they are a header.

use std::sync::Arc;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use reqwest_dav::{Auth, Client};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::{
    challenge::{challenges, digest, scheme},
    credentials::Credentials,
    error::DavError,
};

/// How often one request is signed anew. Once is the rule; more happens when a
/// nonce expires on its way.
const RENEWALS: u32 = 3;

/// A client that authenticates.
pub(super) struct Authorization {
    shared: Client,
    bearer: Option<SecretString>,
    /// The scheme of the credentials.
    scheme: Option<&'static str>,
    /// Host and port, for errors.
    host: String,
}

impl Authorization {
    /// For one origin, such as `https://files.example:8443`.
    pub fn new(
        agent: reqwest::Client,
        origin: &str,
        host: &str,
        credentials: &Credentials,
    ) -> Self {
        let (auth, bearer) = match credentials {
            Credentials::None => (Auth::Anonymous, None),
            Credentials::Basic { user, password } => {
                let password = password.expose_secret().to_owned();
                (Auth::Basic(user.clone(), password), None)
            }
            Credentials::Digest { user, password } => {
                let password = password.expose_secret().to_owned();
                (Auth::Digest(user.clone(), password), None)
            }
            Credentials::Bearer(token) => (Auth::Anonymous, Some(token.clone())),
        };
        Self {
            shared: Client {
                agent,
                host: origin.to_owned(),
                auth,
                digest_auth: Arc::default(),
            },
            bearer,
            scheme: credentials.scheme(),
            host: host.to_owned(),
        }
    }

    /// Sends a request; `complete` adds headers and the body. The answer may be a 401
    /// all the same.
    pub async fn send(
        &self,
        method: &Method,
        target: &str,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, DavError> {
        let first = self.first_client().await;
        let response = self.send_by(&first, method, target, &complete).await?;
        if response.status() != StatusCode::UNAUTHORIZED || !self.has_digest() {
            return Ok(response);
        }
        self.answer_challenge(response, method, target, &complete)
            .await
    }

    /// Why a 401 came, as far as the challenges tell.
    pub fn explain(&self, headers: &reqwest::header::HeaderMap) -> String {
        let challenges = challenges(headers);
        let offered: Vec<_> = challenges
            .iter()
            .map(|challenge| scheme(challenge))
            .collect();
        let list = offered.join(" or ");
        match self.scheme {
            None if offered.is_empty() => "it wants some".to_owned(),
            None => format!("it wants some ({list})"),
            Some("Bearer") => "the token is wrong or has expired".to_owned(),
            Some(ours) if offered.is_empty() || contains(&offered, ours) => {
                "user or password is wrong".to_owned()
            }
            Some(ours) => format!("it takes {list}, not {ours}"),
        }
    }

    fn has_digest(&self) -> bool {
        matches!(self.shared.auth, Auth::Digest(..))
    }

    /// The client for a first try: without a challenge there is nothing to sign with.
    async fn first_client(&self) -> Client {
        let unsigned = self.has_digest() && self.shared.digest_auth.lock().await.is_none();
        let mut client = self.shared.clone();
        if unsigned {
            client.auth = Auth::Anonymous;
        }
        client
    }

    async fn answer_challenge(
        &self,
        mut refusal: Response,
        method: &Method,
        target: &str,
        complete: &impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, DavError> {
        for renewal in 0..RENEWALS {
            let Some(challenge) = digest(refusal.headers()) else {
                break;
            };
            // A new nonce that is refused, and not for its age: the password is wrong.
            if renewal > 0 && !challenge.stale {
                break;
            }
            // Read to its end, the connection can be used again.
            while let Ok(Some(_)) = refusal.chunk().await {}
            let client = Client {
                digest_auth: Arc::new(Mutex::new(Some(challenge))),
                ..self.shared.clone()
            };
            let response = self.send_by(&client, method, target, complete).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                let proved = client.digest_auth.lock().await.take();
                *self.shared.digest_auth.lock().await = proved;
                return Ok(response);
            }
            refusal = response;
        }
        Ok(refusal)
    }

    async fn send_by(
        &self,
        client: &Client,
        method: &Method,
        target: &str,
        complete: &impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, DavError> {
        let request = client
            .start_request(method.clone(), target)
            .await
            .map_err(|error| self.name(&error))?;
        let request = match &self.bearer {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        };
        complete(request)
            .send()
            .await
            .map_err(|error| DavError::of_connection(&self.host, &error))
    }

    fn name(&self, error: &reqwest_dav::Error) -> DavError {
        match error {
            reqwest_dav::Error::Reqwest(error) => DavError::of_connection(&self.host, error),
            // Its text may quote what was to be signed.
            _ => DavError::Unauthorized("its challenge cannot be answered".to_owned()),
        }
    }
}

fn contains(schemes: &[&str], wanted: &str) -> bool {
    schemes
        .iter()
        .any(|scheme| scheme.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
#[path = "authorization_tests.rs"]
mod tests;
