//! A folder with what goes wrong in practice: difficult names, many files, deep
//! folders, old encodings, and what is no text at all.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// How many files the crowded folder has.
pub const CROWD: usize = 1_200;

/// How deep the deepest file lies: the folders above it.
pub const DEPTH: usize = 12;

/// How long the long file is, in bytes.
pub const LONG: usize = 30 * 1024 * 1024;

/// What may stand in a name, and what then goes wrong: an escape forgotten or made
/// twice, a URL cut at `?` or `#`, XML that is not well-formed.
const NAMES: [&str; 16] = [
    "two words",
    "hash #1",
    "what?",
    "100%",
    "looks like%20an escape",
    "this & that",
    "one + one",
    "a;b,c",
    "it's \"quoted\"",
    "<b>bold",
    "[brackets] {braces}",
    "a=b@c~d",
    "a:b",
    "smörgåsbord",
    "日本語",
    "🦀",
];

/// A file that a correct client finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is, relative to the folder, in normal form C.
    pub path: String,
    /// What it says, as UTF-8 with `\n` at the ends of lines.
    pub text: String,
}

/// A folder on disk, removed on drop.
pub struct Tree {
    directory: TempDir,
    /// Every text file but the [`Tree::twins`], by path.
    files: BTreeMap<String, String>,
    /// Files that are no text or too long, which a client names as skipped.
    skipped: Vec<String>,
    twins: Option<Twins>,
}

/// Two files in one folder whose names are the same but for the normal form. Form C
/// of both is one path: a client must not take one file for the other's new version,
/// sync after sync, nor drop one without a word.
#[derive(Clone, Debug)]
pub struct Twins {
    /// The path of both in normal form C.
    pub path: String,
    /// What they say: the one named in normal form C, and the one in D.
    pub texts: [String; 2],
}

impl Tree {
    /// An empty folder.
    pub fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            files: BTreeMap::new(),
            skipped: Vec::new(),
            twins: None,
        }
    }

    /// Everything but the dangling link.
    pub fn difficult() -> Self {
        let mut tree = Self::new();
        tree.file("plain.md", "# Plain\n\nA file at the top.");
        for name in NAMES {
            tree.file(&format!("names/{name}.md"), &format!("A file named {name}"));
            let inside = format!("folder {name}/inside.md");
            tree.file(&inside, &format!("A file in a folder named {name}"));
        }
        tree.normal_forms();
        for n in 1..=CROWD {
            tree.file(&format!("crowd/{n}.txt"), &format!("One of many: {n}"));
        }
        let deep: PathBuf = (1..=DEPTH).map(|n| format!("level {n}")).collect();
        tree.file(&format!("{}/bottom.md", deep.display()), "The bottom");
        tree.file("empty.txt", "");
        fs::create_dir(tree.path().join("empty folder")).unwrap();
        tree.encodings();
        tree.no_text();
        tree
    }

    /// One name in both normal forms: in two folders, and in one.
    fn normal_forms(&mut self) {
        const COMPOSED: &str = "\u{fc}ber.md"; // über.md
        const DECOMPOSED: &str = "u\u{308}ber.md";
        self.file(&format!("composed/{COMPOSED}"), "Named in form C");
        self.write(&format!("decomposed/{DECOMPOSED}"), b"Named in form D");
        self.expect(&format!("decomposed/{COMPOSED}"), "Named in form D");
        let texts = ["The twin in form C", "The twin in form D"];
        self.write(&format!("twins/{COMPOSED}"), texts[0].as_bytes());
        self.write(&format!("twins/{DECOMPOSED}"), texts[1].as_bytes());
        self.twins = Some(Twins {
            path: format!("twins/{COMPOSED}"),
            texts: texts.map(str::to_owned),
        });
    }

    fn encodings(&mut self) {
        self.write(
            "encodings/latin-1.txt",
            b"Gr\xf6\xdfe \xfcber alles: na\xefve fa\xe7ade, d\xe9j\xe0 vu",
        );
        let text = "Größe über alles: naïve façade, déjà vu";
        self.expect("encodings/latin-1.txt", text);
        let text = "Größe, with a byte order mark";
        self.write("encodings/marked.txt", format!("\u{feff}{text}").as_bytes());
        self.expect("encodings/marked.txt", text);
        let utf_16 = ["\u{feff}", text].concat();
        let utf_16: Vec<u8> = utf_16.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.write("encodings/utf-16.txt", &utf_16);
        self.expect("encodings/utf-16.txt", text);
        self.write("encodings/windows.txt", b"one\r\ntwo\r\nthree");
        self.expect("encodings/windows.txt", "one\ntwo\nthree");
    }

    fn no_text(&mut self) {
        // What PNG files begin with, and every byte there is.
        let bytes: Vec<u8> = b"\x89PNG\r\n\x1a\n"
            .iter()
            .copied()
            .chain(0..=255)
            .collect();
        self.write("skipped/picture.png", &bytes);
        // Not said by its name.
        self.write("skipped/binary.txt", &bytes);
        let line = b"A line of the long file, which is text all through.\n";
        let long: Vec<u8> = line.iter().copied().cycle().take(LONG).collect();
        self.write("skipped/long.txt", &long);
        self.skipped.extend(
            ["picture.png", "binary.txt", "long.txt"].map(|name| format!("skipped/{name}")),
        );
    }

    /// A file in a folder of its own, beside a link to nowhere: some servers leave
    /// the link out of the listing, others refuse to list the whole folder (nginx
    /// with dav-ext: 500).
    pub fn with_dangling_link(mut self) -> Self {
        self.file("link/beside.md", "Beside a link to nowhere");
        symlink("nowhere", self.path().join("link/dangling.md")).unwrap();
        self
    }

    /// Writes a text file, or another text into one.
    pub fn file(&mut self, path: &str, text: &str) {
        self.write(path, text.as_bytes());
        self.expect(path, text);
    }

    /// Removes a text file.
    pub fn remove(&mut self, path: &str) {
        fs::remove_file(self.path().join(path)).unwrap();
        self.files.remove(path).expect("it was not there");
    }

    /// The folder on disk.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The text files that a correct client finds, without the twins.
    pub fn files(&self) -> Vec<File> {
        let files = self.files.iter();
        files
            .map(|(path, text)| File {
                path: path.clone(),
                text: text.clone(),
            })
            .collect()
    }

    /// The paths that a correct client names as skipped.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The two files of one name.
    pub fn twins(&self) -> Option<&Twins> {
        self.twins.as_ref()
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn expect(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.to_owned());
    }
}

/// The bytes of every file under a folder, sorted.
pub fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // What the name leads to: a link to nowhere is neither.
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                contents.push(fs::read(path).unwrap());
            }
        }
    }
    contents.sort();
    contents
}
