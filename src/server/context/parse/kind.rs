//! What a file is, for reading it.

use super::path::file_type;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Markdown: headings and front matter.
    Markdown,
    /// Text without a structure that is read: notes, logs, CSV, XML.
    Plain,
    /// JSON, JSON with comments, JSON lines: keys.
    Json,
    /// YAML: keys.
    Yaml,
    /// TOML: keys.
    Toml,
    /// Source code: identifiers and declarations, comments written in this way.
    Code(Comments),
    /// HTML, turned into Markdown.
    Html,
    /// PDF, turned into Markdown.
    Pdf,
    /// Word's DOCX, turned into Markdown.
    Docx,
}

/// How a programming language writes comments: all that is needed to tell its
/// identifiers from prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comments {
    /// `// …` and `/* … */`.
    Slashes,
    /// `# …`.
    Hash,
    /// `-- …` and `/* … */`.
    Dashes,
    /// `; …`.
    Semicolon,
    /// `% …`.
    Percent,
}

/// The types of files by how their comments are written.
const LANGUAGES: &[(Comments, &[&str])] = &[
    (
        Comments::Slashes,
        &[
            "c", "cc", "cjs", "cpp", "cs", "css", "cts", "cu", "cxx", "d", "dart", "fs", "go",
            "gradle", "groovy", "h", "hh", "hpp", "hxx", "java", "js", "jsx", "kt", "kts", "less",
            "m", "mjs", "mm", "mts", "php", "proto", "rs", "sass", "scala", "scss", "sol",
            "svelte", "swift", "ts", "tsx", "v", "vue", "zig",
        ],
    ),
    (
        Comments::Hash,
        &[
            "awk",
            "bash",
            "bzl",
            "cmake",
            "coffee",
            "dockerfile",
            "ex",
            "exs",
            "fish",
            "gd",
            "graphql",
            "hcl",
            "jl",
            "justfile",
            "ksh",
            "makefile",
            "mk",
            "nim",
            "nix",
            "pl",
            "pm",
            "ps1",
            "py",
            "pyi",
            "pyx",
            "r",
            "rake",
            "rb",
            "sh",
            "tcl",
            "tf",
            "zsh",
        ],
    ),
    (
        Comments::Dashes,
        &[
            "ada", "adb", "ads", "elm", "hs", "lua", "sql", "vhd", "vhdl",
        ],
    ),
    (
        Comments::Semicolon,
        &[
            "asm", "clj", "cljc", "cljs", "edn", "el", "lisp", "rkt", "s", "scm",
        ],
    ),
    (Comments::Percent, &["erl", "hrl", "tex"]),
];

impl Kind {
    /// What a file's name says, if it says anything.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        let kind = match file_type(path).as_str() {
            "md" | "mdx" | "qmd" | "rmd" => Self::Markdown,
            "txt" | "csv" | "tsv" | "log" | "ini" | "conf" | "cfg" | "xml" | "rst" | "adoc" => {
                Self::Plain
            }
            "json" | "json5" | "jsonc" | "jsonl" | "ndjson" | "ipynb" | "geojson" => Self::Json,
            "yaml" => Self::Yaml,
            "toml" => Self::Toml,
            "html" => Self::Html,
            "pdf" => Self::Pdf,
            "docx" => Self::Docx,
            language => {
                return LANGUAGES
                    .iter()
                    .find(|(_, extensions)| extensions.contains(&language))
                    .map(|(comments, _)| Self::Code(*comments));
            }
        };
        Some(kind)
    }

    /// What a server's `Content-Type` says, where the name says nothing.
    pub(super) fn of_content_type(content_type: &str) -> Option<Self> {
        let media_type = content_type.split(';').next().unwrap_or_default();
        let kind = match media_type.trim().to_ascii_lowercase().as_str() {
            "text/markdown" => Self::Markdown,
            "text/html" | "application/xhtml+xml" => Self::Html,
            "application/json" => Self::Json,
            "application/yaml" | "application/x-yaml" | "text/yaml" => Self::Yaml,
            "application/toml" => Self::Toml,
            "application/pdf" => Self::Pdf,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Self::Docx,
            _ => return None,
        };
        Some(kind)
    }
}
