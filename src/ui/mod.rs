//! The dashboard: what the server renders and the browser keeps alive.
//!
//! Text and attributes that change are `Signal::derive`d, not bare closures: the
//! renderer is compiled anew for each type it is given, and each closure is a type
//! of its own.

mod alerts;
mod calls;
mod card;
mod composer;
mod conflicts;
mod connection;
mod context;
mod copyable;
mod counts;
mod dashboard;
mod failure;
mod feed;
mod format;
mod found;
mod header;
mod health_bar;
mod highlight;
mod incident;
mod incidents;
mod join;
mod live;
mod mark;
mod messages;
mod metrics;
mod on_demand;
mod outage;
mod room;
mod search;
mod sentence;
mod sessions;
mod shell;
mod sign_in;
mod signals;
mod source_card;
mod source_form;
mod source_names;
mod source_words;
mod sources;
mod sparkline;
mod strip;
mod tile;
mod tile_view;

pub use shell::{App, not_found, shell};
