use super::*;

#[test]
fn json_keys_are_the_strings_before_a_colon() {
    assert_eq!(
        json_keys(r#"{"user": {"display name" : "a: \"b\": c", "tags": ["x"]}, "f\u00fcr": 1}"#),
        ["user", "display name", "tags", "für"]
    );
}

#[test]
fn broken_json_and_its_dialects_have_keys_too() {
    assert_eq!(json_keys(r#"{"a": 1, "b": [}, "c": {"d"#), ["a", "b", "c"]);
    assert_eq!(json_keys("// note\n{\"a\": 1,}\n{\"b\": 2}\n"), ["a", "b"]);
    assert_eq!(json_keys(r#"{"bad\q": 1, "a\"#), [r"bad\q"]);
}

#[test]
fn depth_in_json_costs_nothing() {
    let text = "{\"a\":[".repeat(200_000);
    assert_eq!(json_keys(&text).len(), 200_000);
}

#[test]
fn yaml_keys_and_values_are_told_apart() {
    let text = "name: build\non:\n  push: {branches: [main, 'dev']}\njobs:\n  - run: make test\n    n: 3\n? complex\n: value\n---\nb: |\n  text\n";
    let entries = yaml(text);
    assert_eq!(
        entries.keys,
        [
            "name", "on", "push", "branches", "jobs", "run", "n", "complex", "b"
        ]
    );
    assert_eq!(
        entries.values,
        ["build", "main", "dev", "make test", "value", "text\n"]
    );
}

#[test]
fn yaml_aliases_are_not_followed() {
    let mut text = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..60 {
        let inner = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", [inner.as_str(); 9].join(", "));
    }
    let entries = yaml(&text);
    assert_eq!(entries.keys.len(), 60);
    assert_eq!(entries.values.len(), 2);
}

#[test]
fn broken_yaml_has_the_keys_before_the_fault() {
    assert_eq!(yaml("a: 1\nb: 2\n\tc: [\n").keys[..1], ["a"]);
    assert_eq!(yaml("{{{{").keys, Vec::<String>::new());
}

#[test]
fn hostile_yaml_ends() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(50_000),
        "- ".repeat(20_000),
        "? ".repeat(20_000),
    ] {
        let _ = yaml(&text);
    }
}

#[test]
fn toml_keys_and_values_are_read() {
    let entries = toml(
        "title = 'T'\n[server.http]\nport = 8000\nhosts = [\"a\", { name = 'b' }]\n[[x]]\n'q k' = \"\"\"\nm\"\"\"\n",
    );
    assert_eq!(
        entries.keys,
        [
            "title", "server", "http", "port", "hosts", "name", "x", "q k"
        ]
    );
    assert_eq!(entries.values, ["T", "a", "b", "m"]);
    assert_eq!(entries.title.as_deref(), Some("T"));
    assert_eq!(toml("[a]\ntitle = 'no'").title, None);
}

#[test]
fn broken_toml_has_keys_around_the_fault() {
    assert_eq!(
        toml("a = 1\nb = = 2\n[c\nd = 2\n").keys,
        ["a", "b", "c", "d"]
    );
    assert_eq!(toml("a = 1\nb = [1,\n").keys, ["a", "b"]);
    let _ = toml(&"a = [".repeat(100_000));
    let _ = toml(&format!("a = {}", "[".repeat(200_000)));
    let _ = toml(&format!("a = {}", "{b=".repeat(200_000)));
}
