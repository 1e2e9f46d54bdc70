//! The files of a user, by name.

use super::{Context, HistoryRequest};
use crate::{
    protocol::{Problem, ProblemKind, SourceId, Timestamp},
    server::auth::Caller,
};

/// A file's text as it is now.
#[derive(Clone, Debug)]
pub struct NewestText {
    /// The source.
    pub source: SourceId,
    /// The path below the source's folder.
    pub path: String,
    /// The version's number, from 1.
    pub version: u64,
    /// When it was made, as the source says.
    pub updated_at: Timestamp,
    /// The text.
    pub text: String,
}

impl Context {
    /// The sources and paths of the caller's files that can be read, in that order.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn files(&self, caller: &Caller) -> Result<Vec<(SourceId, String)>, Problem> {
        self.ensure_share(caller).await?;
        let library = self.0.libraries.of(&caller.workspace, &caller.user);
        let shelf = library.refresh(&self.0.store).await?;
        let mut files: Vec<_> = shelf
            .files
            .iter()
            .flat_map(|(source, files)| files.keys().map(|path| (source.clone(), path.clone())))
            .collect();
        files.sort();
        Ok(files)
    }

    /// What one of the caller's files says now.
    ///
    /// # Errors
    /// 404 if there is no such file or it has no text, 422 if two sources have it, 503 if
    /// Redis is away.
    pub async fn newest(
        &self,
        caller: &Caller,
        path: &str,
        source: Option<String>,
    ) -> Result<NewestText, Problem> {
        self.ensure_share(caller).await?;
        let mut request = HistoryRequest {
            path: path.to_owned(),
            source,
            version: None,
        };
        let newest = self.history(caller, request.clone()).await?;
        request.source = Some(newest.source.to_string());
        let newest = newest.versions.into_iter().next();
        let newest = newest.ok_or_else(gone)?;
        request.version = Some(newest.version);
        // It may have got another version meanwhile; this one is kept.
        let found = self.history(caller, request).await?;
        Ok(NewestText {
            source: found.source,
            path: found.path,
            version: newest.version,
            updated_at: newest.updated_at,
            text: found.content.ok_or_else(gone)?,
        })
    }
}

fn gone() -> Problem {
    Problem::new(ProblemKind::NotFound, "this file has no text now")
}
