//! A change of a file: planned, shown, written.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context;
use similar::TextDiff;

/// The mode of a file that was not there, less what the user's umask takes away.
const NEW_FILE_MODE: u32 = 0o666;

/// A file before and after.
pub struct Change {
    file: PathBuf,
    before: Option<String>,
    /// `None` for no file.
    after: Option<String>,
}

impl Change {
    /// What `edit` makes of a file; of the empty text if there is none. If it leaves
    /// nothing, the file goes.
    ///
    /// # Errors
    /// If the file cannot be read, or `edit` cannot read it.
    pub fn plan(
        file: PathBuf,
        edit: &dyn Fn(&str) -> anyhow::Result<String>,
    ) -> anyhow::Result<Self> {
        let before = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", file.display()));
            }
        };
        let after = edit(before.as_deref().unwrap_or_default())
            .with_context(|| format!("cannot change {}", file.display()))?;
        // An empty file stays: it is not ours.
        let after = Some(after).filter(|after| !after.is_empty() || before.as_deref() == Some(""));
        Ok(Self {
            file,
            before,
            after,
        })
    }

    /// Whether there is nothing to do.
    pub fn is_none(&self) -> bool {
        self.before == self.after
    }

    /// The change, as diff(1) shows it in its unified form.
    pub fn diff(&self) -> String {
        let name = |text: &Option<String>| match text {
            Some(_) => self.file.display().to_string(),
            None => "/dev/null".to_owned(),
        };
        TextDiff::from_lines(
            self.before.as_deref().unwrap_or_default(),
            self.after.as_deref().unwrap_or_default(),
        )
        .unified_diff()
        .header(&name(&self.before), &name(&self.after))
        .to_string()
    }

    /// Writes it: whole or not at all. A link stays one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self) -> anyhow::Result<()> {
        let file = fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone());
        match &self.after {
            Some(text) => replace(&file, text),
            None => fs::remove_file(&file),
        }
        .with_context(|| format!("cannot write {}", file.display()))
    }
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mode = fs::metadata(file).map_or(NEW_FILE_MODE, |found| found.mode() & 0o7777);
    let mut draft = file.as_os_str().to_owned();
    draft.push(format!(".leitl-{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&draft)
        .and_then(|mut out| {
            out.write_all(text.as_bytes())?;
            out.sync_all()
        })
        .and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}
