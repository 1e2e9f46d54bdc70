//! The Lua scripts. Each that publishes begins with `publish.lua`.

use redis::Script;

/// All scripts, hashed once.
pub(super) struct Scripts {
    pub acknowledge: Script,
    pub add_metrics: Script,
    pub advance_inbox: Script,
    pub begin_bus: Script,
    pub broadcast: Script,
    pub change_alert: Script,
    pub change_source: Script,
    pub commit_session: Script,
    pub claim_files: Script,
    pub claim_socket: Script,
    pub flip_generation: Script,
    pub keep_lease: Script,
    pub report_sync: Script,
    pub take_sync: Script,
    pub touch_manifest: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let publishing =
            |rest: &str| Script::new(&format!("{}{rest}", include_str!("scripts/publish.lua")));
        Self {
            acknowledge: Script::new(include_str!("scripts/acknowledge.lua")),
            add_metrics: Script::new(include_str!("scripts/add_metrics.lua")),
            advance_inbox: Script::new(include_str!("scripts/advance_inbox.lua")),
            begin_bus: publishing(include_str!("scripts/begin_bus.lua")),
            broadcast: publishing(include_str!("scripts/broadcast.lua")),
            change_alert: publishing(include_str!("scripts/change_alert.lua")),
            change_source: Script::new(include_str!("scripts/change_source.lua")),
            commit_session: publishing(include_str!("scripts/commit_session.lua")),
            claim_files: publishing(include_str!("scripts/claim_files.lua")),
            claim_socket: publishing(include_str!("scripts/claim_socket.lua")),
            flip_generation: publishing(include_str!("scripts/flip_generation.lua")),
            keep_lease: Script::new(include_str!("scripts/keep_lease.lua")),
            report_sync: publishing(include_str!("scripts/report_sync.lua")),
            take_sync: Script::new(include_str!("scripts/take_sync.lua")),
            touch_manifest: Script::new(include_str!("scripts/touch_manifest.lua")),
        }
    }
}
