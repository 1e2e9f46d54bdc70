//! Who asks: users, workspaces, tokens, the login link and the cookie
//! (design, section 8).

mod caller;
mod identity;
mod key_ring;
mod login;
mod named_tokens;
mod origin;
mod secret_ring;
mod tokens;
mod vault;

pub use caller::{Caller, Grant};
pub use identity::{User, Workspace};
pub use key_ring::KeyRing;
pub use login::{COOKIE, login};
pub use origin::check_origin;
pub use tokens::{Audience, Claims, SESSION_TOKEN_LIFE};
pub use vault::{Sealed, Vault, VaultError};

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::{
    protocol::{Problem, ProblemKind},
    server::{
        config::MetricsConfig,
        store::{Found, Store},
    },
};

/// Checks and makes tokens.
#[derive(Clone)]
pub struct Auth {
    keys: Arc<KeyRing>,
    store: Store,
}

impl Auth {
    /// With the keys of the data directory.
    pub fn new(keys: KeyRing, store: Store) -> Self {
        Self {
            keys: Arc::new(keys),
            store,
        }
    }

    /// The keys, to make tokens with.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Who sent this request: by bearer token, else by cookie.
    ///
    /// # Errors
    /// 401 without a token or with one that is broken, expired, revoked, or of a
    /// session that has ended; 503 if Redis is away.
    pub async fn of_headers(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let caller = self.identify_headers(headers).await?;
        self.require_live(&caller).await?;
        Ok(caller)
    }

    /// Lets a session token pass only while its session lives.
    ///
    /// # Errors
    /// 401 if it does not, 503 if Redis is away.
    pub async fn require_live(&self, caller: &Caller) -> Result<(), Problem> {
        let Grant::Session { id, registration } = &caller.grant else {
            return Ok(());
        };
        let found = self.store.session(&caller.workspace, id).await?;
        let lives = |found: &Found| {
            found.record.ended.is_none() && found.record.registration == *registration
        };
        if found.as_ref().is_some_and(lives) {
            return Ok(());
        }
        Err(unauthorized(
            "the session of this token has ended; register again",
        ))
    }

    /// As [`Auth::of_headers`], but while Redis is away a token will do that is
    /// genuine and has not expired: whether it was revoked nobody can say then.
    ///
    /// # Errors
    /// As [`Auth::of_headers`], without the 503.
    pub async fn of_headers_even_without_redis(
        &self,
        headers: &HeaderMap,
    ) -> Result<Caller, Problem> {
        match self.of_headers(headers).await {
            Err(problem) if problem.status == 503 => self.genuine(token_of(headers)?),
            other => other,
        }
    }

    /// Lets whoever may read the metrics of the whole node pass: holders of the
    /// configured token, and users of the main workspace.
    ///
    /// # Errors
    /// 401 without a token or with a wrong one, 403 for anyone else's.
    pub async fn of_metrics_reader(
        &self,
        config: &MetricsConfig,
        headers: &HeaderMap,
    ) -> Result<(), Problem> {
        if let Some(token) = &config.token
            && token.is(token_of(headers)?)
        {
            return Ok(());
        }
        let caller = self.of_headers_even_without_redis(headers).await?;
        if caller.grant == Grant::User && caller.workspace == Workspace::main() {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::Forbidden,
            "the metrics of the node are for users of the main workspace",
        ))
    }

    /// As [`Auth::of_headers`], without asking whether a session token's session
    /// lives: sockets say that with a code of its own.
    ///
    /// # Errors
    /// As [`Auth::of_headers`].
    pub async fn identify_headers(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        self.identify(token_of(headers)?).await
    }

    /// Who holds this token, as far as the token alone says.
    ///
    /// # Errors
    /// 401 if it is broken, expired or revoked, 503 if Redis is away.
    pub async fn identify(&self, token: &str) -> Result<Caller, Problem> {
        let caller = self.genuine(token)?;
        if self.store.is_revoked(&caller.jti).await? {
            return Err(unauthorized("this token was revoked"));
        }
        Ok(caller)
    }

    /// Who holds this token, as far as signature and dates say.
    fn genuine(&self, token: &str) -> Result<Caller, Problem> {
        let claims = self
            .keys
            .verify(token, &[Audience::User, Audience::Session])?;
        Caller::from_claims(claims)
    }
}

/// The token that a request brings: as bearer token, else as cookie.
fn token_of(headers: &HeaderMap) -> Result<&str, Problem> {
    let token = match headers.get(header::AUTHORIZATION) {
        Some(value) => Some(
            bearer(value)
                .ok_or_else(|| unauthorized("the Authorization header must be: Bearer <token>"))?,
        ),
        None => login::cookie(headers),
    };
    token.ok_or_else(|| {
        unauthorized("send a token as Authorization: Bearer <token>; `leitl token` makes one")
    })
}

/// The token of an `Authorization` header (RFC 6750, section 2.1).
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(ProblemKind::Unauthorized, detail)
}
