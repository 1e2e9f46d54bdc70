//! Finds a work tree and its git folder (gitrepository-layout(5)).

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// The most that is read of a file that holds one path, in bytes.
const MAX_PATH_FILE: u64 = 8 * 1024;

/// A work tree and where its repository is.
#[derive(Debug, PartialEq, Eq)]
pub struct GitFolder {
    /// The top of the work tree.
    pub top: PathBuf,
    /// The git folder that all work trees of the repository share.
    pub common: PathBuf,
}

impl GitFolder {
    /// The one that a folder is in. The folder's path has no links; it need not exist.
    pub fn around(folder: &Path) -> Option<Self> {
        folder.ancestors().find_map(|top| {
            let git = top.join(".git");
            let own = match fs::metadata(&git).ok()? {
                found if found.is_dir() => git,
                // A further work tree or a submodule: the file names the folder.
                _ => resolve(top, read_path(&git)?.strip_prefix("gitdir:")?),
            };
            // The least a git folder has.
            fs::metadata(own.join("HEAD")).ok()?;
            let common = match read_path(&own.join("commondir")) {
                Some(common) => resolve(&own, &common),
                None => own,
            };
            Some(Self {
                top: top.to_owned(),
                common: fs::canonicalize(common).ok()?,
            })
        })
    }
}

fn resolve(base: &Path, path: &str) -> PathBuf {
    base.join(path.trim())
}

fn read_path(file: &Path) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(file).ok()?;
    file.take(MAX_PATH_FILE).read_to_string(&mut text).ok()?;
    Some(text)
}
