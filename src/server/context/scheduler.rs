//! Which source is synchronised when, and by which node.
//!
//! All nodes look at one list of due times in Redis. Whoever takes a source's lease
//! synchronises it; while that goes on its due time stands at the lease's end, so
//! the work of a node that dies is taken up by another.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    time::{MissedTickBehavior, interval},
};

use super::{
    Context,
    filter::Filter,
    sync::{Done, Sync, SyncError, refuse},
};
use crate::{
    protocol::AlertKind,
    server::{
        ops::{Cause, Count},
        random,
        store::{Fence, SourceAddress, SourceRecord, StoreError},
    },
};

/// How often the list of due times is looked at. What becomes due on this node is
/// seen at once.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// How long a node may be silent before another takes over its synchronisation.
const LEASE_LIFE: Duration = Duration::from_secs(9);

/// How long after a synchronisation the next may begin that somebody asked for
/// meanwhile: as long as the last one took, within these bounds. So a share that is
/// written to all the time is read at most half of the time.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(60));

/// How many due sources are looked at in one go.
const BATCH: usize = 256;

/// How many synchronisations may run at once. Shares have permits of their own: they
/// are on this very machine, and must not wait for somebody's slow server.
struct Permits {
    sources: Arc<Semaphore>,
    shares: Arc<Semaphore>,
}

impl Permits {
    fn of(&self, address: &SourceAddress) -> Arc<Semaphore> {
        Arc::clone(if address.source.is_share() {
            &self.shares
        } else {
            &self.sources
        })
    }
}

impl Context {
    /// Synchronises what is due, until the server stops.
    pub async fn run(self) {
        let mut ticks = interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let count = self.0.config.context.syncs_per_node;
        let permits = Permits {
            sources: Arc::new(Semaphore::new(count)),
            shares: Arc::new(Semaphore::new(count)),
        };
        let warming = self.warm_up();
        tokio::pin!(warming);
        let mut warm = false;
        loop {
            tokio::select! {
                () = self.0.stopping.cancelled() => return,
                () = &mut warming, if !warm => {
                    warm = true;
                    continue;
                }
                _ = ticks.tick() => {}
                () = self.0.due.notified() => {}
            }
            match self.start_due(&permits).await {
                Ok(()) => {}
                // The store tells of an outage, once.
                Err(error) if error.is_outage() => {
                    tracing::debug!("cannot look for due sources: {error}");
                }
                Err(error) => tracing::warn!("cannot look for due sources: {error}"),
            }
            self.0.libraries.forget_unused();
        }
    }

    /// Builds the indexes of all users that have sources, one after the other. Who
    /// asks before their turn is served first.
    async fn warm_up(&self) {
        let addresses = match self.0.store.all_sources().await {
            Ok(addresses) => addresses,
            Err(error) => {
                tracing::warn!("cannot build the search indexes yet: {error}");
                return;
            }
        };
        for address in addresses {
            self.refresh(&address).await;
        }
    }

    async fn start_due(&self, permits: &Permits) -> Result<(), StoreError> {
        let now = self.0.store.now().await?;
        for address in self.0.store.due_sources(now, BATCH).await? {
            let Ok(permit) = permits.of(&address).try_acquire_owned() else {
                continue;
            };
            let holder = format!("{}-{}", self.0.node, random::text(8));
            let Some(fence) = self.0.store.take_sync(&address, holder, LEASE_LIFE).await? else {
                continue;
            };
            self.0.store.set_due(&address, now.plus(LEASE_LIFE)).await?;
            let context = self.clone();
            self.0.tasks.spawn(async move {
                let _permit = permit;
                context.synchronise(fence).await;
            });
        }
        Ok(())
    }

    /// Does one synchronisation while the lease lasts.
    async fn synchronise(&self, fence: Fence) {
        let outcome = tokio::select! {
            outcome = self.attempt(&fence) => outcome,
            () = self.keep(&fence) => Err(SyncError::Fenced),
            () = self.0.stopping.cancelled() => {
                // Another node, or this one after its restart, begins at once.
                self.make_due(&fence.address).await;
                let _ = self.0.store.release_sync(&fence).await;
                return;
            }
        };
        match &outcome {
            Ok(()) => {}
            Err(SyncError::Fenced) => {
                tracing::info!(source = %fence.address, "gave a synchronisation up: taken over, changed or removed");
                // After a change it begins anew at once, not when this lease ends.
                self.make_due(&fence.address).await;
            }
            Err(error) => {
                tracing::warn!(source = %fence.address, "a synchronisation broke off: {error}");
            }
        }
        if let Err(error) = self.0.store.release_sync(&fence).await {
            tracing::warn!("cannot give a lease back, it ends by itself: {error}");
        }
        self.0.due.notify_one();
        if outcome.is_ok() {
            self.refresh(&fence.address).await;
        }
    }

    async fn attempt(&self, fence: &Fence) -> Result<(), SyncError> {
        let address = &fence.address;
        let Some(record) = self.0.store.source(address).await? else {
            // It was removed between the look at the list and now.
            self.0.store.forget_sync(address).await?;
            return Err(SyncError::Fenced);
        };
        let began = std::time::Instant::now();
        let done = self.sync(fence, &record).await?;
        self.note(address, &record, done.succeeded).await?;
        let now = self.0.store.now().await?;
        let next_at = if done.requests > fence.request {
            now.plus(began.elapsed().clamp(PAUSE.0, PAUSE.1))
        } else {
            done.next_at
        };
        self.0.store.set_due(address, next_at).await?;
        // Whoever asked since the end has made it due before that, in vain.
        if self.0.store.sync_record(address).await?.requests > done.requests {
            self.make_due(address).await;
        }
        Ok(())
    }

    /// Counts a synchronisation, and raises or calms the alert of its source.
    async fn note(
        &self,
        address: &SourceAddress,
        record: &SourceRecord,
        succeeded: bool,
    ) -> Result<(), StoreError> {
        let (workspace, subject) = (
            &address.workspace,
            format!("{}/{}", address.user, address.source),
        );
        let meter = self.0.meters.of(workspace);
        if succeeded {
            meter.count(Count::SyncSucceeded);
            let kind = AlertKind::SyncFailure;
            return self.0.alerts.calm(workspace, kind, &subject).await;
        }
        meter.count(Count::SyncFailed);
        let cause = Cause {
            kind: AlertKind::SyncFailure,
            subject,
            // Why is for the owner alone, who reads it with the source.
            summary: format!("The source {} cannot be synchronised", record.name),
            user: address.user.clone(),
            since: None,
        };
        self.0.alerts.raise(workspace, &cause).await
    }

    /// Takes new generations into the index of this node. After a synchronisation the
    /// lease has been given back before: a large index takes longer than the next synchronisation may wait.
    async fn refresh(&self, address: &SourceAddress) {
        let library = self.0.libraries.of(&address.workspace, &address.user);
        let refreshed = tokio::select! {
            refreshed = library.refresh(&self.0.store) => refreshed,
            () = self.0.stopping.cancelled() => return,
        };
        if let Err(problem) = refreshed {
            // The next search does it, or says why not.
            tracing::warn!(user = %address.user, "cannot refresh a search index: {problem}");
        }
    }

    async fn sync(&self, fence: &Fence, record: &SourceRecord) -> Result<Done, SyncError> {
        let address = &fence.address;
        let filter = Filter::new(&record.include, &record.exclude);
        let client = self.connect(address, record);
        let (client, filter) = match (client, filter) {
            (Ok(client), Ok(filter)) => (client, filter),
            (Err(error), _) => {
                return refuse(&self.0.store, fence, record, &error.to_string()).await;
            }
            (_, Err(error)) => {
                return refuse(&self.0.store, fence, record, &error.to_string()).await;
            }
        };
        let sync = Sync {
            store: &self.0.store,
            config: &self.0.config.context,
            fence,
            record,
            client,
            filter,
            parsing: Arc::clone(&self.0.parsing),
        };
        sync.run().await
    }

    /// Makes a source due now by the clock of Redis, which all nodes go by. Where Redis
    /// is away it becomes due when the lease ends.
    async fn make_due(&self, address: &SourceAddress) {
        if let Ok(now) = self.0.store.now().await {
            let _ = self.0.store.set_due(address, now).await;
        }
    }

    /// Keeps the lease; returns when it is lost.
    async fn keep(&self, fence: &Fence) {
        let mut ticks = interval(LEASE_LIFE / 3);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            match self.0.store.keep_sync(fence, LEASE_LIFE).await {
                Ok(true) => {
                    // By the clock of Redis, which all nodes go by.
                    if let Ok(now) = self.0.store.now().await {
                        let due = now.plus(LEASE_LIFE);
                        let _ = self.0.store.set_due(&fence.address, due).await;
                    }
                }
                Ok(false) => return,
                // Redis is away: the fence decides when it is back.
                Err(error) => tracing::debug!("cannot keep a lease: {error}"),
            }
        }
    }

    /// Asks for a synchronisation now; returns the number of the request.
    pub(super) async fn request_sync(&self, address: &SourceAddress) -> Result<u64, StoreError> {
        let number = self.0.store.request_sync(address).await?;
        self.0.due.notify_one();
        Ok(number)
    }

    /// Waits until a request was served, at most for `limit`; whether it was.
    pub(super) async fn wait_for(
        &self,
        address: &SourceAddress,
        request: u64,
        limit: Duration,
    ) -> Result<bool, StoreError> {
        let until = tokio::time::Instant::now() + limit;
        let mut pause = Duration::from_millis(5);
        loop {
            let sync = self.0.store.sync_record(address).await?;
            if sync.served >= request {
                return Ok(true);
            }
            if tokio::time::Instant::now() + pause > until {
                return Ok(false);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(40));
        }
    }
}
