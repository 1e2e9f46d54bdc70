//! What the store promises of synchronisations: of many nodes one writes, what it
//! writes becomes current as a whole or not at all, and a text stays as long as a
//! version needs it.

use std::{collections::HashMap, time::Duration};

use leitl::{
    protocol::{EventType, FileVersion, SourceId, SyncState, SyncStatus, Timestamp},
    server::store::{
        Body, Endpoint, Fence, FileEntry, FileRecord, Flip, SourceAddress, SourceRecord, Store,
        VersionRecord,
    },
};
use redis::aio::MultiplexedConnection;
use serde_json::json;

use crate::external_redis::ExternalRedis;

/// How long a lease lasts here: longer than a test.
const LIFE: Duration = Duration::from_secs(600);

/// A source in a Redis of its own.
struct Place {
    store: Store,
    address: SourceAddress,
    connection: MultiplexedConnection,
    _redis: ExternalRedis,
}

impl Place {
    async fn new() -> Self {
        let redis = ExternalRedis::start().await;
        Self {
            store: Store::connect(Endpoint::of_url(&redis.url()).unwrap(), "leitl")
                .await
                .unwrap(),
            address: "default/ann/docs".parse().unwrap(),
            connection: redis.connection().await,
            _redis: redis,
        }
    }

    async fn take(&self, holder: &str) -> Option<Fence> {
        let holder = holder.to_owned();
        self.store
            .take_sync(&self.address, holder, LIFE)
            .await
            .unwrap()
    }

    /// Makes a generation current in which a file has this history.
    async fn flip(
        &self,
        fence: &Fence,
        generation: u64,
        history: &[VersionRecord],
        counts: &[(&str, i64)],
    ) -> Option<u64> {
        let (store, current) = (&self.store, generation - 1);
        let newest = history.first().unwrap();
        let entry = newest.version.hash.is_some().then(|| file(newest));
        let changes = [("a.md", entry.as_ref())].into_iter();
        store.stage_manifest(fence, current, changes).await.unwrap();
        let counts: HashMap<String, i64> = counts
            .iter()
            .map(|(hash, count)| ((*hash).to_owned(), *count))
            .collect();
        let histories = [("a.md", history)].into_iter();
        store
            .stage_histories(fence, histories, &counts)
            .await
            .unwrap();
        let flip = Flip {
            generation,
            status: &SyncStatus::default(),
            cursor: "",
            event: &event(),
        };
        store.flip(fence, flip).await.unwrap()
    }

    async fn stage(&self, hash: &str) {
        let blobs = [(hash.to_owned(), format!("The text {hash}"))];
        self.store.stage_blobs(&self.address, &blobs).await.unwrap();
    }

    async fn has(&self, hash: &str) -> bool {
        let wanted = [(self.address.clone(), hash.to_owned())];
        self.store.blobs(&wanted).await.unwrap()[0].is_some()
    }

    async fn generation(&self) -> u64 {
        let SourceAddress {
            workspace, user, ..
        } = &self.address;
        let generations = self.store.generations(workspace, user).await.unwrap();
        let source: SourceId = self.address.source.clone();
        generations.sources.get(&source).copied().unwrap_or(0)
    }

    /// The one key that ends like this.
    async fn key(&mut self, end: &str) -> String {
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(format!("*:docs:{end}"))
            .query_async(&mut self.connection)
            .await
            .unwrap();
        assert_eq!(keys.len(), 1, "{end}: {keys:?}");
        keys[0].clone()
    }

    /// How long a key still lasts; `None` if it has no end.
    async fn life(&mut self, end: &str) -> Option<Duration> {
        let key = self.key(end).await;
        let millis: i64 = redis::cmd("PTTL")
            .arg(key)
            .query_async(&mut self.connection)
            .await
            .unwrap();
        u64::try_from(millis).ok().map(Duration::from_millis)
    }

    async fn expire(&mut self, end: &str, life: Duration) {
        let key = self.key(end).await;
        redis::cmd("PEXPIRE")
            .arg(key)
            .arg(life.as_millis() as u64)
            .query_async::<()>(&mut self.connection)
            .await
            .unwrap();
    }

    async fn gone(&mut self) -> Vec<String> {
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg("*:docs:gone")
            .query_async(&mut self.connection)
            .await
            .unwrap();
        let Some(key) = keys.first() else {
            return Vec::new();
        };
        redis::cmd("ZRANGE")
            .arg(key)
            .arg(0)
            .arg(-1)
            .query_async(&mut self.connection)
            .await
            .unwrap()
    }
}

fn version(number: u64, hash: Option<&str>) -> VersionRecord {
    VersionRecord {
        version: FileVersion {
            version: number,
            hash: hash.map(str::to_owned),
            updated_at: Timestamp::from_millis(0),
            bytes: 1,
        },
        tokens: 1,
    }
}

fn file(version: &VersionRecord) -> FileEntry {
    FileEntry {
        href: "/a.md".to_owned(),
        etag: None,
        modified: None,
        size: None,
        settled: true,
        omitted: None,
        record: FileRecord::Text(version.clone()),
    }
}

fn event() -> Body {
    Body {
        event_type: EventType::ContextSync,
        session_id: None,
        agent_name: None,
        user: "ann".to_owned(),
        to: Default::default(),
        data: Default::default(),
        private: Default::default(),
    }
}

#[tokio::test]
async fn a_lease_is_its_holders_alone() {
    let place = Place::new().await;
    let a = place.take("a").await.unwrap();
    assert!(place.take("b").await.is_none());
    let forged = Fence {
        holder: "b".to_owned(),
        ..a.clone()
    };
    assert!(!place.store.keep_sync(&forged, LIFE).await.unwrap());
    place.store.release_sync(&forged).await.unwrap();
    assert!(place.take("b").await.is_none(), "it was given away");
    assert!(place.store.keep_sync(&a, LIFE).await.unwrap());
    place.store.release_sync(&a).await.unwrap();
    let b = place.take("b").await.unwrap();
    assert!(b.number > a.number);
}

/// A node that slept for longer than its lease wakes up and goes on.
#[tokio::test]
async fn whoever_was_overtaken_changes_nothing() {
    let place = Place::new().await;
    let late = place.take("late").await.unwrap();
    place.store.release_sync(&late).await.unwrap();
    let newest = place.take("newest").await.unwrap();
    place.stage("one").await;
    let history = [version(1, Some("one"))];
    let flipped = place.flip(&newest, 1, &history, &[("one", 1)]).await;
    assert!(flipped.is_some());

    let running = SyncStatus {
        state: SyncState::Running,
        ..SyncStatus::default()
    };
    let reported = place
        .store
        .report_sync(&late, &running, Some("{}"), true, &event())
        .await
        .unwrap();
    assert_eq!(reported, None);
    let record = place.store.sync_record(&place.address).await.unwrap();
    assert_eq!(record.status, SyncStatus::default());

    let mut touched = file(&history[0]);
    touched.etag = Some("\"late\"".to_owned());
    let touch = |fence: Fence| {
        let (store, touched) = (&place.store, touched.clone());
        async move {
            let entries = [("a.md", &touched)];
            store.touch_manifest(&fence, 1, &entries).await.unwrap()
        }
    };
    assert!(!touch(late.clone()).await);
    let manifest = place.store.manifest(&place.address, 1).await.unwrap();
    assert_eq!(manifest.unwrap()["a.md"].etag, None);

    let second = [version(2, Some("two"))];
    assert_eq!(place.flip(&late, 2, &second, &[("two", 1)]).await, None);
    assert_eq!(place.generation().await, 1);
    // Whoever overtook it goes on.
    assert!(touch(newest.clone()).await);
    let flipped = place.flip(&newest, 2, &second, &[("two", 1)]).await;
    assert!(flipped.is_some());
}

/// How far it is was on its way already when the end was written.
#[tokio::test]
async fn a_report_of_progress_does_not_undo_the_end() {
    let place = Place::new().await;
    let running = SyncStatus {
        state: SyncState::Running,
        ..SyncStatus::default()
    };
    let report = async |fence: &Fence, status: &SyncStatus, ended| {
        let (store, event) = (&place.store, event());
        let reported = store.report_sync(fence, status, None, ended, &event).await;
        assert!(reported.unwrap().is_some(), "it counts as overtaken");
        let record = store.sync_record(&place.address).await.unwrap();
        record.status.state
    };
    let flips = place.take("flips").await.unwrap();
    assert_eq!(report(&flips, &running, false).await, SyncState::Running);
    place
        .flip(&flips, 1, &[version(1, Some("one"))], &[])
        .await
        .unwrap();
    assert_eq!(report(&flips, &running, false).await, SyncState::Idle);

    place.store.release_sync(&flips).await.unwrap();
    let fails = place.take("fails").await.unwrap();
    assert_eq!(report(&fails, &running, false).await, SyncState::Running);
    let failed = SyncStatus {
        state: SyncState::Failed,
        ..SyncStatus::default()
    };
    assert_eq!(report(&fails, &failed, true).await, SyncState::Failed);
    assert_eq!(report(&fails, &running, false).await, SyncState::Failed);
}

/// Each is made of the one before, so none may be left out or made twice.
#[tokio::test]
async fn a_generation_follows_the_one_before() {
    let place = Place::new().await;
    let fence = place.take("a").await.unwrap();
    let history = [version(1, Some("one"))];
    for (generation, fits) in [(2, false), (1, true), (1, false), (3, false), (2, true)] {
        let flipped = place.flip(&fence, generation, &history, &[]).await;
        assert_eq!(flipped.is_some(), fits, "{generation}");
    }
}

#[tokio::test]
async fn a_text_stays_while_a_version_needs_it() {
    let mut place = Place::new().await;
    let fence = place.take("a").await.unwrap();
    for hash in ["one", "lost"] {
        place.stage(hash).await;
        let life = place.life(&format!("blob:{hash}")).await.unwrap();
        assert!(life <= Duration::from_secs(24 * 3600), "{life:?}");
    }
    place
        .flip(&fence, 1, &[version(1, Some("one"))], &[("one", 1)])
        .await;
    assert_eq!(place.life("blob:one").await, None);
    assert_eq!(place.life("manifest:1").await, None);
    assert!(place.life("blob:lost").await.is_some());

    // Staged once more it lasts as long as it did, or lives on.
    for hash in ["one", "lost"] {
        if hash == "lost" {
            place.expire("blob:lost", Duration::from_secs(60)).await;
        }
        place.stage(hash).await;
    }
    assert_eq!(place.life("blob:one").await, None);
    assert!(place.life("blob:lost").await.unwrap() > Duration::from_secs(600));

    place.stage("two").await;
    let counts = [("one", -1), ("two", 1)];
    place
        .flip(&fence, 2, &[version(2, Some("two"))], &counts)
        .await;
    assert!(!place.has("one").await && place.has("two").await);
    assert_eq!(place.life("manifest:2").await, None);
    assert!(place.life("manifest:1").await.is_some());
}

#[tokio::test]
async fn it_is_known_which_files_are_gone() {
    let mut place = Place::new().await;
    let fence = place.take("a").await.unwrap();
    let (there, gone) = (version(1, Some("one")), version(2, None));
    place.flip(&fence, 1, &[there], &[]).await;
    assert_eq!(place.gone().await, [] as [&str; 0]);
    place.flip(&fence, 2, &[gone], &[]).await;
    assert_eq!(place.gone().await, ["a.md"]);
    assert_eq!(
        place.store.long_gone(&place.address).await.unwrap(),
        [] as [&str; 0]
    );
    place.flip(&fence, 3, &[version(3, Some("one"))], &[]).await;
    assert_eq!(place.gone().await, [] as [&str; 0]);
}

/// Two changes at once: the second was made of what the first has replaced.
#[tokio::test]
async fn a_change_of_a_source_does_not_undo_another() {
    let place = Place::new().await;
    let record: SourceRecord = serde_json::from_value(json!({
        "id": "docs", "name": "Docs", "url": "http://a.example/", "auth": "none",
        "username": null, "sealed": null, "interval_seconds": 300, "include": [],
        "exclude": [], "max_file_bytes": 1, "max_files": 1, "created_at": "1970-01-01T00:00:00Z",
    }))
    .unwrap();
    let (store, address) = (&place.store, &place.address);
    assert!(store.add_source(address, &record).await.unwrap());
    assert!(!store.add_source(address, &record).await.unwrap());
    let with = |seconds| SourceRecord {
        interval_seconds: seconds,
        ..record.clone()
    };
    let changes = [(&record, with(30), true), (&record, with(60), false)];
    for (before, after, fits) in changes {
        let changed = store.change_source(address, before, &after).await.unwrap();
        assert_eq!(changed, fits);
    }
    let kept = store.source(address).await.unwrap();
    assert_eq!(kept, Some(with(30)));
}
