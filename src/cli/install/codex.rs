//! Codex: the MCP server in `config.toml`.

use anyhow::Context;
use toml_edit::{DocumentMut, Item, Table, value};

use super::{NAME, TOKEN_VARIABLE};

/// The table of MCP servers.
const SERVERS: &str = "mcp_servers";

/// Adds the MCP server at this address, or takes it away.
///
/// # Errors
/// If it is no TOML, or the servers are no table.
pub fn edit(text: &str, url: Option<&str>) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse().context("it is no TOML")?;
    match url {
        Some(url) => add(&mut document, url)?,
        None => remove(&mut document),
    }
    Ok(document.to_string())
}

fn add(document: &mut DocumentMut, url: &str) -> anyhow::Result<()> {
    let mut implicit = Table::new();
    implicit.set_implicit(true);
    let servers = document
        .entry(SERVERS)
        .or_insert(Item::Table(implicit))
        .as_table_like_mut()
        .with_context(|| format!("{SERVERS:?} is no table"))?;
    let text = |item: Option<&Item>| item.and_then(Item::as_str).map(str::to_owned);
    if let Some(server) = servers.get(NAME)
        && text(server.get("url")).as_deref() == Some(url)
        && text(server.get("bearer_token_env_var")).as_deref() == Some(TOKEN_VARIABLE)
    {
        return Ok(());
    }
    let mut server = Table::new();
    server.insert("url", value(url));
    server.insert("bearer_token_env_var", value(TOKEN_VARIABLE));
    servers.insert(NAME, Item::Table(server));
    Ok(())
}

fn remove(document: &mut DocumentMut) {
    let Some(servers) = document.get_mut(SERVERS).and_then(Item::as_table_like_mut) else {
        return;
    };
    servers.remove(NAME);
    // One that is written out is the user's.
    let made = document
        .get(SERVERS)
        .and_then(Item::as_table)
        .is_some_and(|servers| servers.is_implicit() && servers.is_empty());
    if made {
        document.remove(SERVERS);
    }
}
