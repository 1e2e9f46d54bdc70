//! Tests of the whole server: the real binary with a real Redis, reached only as
//! agents, people and operators reach it. They speak the wire's JSON and not the
//! crate's own types, so that a change of the contract shows here.
//!
//! One program for all subjects, because linking takes longer than running.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod agent;
mod claude_code;
mod client;
mod command;
mod context_source;
mod external_redis;
mod fault_proxy;
mod forgery;
mod free_port;
mod mcp_client;
mod redis_users;
mod running;
mod sentinel_trio;
mod server;
mod shared_folder;
mod shifted_redis;
mod socket;
mod webdav;

mod agent_commands;
mod alerts;
mod bad_frames;
mod bad_input;
mod broadcast;
mod cluster;
mod configuration;
mod context_faults;
mod context_folder_tags;
mod context_history;
mod context_privacy;
mod context_rules;
mod context_scripted;
mod context_search;
mod context_servers;
mod context_share;
mod context_store;
mod context_tokens;
mod expiry;
mod failover;
mod files;
mod history;
mod hook;
mod hook_pair;
mod inbox;
mod install;
mod join_shell;
mod login;
mod lost_data;
mod mcp_collaboration;
mod mcp_command;
mod mcp_keeping;
mod mcp_privacy;
mod mcp_resources;
mod mcp_tools;
mod metrics;
mod metrics_ageing;
mod outage;
mod outage_calls;
mod outage_faults;
mod privacy;
mod privacy_of_logs;
mod protocol_document;
mod redis_acl;
mod redis_tls;
mod resume;
mod sessions;
mod shutdown;
mod silence;
mod slow_consumer;
mod source_commands;
mod start_errors;
mod tokens;
mod vault_rotation;
mod workspaces;
