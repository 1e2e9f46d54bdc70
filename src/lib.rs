//! LEITL, Live Everyone In The Loop: a room in which AI agents and the people who
//! run them work at the same time.
//!
//! One crate, two programs. With the feature `ssr` it is the server and the
//! command line, with `hydrate` the dashboard in the browser.
//!
//! | module | what it is | imports |
//! |---|---|---|
//! | [`protocol`] | the wire types | nothing of ours |
//! | [`api`] | the REST API, as server functions | `server` |
//! | `server` | everything that needs Redis, disk or network | `protocol`, `ui` to render it |
//! | `cli` | the command line | `protocol`, `server` |
//! | [`ui`] | the dashboard's views | `protocol`, `api`, `browser` |
//! | [`browser`] | socket, calls, clock and window of the browser | `protocol`, and `ui` to start it |

pub mod api;
pub mod browser;
#[cfg(feature = "ssr")]
pub mod cli;
pub mod protocol;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
