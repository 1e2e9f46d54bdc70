//! Metrics: what was counted, by workspace and minute, for 24 hours.
//!
//! One hash a workspace, with a field for each minute. Nodes add to it; nobody
//! overwrites, so it survives restarts and sums over nodes.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use super::{Store, StoreError, millis};
use crate::server::auth::Workspace;

/// How many minutes are kept, the current one included: 24 hours.
pub const KEPT_MINUTES: u64 = 24 * 60;

/// What was counted, by name. On the wire `name=1 other=2`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// Adds to a count.
    pub fn add(&mut self, name: impl Into<String>, count: u64) {
        if count > 0 {
            *self.0.entry(name.into()).or_default() += count;
        }
    }

    /// Adds all of another's counts.
    pub fn add_all(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            self.add(name.as_str(), *count);
        }
    }

    /// A count; zero if nothing was counted under this name.
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, count)) in self.0.iter().enumerate() {
            let gap = if place == 0 { "" } else { " " };
            write!(formatter, "{gap}{name}={count}")?;
        }
        Ok(())
    }
}

impl FromStr for Counts {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut counts = Self::default();
        for word in text.split_ascii_whitespace() {
            let (name, count) = word.split_once('=').ok_or("a count has no value")?;
            counts.add(name, count.parse().map_err(|_| "a count is no number")?);
        }
        Ok(counts)
    }
}

impl Store {
    /// Adds counts to a minute (minutes since the Unix epoch, by the clock of Redis).
    ///
    /// # Errors
    /// If Redis does not do it; then it may or may not have been done.
    pub async fn add_metrics(
        &self,
        workspace: &Workspace,
        minute: u64,
        counts: &Counts,
    ) -> Result<(), StoreError> {
        let mut script = self.0.scripts.add_metrics.prepare_invoke();
        script
            .key(self.keys().metrics(workspace))
            .arg(minute)
            .arg(counts.to_string())
            .arg(KEPT_MINUTES)
            .arg(millis(Duration::from_secs(KEPT_MINUTES * 60)));
        self.run(&script).await
    }

    /// The current minute by the clock of Redis, and the counts of the last 24 hours
    /// by minute, oldest first.
    ///
    /// # Errors
    /// If Redis does not answer or something stored cannot be read.
    pub async fn metrics(
        &self,
        workspace: &Workspace,
    ) -> Result<(u64, BTreeMap<u64, Counts>), StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("TIME");
        pipeline.cmd("HGETALL").arg(self.keys().metrics(workspace));
        let ((seconds, _), minutes): ((u64, u64), Vec<(u64, String)>) =
            self.call_all(&pipeline).await?;
        // What is too old goes only when somebody counts.
        let current = seconds / 60;
        let oldest = (current + 1).saturating_sub(KEPT_MINUTES);
        let minutes = minutes
            .into_iter()
            .filter(|(minute, _)| *minute >= oldest)
            .map(|(minute, text)| {
                let counts = text.parse().map_err(|why: &str| StoreError::Unreadable {
                    what: "minute of metrics",
                    why: why.to_owned(),
                })?;
                Ok((minute, counts))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok((current, minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_they_were_written_and_add_up() {
        let mut counts = Counts::default();
        counts.add("sync.succeeded", 3);
        counts.add("latency.7", 1);
        counts.add("nothing", 0);
        let text = counts.to_string();
        assert_eq!(text, "latency.7=1 sync.succeeded=3");
        assert_eq!(text.parse::<Counts>().unwrap(), counts);
        let twice = format!("{text} latency.7=4").parse::<Counts>().unwrap();
        assert_eq!(twice.get("latency.7"), 5);
        counts.add_all(&twice);
        assert_eq!(counts.get("sync.succeeded"), 6);
        assert!(Counts::default().is_empty());
        assert!("a=b".parse::<Counts>().is_err());
        assert!("a".parse::<Counts>().is_err());
    }
}
