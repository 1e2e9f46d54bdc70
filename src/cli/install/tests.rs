use std::path::Path;

use super::{claude, codex, cursor};

/// Asserts that what is added can be taken away again, and that each is done once.
fn there_and_back(text: &str, edit: impl Fn(&str, bool) -> String) -> String {
    let added = edit(text, true);
    assert_ne!(added, text);
    assert_eq!(edit(&added, true), added, "it was added twice");
    assert_eq!(edit(text, false), text, "something of others was taken");
    assert_eq!(edit(&added, false), text, "added:\n{added}");
    added
}

fn settings(text: &str, add: bool) -> String {
    let program = add.then_some(Path::new("/opt/leitl"));
    claude::edit_settings(text, program).unwrap()
}

fn servers(text: &str, add: bool) -> String {
    cursor::edit(text, add.then_some("http://127.0.0.1:8000/mcp")).unwrap()
}

fn toml(text: &str, add: bool) -> String {
    codex::edit(text, add.then_some("http://127.0.0.1:8000/mcp")).unwrap()
}

#[test]
fn settings_keep_what_is_there() {
    let added = there_and_back("", settings);
    let json: serde_json::Value = serde_json::from_str(&added).unwrap();
    assert_eq!(
        json["hooks"]["PreToolUse"],
        serde_json::json!([{"matcher": "Edit|MultiEdit|NotebookEdit|Write", "hooks": [
            {"type": "command", "command": "/opt/leitl hook PreToolUse", "timeout": 5}]}])
    );
    assert_eq!(json["hooks"].as_object().unwrap().len(), 6);

    let others = r#"{
  "zebra": 1,
  "hooks": {
    "Stop": [
      {
        "hooks": [{ "type": "command", "command": "leitl hook Stop; other" }]
      }
    ]
  },
  "apple": [1,   2]
}
"#;
    let added = there_and_back(others, settings);
    assert!(added.contains("\"apple\": [1,   2]"), "{added}");
    there_and_back(&others.replace('\n', "\r\n"), settings);
    there_and_back(&others.replace("  ", "\t"), settings);
    there_and_back(others.trim_end(), settings);
    there_and_back("{\n  \"a\": 1 // why\n}\n", settings);

    // What an older place of the program left is replaced, not doubled.
    let moved = claude::edit_settings(&added, Some(Path::new("/a b/leitl"))).unwrap();
    assert!(!moved.contains("/opt/leitl"), "{moved}");
    assert_eq!(moved.matches("'/a b/leitl' hook ").count(), 6);
    assert_eq!(settings(&moved, false), others);
}

#[test]
fn servers_of_others_stay() {
    let added = there_and_back("", servers);
    assert!(added.contains("Bearer ${env:LEITL_TOKEN}"), "{added}");
    there_and_back(
        "{\n    \"mcpServers\": {\n        \"a\": {\"url\": \"x\"}\n    }\n}\n",
        servers,
    );
    there_and_back("{\n  \"other\": null\n}", servers);
    let changed = cursor::edit(&added, Some("https://example.org/mcp")).unwrap();
    assert!(changed.contains("example.org") && !changed.contains("127.0.0.1"));
}

#[test]
fn toml_keeps_comments_and_order() {
    let added = there_and_back("", toml);
    assert_eq!(
        added,
        "[mcp_servers.leitl]\nurl = \"http://127.0.0.1:8000/mcp\"\n\
         bearer_token_env_var = \"LEITL_TOKEN\"\n"
    );
    let others =
        "# mine\nmodel = \"x\" # why\n\n[mcp_servers.b]\ncommand = \"b\"\n\n[a]\nz = 1\n# end\n";
    let added = there_and_back(others, toml);
    assert!(added.contains("# mine\nmodel = \"x\" # why\n"), "{added}");
    there_and_back("[mcp_servers]\n", toml);
}

#[test]
fn what_is_not_theirs_to_read_is_refused() {
    let program = Some(Path::new("/opt/leitl"));
    for wrong in ["[]", "{", "{\"hooks\": 5}", "{\"hooks\": {\"Stop\": 5}}"] {
        assert!(claude::edit_settings(wrong, program).is_err(), "{wrong}");
    }
    assert!(cursor::edit("{\"mcpServers\": []}", Some("x")).is_err());
    assert!(codex::edit("a = ", Some("x")).is_err());
    assert!(codex::edit("mcp_servers = 5", Some("x")).is_err());
}

#[test]
fn the_plugin_has_the_same_hooks() {
    let plugin: serde_json::Value =
        serde_json::from_str(include_str!("../../../plugin/hooks/hooks.json")).unwrap();
    let installed: serde_json::Value = serde_json::from_str(&settings("", true)).unwrap();
    // The plugin finds the program on the search path.
    let installed = installed["hooks"]
        .to_string()
        .replace("/opt/leitl", "leitl");
    assert_eq!(plugin["hooks"].to_string(), installed);
    let manifest: serde_json::Value =
        serde_json::from_str(include_str!("../../../plugin/.claude-plugin/plugin.json")).unwrap();
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
}
