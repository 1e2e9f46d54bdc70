//! Every Redis key, built here and nowhere else (design, section 5).
//!
//! The workspace stands in literal braces, so that all keys of one workspace
//! hash to one slot and one script may touch them together.

use std::{fmt, str::FromStr};

use crate::{
    protocol::{EventId, SessionId, SourceId},
    server::auth::{User, Workspace},
};

/// Which source of whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceAddress {
    /// The workspace.
    pub workspace: Workspace,
    /// The user.
    pub user: User,
    /// The source.
    pub source: SourceId,
}

/// `workspace/user/source`; none of the three can have a slash.
impl fmt::Display for SourceAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}/{}/{}",
            self.workspace, self.user, self.source
        )
    }
}

impl FromStr for SourceAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RULE: &str = "must be workspace/user/source";
        let mut parts = text.split('/');
        let (Some(workspace), Some(user), Some(source), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(RULE);
        };
        Ok(Self {
            workspace: workspace.parse()?,
            user: user.parse()?,
            source: source.parse()?,
        })
    }
}

/// Builds keys under a namespace.
#[derive(Clone, Debug)]
pub struct Keys {
    namespace: String,
}

impl Keys {
    /// Keys that begin with `namespace:`.
    pub fn new(namespace: String) -> Self {
        Self { namespace }
    }

    fn of_workspace(&self, family: &str, workspace: &Workspace) -> String {
        format!("{}:{family}:{{{workspace}}}", self.namespace)
    }

    /// Sorted set: ids of live sessions, scored by last heartbeat in milliseconds.
    pub fn active_sessions(&self, workspace: &Workspace) -> String {
        self.of_workspace("sessions:active", workspace)
    }

    /// Hash: one session's document and its revision.
    pub fn session(&self, workspace: &Workspace, session: &SessionId) -> String {
        format!("{}:{session}", self.of_workspace("session", workspace))
    }

    /// Stream: every stored event of the last 24 hours.
    pub fn activity(&self, workspace: &Workspace) -> String {
        self.of_workspace("activity", workspace)
    }

    /// Stream: the `broadcast.message` events among them.
    pub fn messages(&self, workspace: &Workspace) -> String {
        self.of_workspace("messages", workspace)
    }

    /// Hash: epoch, offset and time of the last stored event.
    pub fn bus(&self, workspace: &Workspace) -> String {
        self.of_workspace("bus", workspace)
    }

    /// Channel: live events.
    pub fn events(&self, workspace: &Workspace) -> String {
        self.of_workspace("events", workspace)
    }

    /// Channel: a listening connection's messages to itself.
    pub fn probe(&self, connection: &str) -> String {
        format!("{}:probe:{connection}", self.namespace)
    }

    /// List: times of a session's recent broadcasts.
    pub fn session_limit(&self, workspace: &Workspace, session: &SessionId) -> String {
        format!("{}:{session}", self.of_workspace("limit", workspace))
    }

    /// List: times of a user's recent broadcasts.
    pub fn user_limit(&self, workspace: &Workspace, user: &User) -> String {
        format!("{}:user:{user}", self.of_workspace("limit", workspace))
    }

    /// List: times of a session's recent reports of files.
    pub fn file_limit(&self, workspace: &Workspace, session: &SessionId) -> String {
        format!("{}:files:{session}", self.of_workspace("limit", workspace))
    }

    /// Hash: the sessions that work on a file, by its fingerprint.
    pub fn file(&self, workspace: &Workspace, fingerprint: &str) -> String {
        format!("{}:{fingerprint}", self.of_workspace("file", workspace))
    }

    /// Hash: what a session has read.
    pub fn inbox(&self, workspace: &Workspace, session: &SessionId) -> String {
        format!("{}:{session}", self.of_workspace("inbox", workspace))
    }

    /// Hash: the sessions that were handed a message.
    pub fn receipts(&self, workspace: &Workspace, message: EventId) -> String {
        format!("{}:{message}", self.of_workspace("receipts", workspace))
    }

    /// String: the result of a broadcast with this idempotency key. `sender` is
    /// part of it, so that nobody can collide with another's keys.
    pub fn once(&self, workspace: &Workspace, sender: &str, key: &str) -> String {
        format!("{}:{sender}:{key}", self.of_workspace("once", workspace))
    }

    /// Set: workspaces that have or had sessions, for the sweeper.
    pub fn workspaces(&self) -> String {
        format!("{}:workspaces", self.namespace)
    }

    /// String: present if the token with this id was revoked.
    pub fn revoked(&self, jti: &str) -> String {
        format!("{}:revoked:{jti}", self.namespace)
    }

    /// String: present if the login code with this id was used.
    pub fn login_used(&self, jti: &str) -> String {
        format!("{}:login:{jti}", self.namespace)
    }

    /// Hash: a user's named tokens by id.
    pub fn tokens(&self, workspace: &Workspace, user: &User) -> String {
        format!("{}:{user}", self.of_workspace("tokens", workspace))
    }

    /// Hash: a user's sources by id.
    pub fn sources(&self, workspace: &Workspace, user: &User) -> String {
        format!("{}:{user}", self.of_workspace("sources", workspace))
    }

    /// Set: users of a workspace that have sources.
    pub fn source_owners(&self, workspace: &Workspace) -> String {
        self.of_workspace("sources", workspace)
    }

    /// Hash: the generation of each of a user's sources by id, and of all together.
    pub fn generations(&self, workspace: &Workspace, user: &User) -> String {
        format!("{}:{user}", self.of_workspace("context", workspace))
    }

    /// What one source holds: `sync` (hash), `lease` (string), `history` (hash),
    /// `gone` (sorted set), `blobs` (hash), `manifest:<generation>` (hash), `blob:<hash>` (string) and,
    /// until a flip, `staged:<fence>:…`.
    pub fn of_source(&self, address: &SourceAddress, part: &str) -> String {
        let SourceAddress {
            workspace,
            user,
            source,
        } = address;
        format!("{}:{source}:{part}", self.generations(workspace, user))
    }

    /// Sorted set: all sources, scored by when they are due in milliseconds.
    pub fn due(&self) -> String {
        format!("{}:sync:due", self.namespace)
    }

    /// Hash: what was counted, by minute.
    pub fn metrics(&self, workspace: &Workspace) -> String {
        self.of_workspace("metrics", workspace)
    }

    /// Hash: how many sockets each node holds.
    pub fn open_sockets(&self, workspace: &Workspace) -> String {
        self.of_workspace("sockets", workspace)
    }

    /// Hash: the alerts that are raised, by kind and subject.
    pub fn alerts(&self, workspace: &Workspace) -> String {
        self.of_workspace("alerts", workspace)
    }

    /// Set: workspaces that have alerts.
    pub fn alerted_workspaces(&self) -> String {
        format!("{}:alerts", self.namespace)
    }

    /// Sorted set: nodes, scored by when they were last heard of in milliseconds.
    pub fn nodes(&self) -> String {
        format!("{}:nodes", self.namespace)
    }

    /// String: who holds a lease.
    pub fn lease(&self, work: &str) -> String {
        format!("{}:lease:{work}", self.namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_workspace_share_its_hash_tag() {
        let keys = Keys::new("leitl".into());
        let workspace: Workspace = "default".parse().unwrap();
        let session: SessionId = "leitl-cece-abc123".parse().unwrap();
        assert_eq!(
            keys.active_sessions(&workspace),
            "leitl:sessions:active:{default}"
        );
        assert_eq!(
            keys.session(&workspace, &session),
            "leitl:session:{default}:leitl-cece-abc123"
        );
        assert_eq!(keys.activity(&workspace), "leitl:activity:{default}");
        let address: SourceAddress = "default/ann/share".parse().unwrap();
        assert_eq!(address.to_string(), "default/ann/share");
        assert_eq!(
            keys.of_source(&address, "manifest:7"),
            "leitl:context:{default}:ann:share:manifest:7"
        );
        assert_eq!(
            keys.once(&workspace, "user:ann", "k"),
            "leitl:once:{default}:user:ann:k"
        );
    }
}
