//! Work that goes on while one looks.

use std::{future::Future, pin::Pin};

use leptos::task::spawn_local_scoped_with_cancellation;

/// Runs a task until it ends or the current reactive owner is cleaned up. It is boxed,
/// since what runs it is compiled and downloaded for each type of task.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local_scoped_with_cancellation(task);
}
