//! Markdown's headings and front matter.

use pulldown_cmark::{Event, HeadingLevel, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use super::{Outline, data};

/// The outline of a Markdown text (CommonMark, and front matter in YAML between
/// `---` or TOML between `+++`).
pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader::default();
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    for event in Parser::new_ext(text, options) {
        reader.read(event);
    }
    let title = reader
        .title
        .or(reader.first_top_heading)
        .or_else(|| reader.headings.first().cloned());
    Outline {
        title,
        headings: reader.headings,
        terms: reader.terms,
    }
}

#[derive(Default)]
struct Reader {
    title: Option<String>,
    first_top_heading: Option<String>,
    headings: Vec<String>,
    terms: Vec<String>,
    /// The heading or front matter that is being read.
    open: Option<String>,
}

impl Reader {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::MetadataBlock(_)) => {
                self.open = Some(String::new());
            }
            Event::End(TagEnd::Heading(level)) => {
                let heading = self.open.take().unwrap_or_default().trim().to_owned();
                if level == HeadingLevel::H1 && !heading.is_empty() {
                    self.first_top_heading
                        .get_or_insert_with(|| heading.clone());
                }
                self.headings.push(heading);
            }
            Event::End(TagEnd::MetadataBlock(kind)) => self.front_matter(kind),
            Event::Text(words) | Event::Code(words) => {
                if let Some(open) = &mut self.open {
                    open.push_str(&words);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(open) = &mut self.open {
                    open.push(' ');
                }
            }
            _ => {}
        }
    }

    fn front_matter(&mut self, kind: MetadataBlockKind) {
        let text = self.open.take().unwrap_or_default();
        let entries = match kind {
            MetadataBlockKind::YamlStyle => data::yaml(&text),
            MetadataBlockKind::PlusesStyle => data::toml(&text),
        };
        self.title = entries.title;
        self.terms = entries.values;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_both_styles_are_read_and_those_in_code_are_not() {
        let text = "Intro\n\n# Sign in #\n\n```sh\n# not a heading\n```\n\n\
            Token *rules*\n-----\n\n    # nor this\n\n## Use `login` [now](x)\n\n#hashtag\n\n####### seven\n";
        let outline = outline(text);
        assert_eq!(
            outline.headings,
            ["Sign in", "Token rules", "Use login now"]
        );
        assert_eq!(outline.title.as_deref(), Some("Sign in"));
    }

    #[test]
    fn the_title_is_the_front_matters_before_any_heading() {
        let text = "---\ntitle: \"How to sign in\"\ntags: [auth, tokens]\nauthor:\n  name: Ada\n---\n# Other\n";
        let yaml = outline(text);
        assert_eq!(yaml.title.as_deref(), Some("How to sign in"));
        assert_eq!(yaml.terms, ["How to sign in", "auth", "tokens", "Ada"]);
        assert_eq!(yaml.headings, ["Other"]);
        let toml = outline("+++\ntitle = 'A'\ntags = ['b', \"c\"]\n+++\ntext");
        assert_eq!(toml.title.as_deref(), Some("A"));
        assert_eq!(toml.terms, ["A", "b", "c"]);
    }

    #[test]
    fn a_second_level_heading_is_a_title_where_no_other_is() {
        assert_eq!(outline("## B\n\ntext").title.as_deref(), Some("B"));
        assert_eq!(outline("## B\n# A").title.as_deref(), Some("A"));
        assert_eq!(outline("text").title, None);
    }

    #[test]
    fn what_never_ends_is_read_to_the_end() {
        assert_eq!(outline("# a\n```\n# b\n").headings, ["a"]);
        assert_eq!(outline("---\ntitle: x\n# a\n").title.as_deref(), Some("a"));
    }

    #[test]
    fn broken_front_matter_gives_what_was_read() {
        let text = "---\ntitle: A\ntags: [b, {\n---\n# C\n";
        assert_eq!(outline(text).title.as_deref(), Some("A"));
        assert_eq!(outline(text).headings, ["C"]);
    }
}
