//! Reads one value of a git configuration file (git-config(1), "Syntax"). Included
//! files and `insteadOf` are not followed.

use std::{fs, io::Read, path::Path};

/// The most that is read of a configuration, in bytes.
const MAX_CONFIG: u64 = 1024 * 1024;

/// The address of the remote `origin`: the first, from which git fetches.
pub fn read_origin(file: &Path) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(file).ok()?;
    file.take(MAX_CONFIG).read_to_string(&mut text).ok()?;
    origin(&text)
}

fn origin(config: &str) -> Option<String> {
    let mut inside = false;
    let mut lines = config.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim_start();
        if let Some(header) = line.strip_prefix('[') {
            let (section, rest) = header.split_once(']')?;
            inside = is_origin(section);
            line = rest.trim_start();
        }
        let Some((key, start)) = line.split_once('=') else {
            continue;
        };
        let mut value = start.to_owned();
        // A backslash at the end goes on with the next line.
        while value.ends_with('\\') && !value.ends_with("\\\\") {
            value.pop();
            value += lines.next().unwrap_or_default();
        }
        if inside && key.trim_end().eq_ignore_ascii_case("url") {
            let value = unquote(&value);
            return Some(value).filter(|value| !value.is_empty());
        }
    }
    None
}

/// Whether a section's name is `remote "origin"`, with the first word in any case.
fn is_origin(section: &str) -> bool {
    section
        .split_once(char::is_whitespace)
        .is_some_and(|(name, rest)| {
            name.eq_ignore_ascii_case("remote") && rest.trim() == "\"origin\""
        })
}

/// A value without quotes, escapes, comments and the space around it.
fn unquote(value: &str) -> String {
    let mut plain = String::new();
    // How much of it must stay: space at the end counts only in quotes.
    let mut kept = 0;
    let mut quoted = false;
    let mut letters = value.trim_start().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                quoted = !quoted;
                continue;
            }
            '#' | ';' if !quoted => break,
            '\\' => match letters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
        if quoted || !letter.is_whitespace() {
            kept = plain.len();
        }
    }
    plain.truncate(kept);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_where_git_would() {
        for (config, url) in [
            (
                "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://a/b\n\tfetch = +x\n",
                Some("https://a/b"),
            ),
            ("[REMOTE  \"origin\"] URL=\"a b\" # why\n", Some("a b")),
            (
                "[remote \"origin\"]\npushurl = p\nurl = one ; comment\nurl = two",
                Some("one"),
            ),
            ("[remote \"origin\"]\nurl = a\\\nb\n", Some("ab")),
            (
                "[remote \"Origin\"]\nurl = a\n[url \"origin\"]\nurl = b",
                None,
            ),
            ("[remote \"origin\"]\n[branch \"x\"]\nurl = a", None),
            ("[remote \"origin\"]\nurl =\n", None),
            ("[remote \"origin\"\nurl = a", None),
            ("", None),
        ] {
            assert_eq!(origin(config).as_deref(), url, "{config}");
        }
    }
}
