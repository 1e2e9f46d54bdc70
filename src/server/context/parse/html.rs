//! HTML → Markdown-like text.
//!
//! The tokens are those of the HTML standard, so that broken markup reads as in a
//! browser; no tree is built, so that depth costs nothing. Kept are words, headings
//! as `#` lines, list items, table rows, preformatted text and the title. Dropped is
//! what a reader of the page does not read: scripts, styles, pictures, navigation.

use html5gum::{DefaultEmitter, HtmlString, Token, Tokenizer};

/// What never holds prose.
const DROPPED: &[&[u8]] = &[
    b"script",
    b"style",
    b"template",
    b"noscript",
    b"svg",
    b"math",
    b"select",
    b"button",
    b"iframe",
    b"object",
    b"canvas",
];

/// Elements that stand on lines of their own.
const BLOCKS: &[&[u8]] = &[
    b"address",
    b"article",
    b"aside",
    b"blockquote",
    b"body",
    b"details",
    b"dd",
    b"div",
    b"dl",
    b"dt",
    b"fieldset",
    b"figcaption",
    b"figure",
    b"footer",
    b"form",
    b"header",
    b"hr",
    b"main",
    b"ol",
    b"p",
    b"section",
    b"summary",
    b"table",
    b"ul",
];

/// Turns a page into text.
pub(super) fn to_text(html: &str) -> String {
    let page = Page::read(html, true);
    if page.skipping.is_some() {
        // Navigation that never ends has swallowed the page.
        return Page::read(html, false).finish();
    }
    page.finish()
}

#[derive(Default)]
struct Page {
    title: String,
    text: Text,
    /// The element whose content is dropped, and how many of its name are open.
    skipping: Option<(Vec<u8>, usize)>,
    in_title: bool,
    in_heading: bool,
    drop_navigation: bool,
}

impl Page {
    fn read(html: &str, drop_navigation: bool) -> Self {
        let mut page = Self {
            drop_navigation,
            ..Self::default()
        };
        let mut emitter = DefaultEmitter::default();
        // The content of scripts and styles is no markup.
        emitter.naively_switch_states(true);
        for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
            match token {
                Token::StartTag(tag) => page.open(&tag.name, tag.self_closing),
                Token::EndTag(tag) => page.close(&tag.name),
                Token::String(words) => page.words(&words),
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        page
    }

    fn open(&mut self, name: &HtmlString, self_closing: bool) {
        let name = name.as_slice();
        if let Some((skipped, depth)) = &mut self.skipping {
            if skipped == name && !self_closing {
                *depth += 1;
            }
            return;
        }
        match name {
            b"title" => self.in_title = !self_closing,
            b"br" | b"tr" if !self.in_heading => self.text.line(),
            b"br" => self.text.space(),
            b"td" | b"th" => self.text.cell(),
            b"li" => self.text.item(),
            b"pre" | b"textarea" => {
                self.text.paragraph();
                self.text.preformatted += 1;
            }
            _ => {
                if let Some(level) = heading_level(name) {
                    self.text.heading(level);
                    self.in_heading = true;
                } else if !self_closing && self.is_dropped(name) {
                    self.skipping = Some((name.to_vec(), 1));
                } else if BLOCKS.contains(&name) {
                    self.block();
                }
            }
        }
    }

    fn close(&mut self, name: &HtmlString) {
        let name = name.as_slice();
        if let Some((skipped, depth)) = &mut self.skipping {
            if skipped == name {
                *depth -= 1;
                if *depth == 0 {
                    self.skipping = None;
                }
            }
            return;
        }
        match name {
            b"title" => self.in_title = false,
            b"pre" | b"textarea" => {
                self.text.preformatted = self.text.preformatted.saturating_sub(1);
                self.text.paragraph();
            }
            _ if heading_level(name).is_some() => {
                self.in_heading = false;
                self.text.paragraph();
            }
            b"p" | b"table" | b"ul" | b"ol" | b"dl" => self.block(),
            _ if BLOCKS.contains(&name) && self.in_heading => self.text.space(),
            _ if BLOCKS.contains(&name) => self.text.line(),
            _ => {}
        }
    }

    fn words(&mut self, words: &HtmlString) {
        if self.skipping.is_some() {
            return;
        }
        let words = String::from_utf8_lossy(words);
        if self.in_title {
            self.title.push_str(&words);
        } else {
            self.text.words(&words);
        }
    }

    /// A heading is one line: what stands inside it does not break it.
    fn block(&mut self) {
        if self.in_heading {
            self.text.space();
        } else {
            self.text.paragraph();
        }
    }

    fn is_dropped(&self, name: &[u8]) -> bool {
        DROPPED.contains(&name) || (self.drop_navigation && name == b"nav")
    }

    /// The page's text, below its title unless the text says it in its first heading.
    fn finish(self) -> String {
        let title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let body = self.text.written;
        let said = body
            .trim_start()
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# "))
            .is_some_and(|heading| heading.trim() == title);
        if title.is_empty() || said {
            body.trim_start().to_owned()
        } else {
            format!("# {title}\n\n{}", body.trim_start())
        }
    }
}

fn heading_level(name: &[u8]) -> Option<usize> {
    match name {
        [b'h', level @ b'1'..=b'6'] => Some(usize::from(level - b'0')),
        _ => None,
    }
}

/// Text as it is written: white space folded, paragraphs apart.
#[derive(Default)]
struct Text {
    written: String,
    /// How many `<pre>` are open.
    preformatted: usize,
}

impl Text {
    fn words(&mut self, words: &str) {
        if self.preformatted > 0 {
            self.written.push_str(words);
            return;
        }
        if words.starts_with(char::is_whitespace) {
            self.space();
        }
        for (index, word) in words.split_whitespace().enumerate() {
            if index > 0 {
                self.written.push(' ');
            }
            self.written.push_str(word);
        }
        if words.ends_with(char::is_whitespace) {
            self.space();
        }
    }

    fn space(&mut self) {
        if !self.written.is_empty() && !self.written.ends_with([' ', '\n']) {
            self.written.push(' ');
        }
    }

    fn line(&mut self) {
        self.trim();
        if !self.written.is_empty() && !self.written.ends_with('\n') {
            self.written.push('\n');
        }
    }

    fn paragraph(&mut self) {
        self.line();
        if !self.written.is_empty() && !self.written.ends_with("\n\n") {
            self.written.push('\n');
        }
    }

    fn heading(&mut self, level: usize) {
        self.paragraph();
        self.written.extend(std::iter::repeat_n('#', level));
        self.written.push(' ');
    }

    fn item(&mut self) {
        self.line();
        self.written.push_str("- ");
    }

    fn cell(&mut self) {
        if !self.written.is_empty() && !self.written.ends_with('\n') {
            self.trim();
            self.written.push_str(" | ");
        }
    }

    /// Takes away spaces at the end of the line.
    fn trim(&mut self) {
        self.written
            .truncate(self.written.trim_end_matches(' ').len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_markdown() {
        let html = "<!doctype html><html><head><title>Sign &amp; in</title>\
            <style>p { color: red }</style><script>if (a < b) { alert('<p>no</p>') }</script>\
            </head><body><nav><ul><li>Home</ul></nav><h1>How to <em>sign</em> in</h1>\
            <p>Use a  <b>token</b>,\n not a&nbsp;password &mdash; ever.<p>Second\
            <ul><li>one<li>two</ul><table><tr><th>a<th>b<tr><td>1<td>2</table>\
            <pre>let a = 1;\n  let b;</pre><h2><div>Sub</div> part</h2>end</body></html>";
        assert_eq!(
            to_text(html),
            "# Sign & in\n\n# How to sign in\n\nUse a token, not a password — ever.\n\n\
             Second\n\n- one\n- two\n\na | b\n1 | 2\n\nlet a = 1;\n  let b;\n\n\
             ## Sub part\n\nend\n"
        );
    }

    #[test]
    fn a_title_that_is_the_first_heading_is_said_once() {
        assert_eq!(to_text("<title>A</title><h1>A</h1>b"), "# A\n\nb");
    }

    #[test]
    fn markup_that_never_ends_swallows_nothing() {
        assert_eq!(to_text("<p>a<nav><p>b"), "a\n\nb");
        assert_eq!(to_text("<h1>a"), "# a");
        assert_eq!(to_text("<p a=\"b"), "");
        assert_eq!(to_text("</nav></h1></pre>a"), "a");
    }

    #[test]
    fn depth_costs_nothing() {
        let html = "<div>".repeat(200_000) + "deep";
        assert_eq!(to_text(&html), "deep");
    }
}
