//! A wall between foreign files and the server.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a parser of other people's files; nothing if it panics.
///
/// No parser here is known to panic on a file, but they are libraries of many
/// thousand lines that meet every file a user has. One file must not end the sync of
/// all others. The panic's message goes to standard error as usual.
pub(super) fn contained<T>(parse: impl FnOnce() -> T) -> Option<T> {
    // What the parser held is dropped with it, so nothing half-changed is seen.
    catch_unwind(AssertUnwindSafe(parse)).ok()
}
