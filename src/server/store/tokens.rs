//! Tokens: what was revoked, what was used, what a user named.

use std::{collections::HashMap, time::Duration};

use super::{Store, StoreError, millis};
use crate::{
    protocol::TokenInfo,
    server::auth::{User, Workspace},
};

impl Store {
    /// Whether a token was revoked.
    ///
    /// # Errors
    /// If Redis does not answer: then nobody can say, and the token must not pass.
    pub async fn is_revoked(&self, jti: &str) -> Result<bool, StoreError> {
        let mut command = redis::cmd("EXISTS");
        command.arg(self.keys().revoked(jti));
        self.call(&command).await
    }

    /// Marks a login code as used; `false` if it was before. The mark stays for
    /// `life`, which must be longer than the code is good for.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn use_login_code(&self, jti: &str, life: Duration) -> Result<bool, StoreError> {
        let mut command = redis::cmd("SET");
        command
            .arg(self.keys().login_used(jti))
            .arg(1)
            .arg("NX")
            .arg("PX")
            .arg(millis(life));
        let set: Option<String> = self.call(&command).await?;
        Ok(set.is_some())
    }

    /// Remembers a named token (not the token itself).
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn add_named_token(
        &self,
        workspace: &Workspace,
        user: &User,
        token: &TokenInfo,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(token).map_err(|error| unreadable(&error))?;
        let mut command = redis::cmd("HSET");
        command
            .arg(self.keys().tokens(workspace, user))
            .arg(&token.jti)
            .arg(json);
        self.call(&command).await
    }

    /// A user's named tokens, expired ones among them.
    ///
    /// # Errors
    /// If Redis does not answer or an entry cannot be read.
    pub async fn named_tokens(
        &self,
        workspace: &Workspace,
        user: &User,
    ) -> Result<Vec<TokenInfo>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.keys().tokens(workspace, user));
        let entries: HashMap<String, String> = self.call(&command).await?;
        entries
            .values()
            .map(|json| serde_json::from_str(json).map_err(|error| unreadable(&error)))
            .collect()
    }

    /// Revokes a named token until it would have expired.
    ///
    /// # Errors
    /// If Redis does not do it; then the token still works and is still listed.
    pub async fn revoke(
        &self,
        workspace: &Workspace,
        user: &User,
        token: &TokenInfo,
    ) -> Result<(), StoreError> {
        // The mark first: cut off between the two, the token is dead and can be
        // revoked once more.
        let mut mark = redis::cmd("SET");
        mark.arg(self.keys().revoked(&token.jti))
            .arg(1)
            .arg("PXAT")
            .arg(token.expires_at.millis());
        self.call::<()>(&mark).await?;
        let mut forget = redis::cmd("HDEL");
        forget
            .arg(self.keys().tokens(workspace, user))
            .arg(&token.jti);
        self.call(&forget).await
    }
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        what: "token entry",
        why: format!("{:?}", error.classify()),
    }
}
