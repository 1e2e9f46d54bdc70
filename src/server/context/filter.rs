//! Which files of a source count.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::protocol::Pattern;

/// The include and exclude patterns of a source.
#[derive(Clone, Debug)]
pub struct Filter {
    /// All files if there is none.
    include: Option<GlobSet>,
    exclude: GlobSet,
}

/// A pattern that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("has a pattern that cannot be read: {0}")]
pub struct PatternError(String);

impl Filter {
    /// Reads patterns: `*` stays within a folder, `**` goes through folders. One
    /// without a slash looks at the name alone, so `*.md` finds files at any depth.
    ///
    /// # Errors
    /// If a pattern is none.
    pub fn new(include: &[Pattern], exclude: &[Pattern]) -> Result<Self, PatternError> {
        Ok(Self {
            include: match include {
                [] => None,
                include => Some(set(include)?),
            },
            exclude: set(exclude)?,
        })
    }

    /// Whether a file counts, by its path below the source's folder.
    pub fn admits(&self, path: &str) -> bool {
        self.include
            .as_ref()
            .is_none_or(|include| include.is_match(path))
            && !self.exclude.is_match(path)
    }

    /// Whether anything in a folder can count.
    pub fn enters(&self, folder: &str) -> bool {
        // `drafts/**` means the folder as a whole, so it need not be listed.
        !self.exclude.is_match(folder) && !self.exclude.is_match(format!("{folder}/"))
    }
}

fn set(patterns: &[Pattern]) -> Result<GlobSet, PatternError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let text = pattern.as_str().trim_start_matches('/');
        let text = if text.contains('/') {
            text.to_owned()
        } else {
            format!("**/{text}")
        };
        let glob = GlobBuilder::new(&text)
            .literal_separator(true)
            .build()
            .map_err(|error| PatternError(error.to_string()))?;
        set.add(glob);
    }
    set.build().map_err(|error| PatternError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(include: &[&str], exclude: &[&str]) -> Filter {
        let patterns = |texts: &[&str]| -> Vec<Pattern> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        Filter::new(&patterns(include), &patterns(exclude)).unwrap()
    }

    #[test]
    fn patterns_select_files() {
        let all = filter(&[], &[]);
        assert!(all.admits("a/b.md") && all.enters("a"));
        let docs = filter(&["docs/**/*.md", "*.py"], &["drafts/**", "secret*"]);
        for (path, admitted) in [
            ("docs/a.md", true),
            ("docs/x/y/a.md", true),
            ("a.md", false),
            ("deep/down/tool.py", true),
            ("drafts/tool.py", false),
            ("x/secret.py", false),
        ] {
            assert_eq!(docs.admits(path), admitted, "{path}");
        }
    }

    #[test]
    fn excluded_folders_are_not_entered() {
        let filter = filter(&[], &["drafts/**", "node_modules"]);
        assert!(!filter.enters("drafts") && !filter.enters("drafts/old"));
        assert!(!filter.enters("web/node_modules"));
        assert!(filter.enters("docs"));
    }

    #[test]
    fn a_broken_pattern_is_named() {
        let error = Filter::new(&["a[".parse().unwrap()], &[]).unwrap_err();
        assert!(error.to_string().contains("a["), "{error}");
    }
}
