//! What the dashboard needs of a browser: the socket, the clock, the window.
//!
//! The same names exist on the server, where nothing of it ever happens: views
//! call them from effects and event handlers, which do not run there.

mod connection;

#[cfg(feature = "hydrate")]
mod call;
#[cfg(feature = "hydrate")]
mod clock;
#[cfg(feature = "hydrate")]
mod socket;
#[cfg(feature = "hydrate")]
mod start;
#[cfg(feature = "hydrate")]
mod task;
#[cfg(feature = "hydrate")]
mod window;

#[cfg(not(feature = "hydrate"))]
mod none;
#[cfg(not(feature = "hydrate"))]
use none as call;
#[cfg(not(feature = "hydrate"))]
use none as clock;
#[cfg(not(feature = "hydrate"))]
use none as socket;
#[cfg(not(feature = "hydrate"))]
use none as task;
#[cfg(not(feature = "hydrate"))]
use none as window;

pub use call::{call, encode};
pub use clock::{every_second, sleep};
pub use connection::{Connection, Listener, backoff};
pub use socket::observe;
pub use task::spawn;
pub use window::{
    can_copy, copy, focus_soon, is_visible, now, origin, query, random, reload, set_title,
    utc_offset_minutes,
};
