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

pub mod api;
pub mod protocol;
