//! Time that passes.

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::{on_cleanup, set_interval_with_handle};

/// Calls `tick` once a second until the current reactive owner is cleaned up.
pub fn every_second(tick: impl Fn() + 'static) {
    if let Ok(interval) = set_interval_with_handle(tick, Duration::from_secs(1)) {
        on_cleanup(move || interval.clear());
    }
}

/// Waits. Durations beyond 24 days are cut to that, as browsers count in 32 bits.
pub async fn sleep(duration: Duration) {
    let millis = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
    TimeoutFuture::new(millis.min(i32::MAX.unsigned_abs())).await;
}
