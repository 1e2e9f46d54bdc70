//! The caller of a request, and what it may speak for.

use super::{Audience, Claims, User, Workspace, unauthorized};
use crate::protocol::{Problem, ProblemKind, SessionId, Timestamp};

/// Who sent a request, as the token proves.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub user: User,
    /// The workspace.
    pub workspace: Workspace,
    /// The token's id.
    pub jti: String,
    /// When the token was made.
    pub issued_at: Timestamp,
    /// When the token expires.
    pub expires_at: Timestamp,
    /// What the token allows.
    pub grant: Grant,
}

/// What a token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// All of the user's own sessions, and the user in person.
    User,
    /// One session and nothing else of the user's.
    Session {
        /// The session.
        id: SessionId,
        /// Which registration of that id.
        registration: String,
    },
}

impl Caller {
    pub(super) fn from_claims(claims: Claims) -> Result<Self, Problem> {
        let expires_at = claims.expires_at();
        let grant = match (claims.aud, claims.sid, claims.registration) {
            (Audience::User, None, None) => Grant::User,
            (Audience::Session, Some(id), Some(registration)) => {
                Grant::Session { id, registration }
            }
            _ => return Err(unauthorized("the token is not valid here")),
        };
        Ok(Self {
            user: claims.sub,
            workspace: claims.workspace,
            jti: claims.jti,
            issued_at: Timestamp::from_millis(claims.iat.saturating_mul(1000)),
            expires_at,
            grant,
        })
    }

    /// The session a request is about: the one it names, or the token's own.
    ///
    /// # Errors
    /// 403 if a session token names another session, 422 if neither names one.
    pub fn session(&self, named: Option<SessionId>) -> Result<SessionId, Problem> {
        match (&self.grant, named) {
            (Grant::Session { id, .. }, None) => Ok(id.clone()),
            (Grant::Session { id, .. }, Some(named)) if *id == named => Ok(named),
            (Grant::Session { .. }, Some(_)) => Err(Problem::new(
                ProblemKind::Forbidden,
                "a session token is good for its own session alone",
            )),
            (Grant::User, Some(named)) => Ok(named),
            (Grant::User, None) => Err(Problem::field(
                "session_id",
                "is missing; only with a session token may it be left out",
            )),
        }
    }

    /// Whether half the life of the caller's token is gone.
    pub fn is_half_spent(&self) -> bool {
        let life = self.issued_at.until(self.expires_at);
        self.issued_at.until(crate::server::now()) >= life / 2
    }

    /// Takes the times of a fresh token for the same grant.
    pub fn renewed_by(&mut self, claims: &Claims) {
        self.jti = claims.jti.clone();
        self.issued_at = Timestamp::from_millis(claims.iat.saturating_mul(1000));
        self.expires_at = claims.expires_at();
    }

    /// Lets only a user token pass.
    ///
    /// # Errors
    /// 403 for a session token.
    pub fn require_user(&self) -> Result<(), Problem> {
        match self.grant {
            Grant::User => Ok(()),
            Grant::Session { .. } => Err(Problem::new(
                ProblemKind::Forbidden,
                "this needs a user token, not a session's",
            )),
        }
    }
}
