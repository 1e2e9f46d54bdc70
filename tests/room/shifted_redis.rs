//! A Redis whose clock a test sets forward, since nobody can wait a day in a test.
//!
//! The clock is libfaketime's, so Redis itself reads it: for `TIME`, and for what
//! expires. Servers and tests keep the true one.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use redis::aio::MultiplexedConnection;
use tempfile::{NamedTempFile, TempDir};

use crate::external_redis::ExternalRedis;

/// libfaketime, in the directory of Debian's package; the dynamic linker puts in
/// `$LIB`. The C library stands behind it so that its allocator is used: jemalloc's
/// reads the clock when it starts, for which libfaketime needs an allocator.
const PRELOAD: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1 libc.so.6";

/// An [`ExternalRedis`] with a clock of its own.
pub struct ShiftedRedis {
    redis: ExternalRedis,
    _directory: TempDir,
    shift: PathBuf,
    /// How far ahead its clock is.
    ahead: Duration,
}

impl ShiftedRedis {
    /// Starts it, with the true time.
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let shift = directory.path().join("shift");
        write(&shift, Duration::ZERO);
        let file = shift.clone();
        let redis = ExternalRedis::start_with(move |command| {
            command
                .env("LD_PRELOAD", PRELOAD)
                .env("FAKETIME_TIMESTAMP_FILE", &file)
                // Read anew for each look at the clock.
                .env("FAKETIME_NO_CACHE", "1")
                // What Redis measures pauses with.
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        });
        Self {
            redis: redis.await,
            _directory: directory,
            shift,
            ahead: Duration::ZERO,
        }
    }

    /// Where it is, for servers.
    pub fn url(&self) -> String {
        self.redis.url()
    }

    /// Sets its clock forward.
    pub async fn advance(&mut self, by: Duration) {
        let before = self.now().await;
        self.ahead += by;
        write(&self.shift, self.ahead);
        let passed = self.now().await.saturating_sub(before);
        assert!(
            passed >= by,
            "the clock of Redis does not move: the tests need libfaketime \
             (Debian: apt-get install libfaketime)"
        );
    }

    /// A connection that may do all.
    pub async fn connection(&self) -> MultiplexedConnection {
        self.redis.connection().await
    }

    /// What its clock says, since the epoch.
    pub async fn now(&self) -> Duration {
        let (seconds, micros): (u64, u64) = redis::cmd("TIME")
            .query_async(&mut self.connection().await)
            .await
            .unwrap();
        Duration::from_secs(seconds) + Duration::from_micros(micros)
    }
}

/// Writes the shift at once: half of it would be another time.
fn write(path: &Path, shift: Duration) {
    let file = NamedTempFile::new_in(path.parent().unwrap()).unwrap();
    fs::write(&file, format!("+{:.3}", shift.as_secs_f64())).unwrap();
    file.persist(path).unwrap();
}
