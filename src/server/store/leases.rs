//! Leases: work that one node at a time does.

use std::time::Duration;

use super::{Store, StoreError, millis};

impl Store {
    /// Takes a lease that nobody holds, for `life`. It ends by itself, so a node
    /// that dies blocks nobody for longer. The work under it must be right even
    /// if two nodes do it at once; the lease only saves them the trouble.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn take_lease(
        &self,
        work: &str,
        holder: &str,
        life: Duration,
    ) -> Result<bool, StoreError> {
        let mut command = redis::cmd("SET");
        command
            .arg(self.keys().lease(work))
            .arg(holder)
            .arg("NX")
            .arg("PX")
            .arg(millis(life));
        let set: Option<String> = self.call(&command).await?;
        Ok(set.is_some())
    }
}
