//! Answering `GET context/history`.

use super::{Context, parse, search::address_of};
use crate::{
    protocol::{FileHistory, Problem, ProblemKind, SourceId},
    server::{auth::Caller, store::SourceAddress},
};

/// Which file, and which of its versions.
#[derive(Clone, Debug)]
pub struct HistoryRequest {
    /// The path below the source's folder.
    pub path: String,
    /// The source, by id or name; needed where two have the path.
    pub source: Option<String>,
    /// The version whose text is wanted.
    pub version: Option<u64>,
}

impl Context {
    /// The last versions of one of the caller's files.
    ///
    /// # Errors
    /// 404 if there is no such file or version, 422 if two sources have it, 503 if
    /// Redis is away.
    pub async fn history(
        &self,
        caller: &Caller,
        request: HistoryRequest,
    ) -> Result<FileHistory, Problem> {
        let sources = match &request.source {
            Some(name) => vec![self.named_source(caller, name).await?],
            None => self.own_source_ids(caller).await?,
        };
        // A file whose name is not in the canonical form may be stored as it is.
        let mut paths = vec![parse::canonical_path(&request.path)];
        if request.path != paths[0] {
            paths.push(request.path.clone());
        }
        let mut found = Vec::new();
        for source in sources {
            let address = address_of(caller, source);
            let histories = self.0.store.histories(&address, &paths).await?;
            let named = paths.iter().zip(histories);
            if let Some((path, history)) =
                named.into_iter().find(|(_, history)| !history.is_empty())
            {
                found.push((address, path.clone(), history));
            }
        }
        if found.len() > 1 {
            return Err(Problem::field(
                "source",
                "is needed: more than one source has this path",
            ));
        }
        let Some((address, path, history)) = found.pop() else {
            return Err(Problem::new(
                ProblemKind::NotFound,
                "none of your sources has or had a file of this path",
            ));
        };
        let versions: Vec<_> = history.into_iter().map(|record| record.version).collect();
        let content = match request.version {
            None => None,
            Some(number) => {
                let version = versions.iter().find(|version| version.version == number);
                let hash = version.and_then(|version| version.hash.clone());
                Some(self.version_text(&address, hash).await?)
            }
        };
        Ok(FileHistory {
            path,
            source: address.source,
            versions,
            content,
        })
    }

    async fn version_text(
        &self,
        address: &SourceAddress,
        hash: Option<String>,
    ) -> Result<String, Problem> {
        let gone = || {
            Problem::new(
                ProblemKind::NotFound,
                "there is no text of this version (any more)",
            )
        };
        let hash = hash.ok_or_else(gone)?;
        let texts = self.0.store.blobs(&[(address.clone(), hash)]).await?;
        texts.into_iter().next().flatten().ok_or_else(gone)
    }

    /// The ids of the caller's sources.
    pub(super) async fn own_source_ids(&self, caller: &Caller) -> Result<Vec<SourceId>, Problem> {
        let sources = self
            .0
            .store
            .source_records(&caller.workspace, &caller.user)
            .await?;
        Ok(sources.into_iter().map(|record| record.id).collect())
    }
}
