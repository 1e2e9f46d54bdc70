//! Who speaks and who is spoken to.

use super::Presence;
use crate::{
    protocol::{Problem, SessionId},
    server::{
        auth::{Caller, Grant},
        bus::{Addressee, Speaker},
        store::SessionRecord,
    },
};

impl Presence {
    /// Who a caller speaks as: the session it names, a session token's own, or
    /// with a user token and no session the user in person.
    ///
    /// # Errors
    /// 403 or 404 if the caller may not speak for that session.
    pub async fn speaker(
        &self,
        caller: &Caller,
        named: Option<SessionId>,
    ) -> Result<Speaker, Problem> {
        let session = match (&caller.grant, named) {
            (Grant::User, None) => None,
            (_, named) => {
                let id = caller.session(named)?;
                let found = self.owned(caller, &id).await?;
                Some((id, found.record.agent_name))
            }
        };
        Ok(Speaker {
            workspace: caller.workspace.clone(),
            user: caller.user.clone(),
            session,
        })
    }

    /// The names by which a caller can be addressed: a session by its id, its
    /// agent's name and its `#tags`; a user by name.
    ///
    /// # Errors
    /// 404 if the caller's session has ended.
    pub async fn addressee(&self, caller: &Caller) -> Result<Addressee, Problem> {
        let names = match &caller.grant {
            Grant::User => [caller.user.to_string()].into(),
            Grant::Session { id, .. } => {
                return Ok(addressee(&self.owned(caller, id).await?.record));
            }
        };
        Ok(Addressee(names))
    }
}

/// The names by which a session can be addressed.
pub fn addressee(record: &SessionRecord) -> Addressee {
    let tags = record.tags.iter().map(|tag| format!("#{tag}"));
    let names = [record.session_id.to_string(), record.agent_name.to_string()];
    Addressee(names.into_iter().chain(tags).collect())
}
