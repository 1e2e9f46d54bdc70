//! User tokens that a user makes, lists and revokes over the REST API.

use std::time::Duration;

use super::{Auth, Caller, Claims, tokens::Audience};
use crate::protocol::{Line, NewToken, Problem, ProblemKind, TokenInfo};

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Auth {
    /// Makes a named user token for the caller.
    ///
    /// # Errors
    /// 403 for a session token, 422 if `ttl_days` is out of 1 to 365.
    pub async fn create_named(
        &self,
        caller: &Caller,
        name: Line<1, 64>,
        ttl_days: Option<u32>,
    ) -> Result<NewToken, Problem> {
        caller.require_user()?;
        let days = ttl_days.unwrap_or(30);
        if !(1..=365).contains(&days) {
            return Err(Problem::field("ttl_days", "must be 1 to 365"));
        }
        let life = DAY * days;
        let claims = Claims::new(
            Audience::User,
            caller.user.clone(),
            caller.workspace.clone(),
            life,
        );
        let token = self.sign(&claims)?;
        let info = TokenInfo {
            jti: claims.jti.clone(),
            name: name.into(),
            created_at: crate::server::now(),
            expires_at: claims.expires_at(),
        };
        self.store
            .add_named_token(&caller.workspace, &caller.user, &info)
            .await?;
        Ok(NewToken { token, info })
    }

    /// The caller's named tokens that have not expired, oldest first.
    ///
    /// # Errors
    /// 403 for a session token.
    pub async fn list_named(&self, caller: &Caller) -> Result<Vec<TokenInfo>, Problem> {
        caller.require_user()?;
        let mut tokens = self
            .store
            .named_tokens(&caller.workspace, &caller.user)
            .await?;
        let now = crate::server::now();
        tokens.retain(|token| token.expires_at > now);
        tokens.sort_by_key(|token| token.created_at);
        Ok(tokens)
    }

    /// Revokes one of the caller's named tokens.
    ///
    /// # Errors
    /// 404 if the caller has no such token.
    pub async fn revoke_named(&self, caller: &Caller, jti: Line<1, 64>) -> Result<(), Problem> {
        let tokens = self.list_named(caller).await?;
        let token = tokens
            .iter()
            .find(|token| token.jti == jti.as_str())
            .ok_or_else(|| {
                Problem::new(ProblemKind::NotFound, "you have no token with this jti")
            })?;
        self.store
            .revoke(&caller.workspace, &caller.user, token)
            .await?;
        Ok(())
    }

    /// Signs claims; a failure is ours.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, Problem> {
        self.keys.sign(claims).map_err(|error| {
            tracing::error!("cannot sign a token: {error:#}");
            Problem::new(ProblemKind::Internal, "the server cannot sign tokens")
        })
    }
}
