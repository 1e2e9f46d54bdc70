use std::time::{Duration, Instant};

use super::*;

fn read(path: &str, bytes: &[u8]) -> Result<Text, Skipped> {
    extract(path, None, bytes, &Limits::default())
}

#[test]
fn a_text_has_a_hash_tokens_and_an_encoding() {
    let text = read(
        "docs/a.md",
        b"\xef\xbb\xbf# Sign in\r\n\r\nwith a token\r\n\r\n",
    )
    .unwrap();
    assert_eq!(text.text, "# Sign in\n\nwith a token");
    assert_eq!(text.hash, ContentHash::of("# Sign in\n\nwith a token"));
    assert_eq!(text.kind, Kind::Markdown);
    assert_eq!(text.encoding, "UTF-8");
    assert!((5..=8).contains(&text.tokens), "{}", text.tokens);
    assert_eq!(text.omitted, None);
}

#[test]
fn the_same_words_in_any_encoding_have_the_same_hash() {
    let words = "Schlüssel für Ärzte – größer und schöner als früher";
    let utf16: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(words.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(words);
    let expected = read("a.txt", words.as_bytes()).unwrap();
    for bytes in [&utf16[..], &latin[..]] {
        let text = read("a.txt", bytes).unwrap();
        assert_eq!(text.text, words);
        assert_eq!(text.hash, expected.hash);
    }
}

#[test]
fn an_empty_file_is_an_empty_text() {
    for path in ["a.md", "a.json", "a.html", "a.pdf", "a.docx", "a.py", "a"] {
        let text = read(path, b"").unwrap();
        assert_eq!((text.text.as_str(), text.tokens), ("", 0), "{path}");
        assert_eq!(outline(path, ""), Outline::default(), "{path}");
    }
}

#[test]
fn documents_are_read_by_name_content_type_or_first_bytes() {
    let docx = fixtures::docx(fixtures::DOCUMENT);
    let text = read("a.docx", &docx).unwrap();
    assert_eq!(text.kind, Kind::Docx);
    let outline = outline("a.docx", &text.text);
    assert_eq!(outline.title.as_deref(), Some("Zugang & Rechte"));
    let pdf = fixtures::pdf("BT /F1 9 Tf (words) Tj ET");
    assert_eq!(read("no-extension", &pdf).unwrap().kind, Kind::Pdf);
    assert_eq!(read("a.pdf", &pdf).unwrap().text, "words");
    let page = extract(
        "page",
        Some("text/html; charset=utf-8"),
        b"<p>hi",
        &Limits::default(),
    );
    assert_eq!(page.unwrap().text, "hi");
}

#[test]
fn what_is_no_text_is_skipped_with_a_reason() {
    let reason = |path, bytes: &[u8]| read(path, bytes).err().unwrap().to_string();
    assert_eq!(
        reason("a.md", b"\x89PNG\r\n\x1a\n"),
        "not text: a PNG picture"
    );
    assert_eq!(reason("a", b"a\0b"), "not text: binary data");
    assert_eq!(
        reason("a.docx", b"PK\x03\x04"),
        "damaged: not a readable Word document"
    );
    assert_eq!(reason("a.xlsx", b"PK\x03\x04"), "not text: a ZIP archive");
    assert_eq!(reason("a.pdf", b"garbage"), "damaged: not a readable PDF");
    assert_eq!(
        reason("a.txt", &b"a".repeat((4 << 20) + 1)),
        "too large: more than 4194304 bytes of text"
    );
    // UTF-16 is measured as UTF-8.
    let utf16 = [b"\xff\xfe".to_vec(), b"a\0".repeat(3 << 20)].concat();
    assert!(read("a.txt", &utf16).is_ok());
}

#[test]
fn a_text_is_its_own_canonical_form() {
    for (path, bytes) in fixtures() {
        let text = read(path, &bytes).unwrap().text;
        assert_eq!(read("a.txt", text.as_bytes()).unwrap().text, text, "{path}");
    }
}

#[test]
fn hostile_texts_are_read_in_time() {
    let long_line = "word ".repeat(800_000);
    let texts = [
        ("a.md", "[".repeat(1 << 18)),
        ("a.md", "> ".repeat(1 << 18)),
        ("a.md", "*a_".repeat(1 << 18)),
        ("a.md", "- ".repeat(1 << 17)),
        ("a.md", "`".repeat(1 << 18)),
        ("a.md", "![a](".repeat(1 << 16)),
        ("a.md", format!("---\n{}", "a: &a [*a]\n".repeat(1 << 14))),
        ("a.md", format!("```\n{long_line}")),
        ("a.md", long_line.clone()),
        ("a.py", long_line.clone()),
        ("a.rs", "\"".repeat(1 << 18)),
        ("a.rs", "/*".repeat(1 << 18)),
        ("a.json", "[".repeat(1 << 18)),
        ("a.json", "\"\\".repeat(1 << 18)),
        ("a.json", "\"a\"\n".repeat(1 << 18)),
        ("a.yaml", "[".repeat(1 << 18)),
        ("a.yaml", "- ".repeat(1 << 17)),
        ("a.yaml", "a: ".repeat(1 << 17)),
        ("a.yaml", "a\n".repeat(1 << 17)),
        ("a.yaml", "\"a".repeat(1 << 18)),
        ("a.yaml", long_line.clone()),
        ("a.yaml", "{".repeat(1 << 18)),
        ("a.toml", "a=[".repeat(1 << 17)),
        ("a.toml", "[a.".repeat(1 << 17)),
        ("a.toml", long_line),
        ("a.html", "<div>".repeat(1 << 17)),
        ("a.html", "<".repeat(1 << 18)),
        ("a.html", "<a b=c ".repeat(1 << 17)),
        ("a.html", "&amp".repeat(1 << 17)),
        ("a.html", "<td>".repeat(1 << 17)),
    ];
    for (path, text) in texts {
        let start = Instant::now();
        let extracted = read(path, text.as_bytes());
        outline(path, extracted.as_ref().map_or("", |text| &text.text));
        // Minutes where time grows with the square; the limit is for an unoptimised
        // build on a busy machine.
        let head: String = text.chars().take(12).collect();
        let took = start.elapsed();
        assert!(took < Duration::from_secs(30), "{path} {head}: {took:?}");
    }
}

#[test]
fn random_and_changed_files_end_without_a_panic() {
    // `contained` would hide a panic in what it wraps, so that is called as well.
    let mut random = Random(7);
    let fixtures = fixtures();
    let kinds = [
        "md", "json", "yaml", "toml", "rs", "py", "html", "pdf", "docx", "txt", "",
    ];
    for round in 0..6000 {
        let (path, bytes) = if round % 5 == 0 {
            let extension = kinds[random.below(kinds.len())];
            let length = random.below(400);
            let bytes = (0..length).map(|_| random.byte()).collect();
            (format!("a.{extension}"), bytes)
        } else {
            let (path, bytes) = &fixtures[random.below(fixtures.len())];
            ((*path).to_owned(), random.change(bytes))
        };
        let extracted = read(&path, &bytes);
        assert_eq!(
            extracted.as_ref().map(|text| text.hash).ok(),
            read(&path, &bytes).map(|text| text.hash).ok()
        );
        let _ = pdf::to_text(&bytes, &Limits::default());
        let _ = docx::to_text(&bytes, 1 << 20);
        let text = String::from_utf8_lossy(&bytes);
        html::to_text(&text);
        markdown::outline(&text);
        data::yaml(&text);
        data::toml(&text);
        data::json_keys(&text);
        code::outline(&text, Comments::Hash);
        code::outline(&text, Comments::Slashes);
        if let Ok(text) = extracted {
            outline(&path, &text.text);
        }
    }
}

fn fixtures() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (
            "a.pdf",
            fixtures::pdf("BT /F1 9 Tf 10 TL (one) Tj T* [(t) 20 (wo)] TJ ET q Q /F Do"),
        ),
        ("a.docx", fixtures::docx(fixtures::DOCUMENT)),
        (
            "a.html",
            b"<title>A &amp; b</title><h1>c</h1><script>x</script><pre> d\n e</pre><td>f".to_vec(),
        ),
        (
            "a.md",
            "---\ntitle: Größe\ntags: [a, 'b']\n---\n# A\n\n```rs\nfn\n```\nB\n===\n- [x](y)\n"
                .as_bytes()
                .to_vec(),
        ),
        (
            "b.md",
            b"+++\ntitle = 'a'\nb = [1, {c = \"d\"}]\n+++\n## e `f`\n".to_vec(),
        ),
        (
            "a.json",
            br#"{"a": {"b\u00e9": [1, "c", null]}, "d": "e\"f"}"#.to_vec(),
        ),
        (
            "a.yaml",
            b"a: &x {b: [c, 'd']}\ne: *x\nf: |\n  g\n? h\n: \"i\"\n".to_vec(),
        ),
        (
            "a.toml",
            b"a = 1\n[b.c]\n'd' = [\"e\", '''f''']\n[[g]]\nh = {i = 2}\n".to_vec(),
        ),
        (
            "a.rs",
            "/// Doc\nfn größe<'a>(x: &'a str) -> u8 { \"s\\\"\" /* c */ }"
                .as_bytes()
                .to_vec(),
        ),
        (
            "a.py",
            b"class A:\n    \"\"\"doc\"\"\"\n    def b(self): return 'c' # d\n".to_vec(),
        ),
        ("a.txt", b"\xff\xfea\0b\0\x3d\xd8\x00\xde\n\0".to_vec()),
    ]
}

/// Numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    /// A file with a few bytes changed, taken out, put in or said again.
    fn change(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.byte()),
                2 => {
                    let end = at + self.below(bytes.len() - at);
                    bytes.drain(at..end);
                }
                3 => {
                    let end = at + self.below(bytes.len() - at);
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = self.byte();
                    }
                }
            }
        }
        bytes
    }
}
