//! The canonical path of a file, and the type its name tells.

use super::canonical::normalise;

/// Extensions that mean the same as another: the second is the one used.
const ALIASES: &[(&str, &str)] = &[
    ("markdown", "md"),
    ("mdown", "md"),
    ("mkd", "md"),
    ("htm", "html"),
    ("xhtml", "html"),
    ("yml", "yaml"),
    ("text", "txt"),
];

/// Names without an extension that tell their type all the same.
const NAMES: &[&str] = &["dockerfile", "jenkinsfile", "justfile", "makefile"];

/// An extension longer than this, in characters, is the end of a sentence.
const LONGEST_EXTENSION: usize = 16;

/// A path in the one form in which it is stored and compared: Unicode NFC, parts
/// joined by `/`, no leading slash, no empty part and no `.` or `..`.
///
/// `..` takes the part before it away, as in RFC 3986, section 5.2.4, and never
/// leads out of the root.
pub fn canonical_path(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    normalise(&parts.join("/")).into_owned()
}

/// What a file's name tells of its type, for the `types` filter: the extension in
/// lower case, aliases resolved as in [`canonical_type`].
///
/// Without an extension it is the name for a few well-known ones (`makefile`), what
/// follows the dot for `.gitignore`, else empty.
pub fn file_type(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((_, extension)) if is_extension(extension) => canonical_type(extension),
        _ => Some(name.to_lowercase())
            .filter(|name| NAMES.contains(&name.as_str()))
            .unwrap_or_default(),
    }
}

/// A type as an agent writes it in a filter (`MD`, `.markdown`, `yml`), in the form
/// in which [`file_type`] gives it (`md`, `md`, `yaml`).
pub fn canonical_type(name: &str) -> String {
    let name = name.trim().trim_start_matches('.').to_lowercase();
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, canonical)| (*canonical).to_owned())
}

fn is_extension(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= LONGEST_EXTENSION
        && text
            .chars()
            .all(|character| character.is_alphanumeric() || "+-_".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        for (path, canonical) in [
            ("/docs//./a.md", "docs/a.md"),
            ("docs/../a.md", "a.md"),
            ("../../etc/passwd", "etc/passwd"),
            ("docs/u\u{308}ber.md", "docs/\u{fc}ber.md"),
            ("a b/#?%.txt", "a b/#?%.txt"),
            ("/", ""),
            ("...", "..."),
        ] {
            assert_eq!(canonical_path(path), canonical, "{path}");
        }
    }

    #[test]
    fn the_name_tells_the_type() {
        for (path, expected) in [
            ("docs/Auth.MD", "md"),
            ("a.markdown", "md"),
            ("a.yml", "yaml"),
            ("archive.tar.gz", "gz"),
            ("src/Makefile", "makefile"),
            ("Dockerfile.prod", "prod"),
            (".gitignore", "gitignore"),
            ("README", ""),
            ("v1.2 final version", ""),
            ("a.b/c", ""),
            ("trailing.", ""),
            ("", ""),
        ] {
            assert_eq!(file_type(path), expected, "{path}");
        }
        assert_eq!(canonical_type(" .Markdown"), "md");
    }
}
