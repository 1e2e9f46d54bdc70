//! Signals of signals. Each closure given to `Signal::derive` is compiled and
//! downloaded with a machinery of its own, so the common ones stand here once.

use leptos::prelude::{Get, RwSignal, Signal, With};

/// Whether a text is empty.
pub fn blank(text: impl Into<Signal<String>>) -> Signal<bool> {
    let text: Signal<String> = text.into();
    Signal::derive(move || text.with(String::is_empty))
}

/// The opposite.
pub fn not(signal: impl Into<Signal<bool>>) -> Signal<bool> {
    let signal: Signal<bool> = signal.into();
    Signal::derive(move || !signal.get())
}

/// One that is only read, for views: they are compiled for each type of signal.
pub fn shown<T: Clone + Send + Sync + 'static>(signal: RwSignal<T>) -> Signal<T> {
    signal.into()
}
