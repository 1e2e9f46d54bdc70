//! Cursor: the MCP server in the user's `mcp.json`.

use serde_json::{Value, json};

use super::{NAME, TOKEN_VARIABLE, json_edit::Document};

/// Adds the MCP server at this address, or takes it away.
///
/// # Errors
/// If it is no such file.
pub fn edit(text: &str, url: Option<&str>) -> anyhow::Result<String> {
    let server = url.map(|url| {
        json!({
            "url": url,
            "headers": {"Authorization": format!("Bearer ${{env:{TOKEN_VARIABLE}}}")},
        })
    });
    edit_servers(text, server.as_ref())
}

/// Sets the entry of a file's `mcpServers`, which is the same for several programs, or
/// takes it away.
///
/// # Errors
/// If it is no such file.
pub fn edit_servers(text: &str, server: Option<&Value>) -> anyhow::Result<String> {
    let document = Document::parse(text)?;
    document.set("mcpServers", NAME, server)?;
    Ok(document.text())
}
