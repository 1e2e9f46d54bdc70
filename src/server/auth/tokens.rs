//! JSON Web Tokens (RFC 7519): what stands in them, making and checking them.

use std::time::Duration;

use anyhow::Context;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::{KeyRing, User, Workspace, unauthorized};
use crate::{
    protocol::{Problem, SessionId, Timestamp},
    server::random,
};

/// How long a session token is good for, if its session lives.
pub const SESSION_TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);

/// How far clocks of two nodes may differ, in seconds.
const LEEWAY_SECONDS: u64 = 5;

/// Our keys are secrets shared by the nodes, so an HMAC does. Taken from here,
/// never from a token's header (RFC 8725, section 3.1).
const ALGORITHM: Algorithm = Algorithm::HS256;

/// What a token is for (RFC 7519, section 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// A user, on the REST API, as observer and in the cookie.
    #[serde(rename = "leitl-api")]
    User,
    /// One session.
    #[serde(rename = "leitl-ws")]
    Session,
    /// The one-time login link.
    #[serde(rename = "leitl-login")]
    Login,
}

impl Audience {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "leitl-api",
            Self::Session => "leitl-ws",
            Self::Login => "leitl-login",
        }
    }
}

/// What stands in a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: User,
    /// What it is for.
    pub aud: Audience,
    /// The workspace.
    pub workspace: Workspace,
    /// When it expires, in seconds since the Unix epoch.
    pub exp: i64,
    /// When it was made, likewise.
    pub iat: i64,
    /// The token's own id, by which it can be revoked.
    pub jti: String,
    /// Session tokens: the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
    /// Session tokens: which registration of that id; a later one under the same
    /// id is another session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
}

impl Claims {
    /// Claims of a token that is good from now for `life`.
    pub fn new(aud: Audience, sub: User, workspace: Workspace, life: Duration) -> Self {
        let now = crate::server::now();
        Self {
            sub,
            aud,
            workspace,
            exp: now.plus(life).seconds(),
            iat: now.seconds(),
            jti: random::text(24),
            sid: None,
            registration: None,
        }
    }

    /// When it expires.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis(self.exp.saturating_mul(1000))
    }
}

impl KeyRing {
    /// Signs a token.
    ///
    /// # Errors
    /// Only if the key ring is unusable.
    pub fn sign(&self, claims: &Claims) -> anyhow::Result<String> {
        let key = self.signing().context("there is no signing key")?;
        let header = Header {
            kid: Some(key.kid),
            ..Header::new(ALGORITHM)
        };
        let secret = EncodingKey::from_secret(key.secret.as_bytes());
        jsonwebtoken::encode(&header, claims, &secret).context("cannot sign a token")
    }

    /// Makes a user token.
    ///
    /// # Errors
    /// Only if the key ring is unusable.
    pub fn user_token(
        &self,
        user: User,
        workspace: Workspace,
        life: Duration,
    ) -> anyhow::Result<String> {
        self.sign(&Claims::new(Audience::User, user, workspace, life))
    }

    /// Reads a token whose signature, audience and times are right.
    ///
    /// # Errors
    /// 401 that says whether it expired or is not ours at all.
    pub fn verify(&self, token: &str, audiences: &[Audience]) -> Result<Claims, Problem> {
        use jsonwebtoken::errors::ErrorKind;

        let not_ours = || unauthorized("the token is not valid here");
        let header = jsonwebtoken::decode_header(token).map_err(|_| not_ours())?;
        let key = header
            .kid
            .and_then(|kid| self.verifying(&kid))
            .ok_or_else(not_ours)?;
        let mut validation = Validation::new(ALGORITHM);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        let names: Vec<&str> = audiences.iter().map(|audience| audience.as_str()).collect();
        validation.set_audience(&names);
        let secret = DecodingKey::from_secret(key.secret.as_bytes());
        jsonwebtoken::decode::<Claims>(token, &secret, &validation)
            .map(|data| data.claims)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => unauthorized("the token has expired"),
                _ => not_ours(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(life: i64) -> Claims {
        let mut claims = Claims::new(
            Audience::User,
            "ann".parse().unwrap(),
            "default".parse().unwrap(),
            Duration::ZERO,
        );
        claims.exp += life;
        claims
    }

    #[test]
    fn a_token_is_good_for_its_audience_and_time_only() {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyRing::open_or_create(dir.path()).unwrap();
        let good = keys.sign(&claims(60)).unwrap();
        assert_eq!(
            keys.verify(&good, &[Audience::User]).unwrap().sub.as_str(),
            "ann"
        );
        assert_eq!(
            keys.verify(&good, &[Audience::Session]).unwrap_err().status,
            401
        );
        let late = keys.sign(&claims(-60)).unwrap();
        assert_eq!(
            keys.verify(&late, &[Audience::User]).unwrap_err().detail,
            "the token has expired"
        );
    }

    #[test]
    fn a_token_of_another_key_or_none_is_not_ours() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let keys = KeyRing::open_or_create(ours.path()).unwrap();
        let foreign = KeyRing::open_or_create(theirs.path())
            .unwrap()
            .sign(&claims(60))
            .unwrap();
        let good = keys.sign(&claims(60)).unwrap();
        let mut parts: Vec<&str> = good.split('.').collect();
        parts[2] = "";
        for wrong in [foreign.as_str(), "", "nonsense", "a.b.c", &parts.join(".")] {
            assert_eq!(
                keys.verify(wrong, &[Audience::User]).unwrap_err().status,
                401,
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_algorithm_of_the_header_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyRing::open_or_create(dir.path()).unwrap();
        let key = keys.signing().unwrap();
        let header = Header {
            kid: Some(key.kid),
            ..Header::new(Algorithm::HS512)
        };
        let secret = EncodingKey::from_secret(key.secret.as_bytes());
        let token = jsonwebtoken::encode(&header, &claims(60), &secret).unwrap();
        assert_eq!(
            keys.verify(&token, &[Audience::User]).unwrap_err().status,
            401
        );
    }
}
