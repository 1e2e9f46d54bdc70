//! What the window knows.

use leptos::{
    html::Button,
    prelude::{GetUntracked, NodeRef, document, location, request_animation_frame, window},
    task::spawn_local,
};
use wasm_bindgen_futures::JsFuture;
use web_sys::js_sys::{Date, Math};

use crate::protocol::Timestamp;

/// The browser's clock, which may differ from the server's.
pub fn now() -> Timestamp {
    // Milliseconds since 1970 are whole and far below 2^53.
    Timestamp::from_millis(Date::now() as i64)
}

/// A number from 0 to 1. Not for secrets.
pub fn random() -> f64 {
    Math::random()
}

/// How far local time is ahead of UTC, now, in minutes.
pub fn utc_offset_minutes() -> i64 {
    // JavaScript counts from local time to UTC.
    -(Date::new_0().get_timezone_offset() as i64)
}

/// The address this page came from, such as `http://localhost:8000`.
pub fn origin() -> String {
    location().origin().unwrap_or_default()
}

/// The query of this page's address, such as `?login=refused`; empty for none.
pub fn query() -> String {
    location().search().unwrap_or_default()
}

/// Whether somebody may see the page: it is not in a tab behind another.
pub fn is_visible() -> bool {
    !document().hidden()
}

/// Loads the page anew.
pub fn reload() {
    if location().reload().is_err() {
        leptos::logging::warn!("the browser did not load the page anew");
    }
}

/// Whether [`copy`] works: browsers offer the clipboard only on HTTPS and localhost.
pub fn can_copy() -> bool {
    window().is_secure_context()
}

/// Puts text on the clipboard, then says whether that was allowed.
pub fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    let copied = window().navigator().clipboard().write_text(text);
    spawn_local(async move { done(JsFuture::from(copied).await.is_ok()) });
}

/// Moves the focus to a button once what is under way is on the page: a hidden one
/// takes no focus.
pub fn focus_soon(button: NodeRef<Button>) {
    request_animation_frame(move || {
        if let Some(button) = button.get_untracked() {
            // Focus is a courtesy; a browser that refuses it loses nothing.
            let _ = button.focus();
        }
    });
}

/// Names the page, for tabs and screen readers.
pub fn set_title(title: &str) {
    document().set_title(title);
}
