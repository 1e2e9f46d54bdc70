//! The Lua scripts. Each that publishes begins with `publish.lua`.

use redis::Script;

/// All scripts, hashed once.
pub(super) struct Scripts {
    pub broadcast: Script,
    pub commit_session: Script,
    pub claim_socket: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let publishing =
            |rest: &str| Script::new(&format!("{}{rest}", include_str!("scripts/publish.lua")));
        Self {
            broadcast: publishing(include_str!("scripts/broadcast.lua")),
            commit_session: publishing(include_str!("scripts/commit_session.lua")),
            claim_socket: publishing(include_str!("scripts/claim_socket.lua")),
        }
    }
}
