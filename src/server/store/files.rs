//! Who works on which file.

use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{SessionRecord, Store, StoreError, millis};
use crate::{
    protocol::{EventType, FILE_EVENT, FilePath, Holder, Repository, Timestamp},
    server::auth::Workspace,
};

/// For how long the same session's work on the same file is not told of again.
const QUIET: Duration = Duration::from_secs(60);

/// A report of files.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The session that works on them.
    pub session: &'a SessionRecord,
    /// The clock of Redis.
    pub now: Timestamp,
    /// Their repository.
    pub repository: &'a Repository,
    /// The files.
    pub paths: &'a [FilePath],
    /// For how long a report counts.
    pub window: Duration,
    /// How many reports a session may send in a minute.
    pub limit: u32,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// Noted; by the place of a file in the report, who else works on it.
    Claimed(Vec<(usize, Vec<Holder>)>),
    /// Refused; another try makes sense after this time.
    Limited(Duration),
}

impl Store {
    /// Notes that a session works on files, tells of it, and finds who else does.
    ///
    /// # Errors
    /// If Redis does not do it; then nothing has changed.
    pub async fn claim_files(
        &self,
        workspace: &Workspace,
        claim: Claim<'_>,
    ) -> Result<ClaimOutcome, StoreError> {
        let Claim {
            session,
            repository,
            paths,
            ..
        } = claim;
        let holder = Holder {
            session_id: session.session_id.clone(),
            agent_name: session.agent_name.clone(),
            user: session.user.to_string(),
            since: claim.now,
        };
        let sender = json!({
            "session_id": session.session_id,
            "agent_name": session.agent_name,
            "user": session.user,
        })
        .to_string();
        // The bodies are put together where the paths and recipients are known.
        let sender = sender.trim_end_matches('}');
        let repository_json = json!(repository).to_string();
        let mut script = self.publishing(&self.0.scripts.claim_files, workspace);
        script
            .key(self.keys().active_sessions(workspace))
            .key(self.keys().file_limit(workspace, &session.session_id));
        for path in paths {
            script.key(self.keys().file(workspace, &fingerprint(repository, path)));
        }
        script
            .arg(session.session_id.as_str())
            .arg(json!(holder).to_string())
            .arg(millis(claim.window))
            .arg(millis(QUIET.min(claim.window)))
            .arg(claim.limit)
            .arg(format!(
                r#"{sender},"event_type":"{FILE_EVENT}","data":{{"repository":{repository_json},"paths":["#
            ))
            .arg("]}}")
            .arg(format!(
                r#"{sender},"event_type":"{}","to":["#,
                EventType::ConflictWarning
            ))
            .arg(format!(r#"],"data":{{"repository":{repository_json}"#));
        for path in paths {
            script.arg(json!(path).to_string());
        }
        let answer: Vec<String> = self.run(&script).await?;
        let Some((outcome, rest)) = answer.split_first() else {
            return Ok(ClaimOutcome::Claimed(Vec::new()));
        };
        if outcome == "limited" {
            let millis = rest.first().and_then(|millis| millis.parse().ok());
            return Ok(ClaimOutcome::Limited(Duration::from_millis(
                millis.unwrap_or(1000),
            )));
        }
        let conflicts = rest
            .chunks_exact(2)
            .map(|pair| {
                // Lua counts from 1.
                let place = pair[0].parse::<usize>().unwrap_or(1).saturating_sub(1);
                let holders =
                    serde_json::from_str(&pair[1]).map_err(|error| StoreError::Unreadable {
                        what: "report of a file",
                        why: format!("{:?}", error.classify()),
                    })?;
                Ok((place, holders))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(ClaimOutcome::Claimed(conflicts))
    }
}

/// A name for a file of any length and with any characters.
fn fingerprint(repository: &Repository, path: &FilePath) -> String {
    let mut hash = Sha256::new();
    hash.update(repository.as_str());
    // Neither can have one.
    hash.update([0]);
    hash.update(path.as_str());
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_does_not_run_into_the_path() {
        let print = |repository: &str, path: &str| {
            fingerprint(&repository.parse().unwrap(), &path.parse().unwrap())
        };
        assert_ne!(print("a", "bc"), print("ab", "c"));
        assert_eq!(print("a", "b").len(), 64);
    }
}
