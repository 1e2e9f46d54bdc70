//! Adding, listing, changing and removing sources.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::{Context, connect::credentials, filter::Filter, search::address_of};
use crate::{
    protocol::{
        Line, Patterns, Problem, ProblemKind, Secret, Source, SourceAuth, SourceId, SourceName,
        SourceSettings, SyncStatus,
    },
    server::{
        auth::{Caller, User},
        random,
        store::{SourceAddress, SourceRecord, SyncRecord},
    },
};

/// The shortest interval between two synchronisations that a user may ask for, in
/// seconds.
const SHORTEST_INTERVAL: u64 = 30;

/// The longest, in seconds: a day.
const LONGEST_INTERVAL: u64 = 24 * 3600;

/// How many sources one user may have.
const MOST_SOURCES: usize = 32;

/// How long `sync` waits when it is asked to.
const WAIT_LIMIT: Duration = Duration::from_secs(60);

/// A source to add.
#[derive(Debug)]
pub struct NewSource {
    /// What its user calls it.
    pub name: SourceName,
    /// The folder and how to come in.
    pub change: SourceChange,
}

/// What to change of a source; `None` leaves it.
#[derive(Debug, Default)]
pub struct SourceChange {
    /// The name.
    pub name: Option<SourceName>,
    /// The folder.
    pub url: Option<Line<1, 2000>>,
    /// How to come in.
    pub auth: Option<SourceAuth>,
    /// The user there.
    pub username: Option<Line<0, 256>>,
    /// The password or token there. Never returned, never logged.
    pub secret: Option<Secret>,
    /// How often it is synchronised, in seconds.
    pub interval_seconds: Option<u64>,
    /// Only files that match one of these.
    pub include: Option<Patterns>,
    /// No files that match one of these.
    pub exclude: Option<Patterns>,
    /// Larger files are skipped.
    pub max_file_bytes: Option<u64>,
    /// A folder with more files is refused.
    pub max_files: Option<u64>,
}

impl Context {
    /// The sources of the workspace: the caller's own with all there is to know,
    /// others' by name and health alone.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn list_sources(&self, caller: &Caller) -> Result<Vec<Source>, Problem> {
        self.ensure_share(caller).await?;
        let mut listed = self.sources_of(caller, &caller.user).await?;
        let mut others = self.0.store.source_owners(&caller.workspace).await?;
        others.retain(|owner| *owner != caller.user);
        others.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        for owner in others {
            listed.extend(self.sources_of(caller, &owner).await?);
        }
        Ok(listed)
    }

    async fn sources_of(&self, caller: &Caller, owner: &User) -> Result<Vec<Source>, Problem> {
        let sources = self.0.store.sources(&caller.workspace, owner).await?;
        Ok(sources
            .into_iter()
            .map(|(record, sync)| seen_by(caller, owner, record, sync))
            .collect())
    }

    /// Adds a source, once its server was seen to let us in.
    ///
    /// # Errors
    /// 403 for a session token, 422 if a field breaks a rule or the server says no
    /// (in words that name what is wrong), 503 if Redis is away.
    pub async fn add_source(&self, caller: &Caller, new: NewSource) -> Result<Source, Problem> {
        caller.require_user()?;
        let own = self
            .0
            .store
            .source_records(&caller.workspace, &caller.user)
            .await?;
        if own.len() >= MOST_SOURCES {
            return Err(Problem::new(
                ProblemKind::Conflict,
                format!("you have {MOST_SOURCES} sources already, and more are not possible"),
            ));
        }
        let id: SourceId = random::text(10)
            .parse()
            .map_err(|rule: &str| Problem::new(ProblemKind::Internal, rule))?;
        let address = address_of(caller, id.clone());
        let mut record = self.new_record(id, new.name).await?;
        if new.change.url.is_none() {
            return Err(Problem::field("url", "is missing"));
        }
        self.apply(&address, &mut record, new.change).await?;
        if !self.0.store.add_source(&address, &record).await? {
            return Err(Problem::new(ProblemKind::Conflict, "try again"));
        }
        self.0.due.notify_one();
        let sync = self.0.store.sync_record(&address).await?;
        Ok(seen_by(caller, &caller.user, record, sync))
    }

    /// Changes a source; its content is read anew where that may differ.
    ///
    /// # Errors
    /// As [`Context::add_source`]; 404 if there is no such source.
    pub async fn change_source(
        &self,
        caller: &Caller,
        id: SourceId,
        change: SourceChange,
    ) -> Result<Source, Problem> {
        caller.require_user()?;
        let address = address_of(caller, id);
        let before = self.own_source(&address).await?;
        let mut record = before.clone();
        self.apply(&address, &mut record, change).await?;
        if !self
            .0
            .store
            .change_source(&address, &before, &record)
            .await?
        {
            return Err(Problem::new(
                ProblemKind::Conflict,
                "the source was changed at the same time; look at it and try again",
            ));
        }
        self.request_sync(&address).await?;
        let sync = self.0.store.sync_record(&address).await?;
        Ok(seen_by(caller, &caller.user, record, sync))
    }

    /// Removes a source and all that was read from it; the folder itself stays.
    ///
    /// # Errors
    /// 403 for a session token or the built-in share, 404 if there is no such source.
    pub async fn remove_source(&self, caller: &Caller, id: SourceId) -> Result<(), Problem> {
        caller.require_user()?;
        if id.is_share() {
            return Err(Problem::new(
                ProblemKind::Forbidden,
                "the built-in share cannot be removed",
            ));
        }
        let address = address_of(caller, id);
        self.own_source(&address).await?;
        self.0.store.remove_source(&address).await?;
        Ok(())
    }

    /// Synchronises a source now, and with `wait` until that is done.
    ///
    /// # Errors
    /// 404 if there is no such source, 503 if Redis is away.
    pub async fn sync_source(
        &self,
        caller: &Caller,
        id: SourceId,
        wait: bool,
    ) -> Result<Source, Problem> {
        self.ensure_share(caller).await?;
        let address = address_of(caller, id);
        let record = self.own_source(&address).await?;
        let request = self.request_sync(&address).await?;
        if wait {
            self.wait_for(&address, request, WAIT_LIMIT).await?;
        }
        let sync = self.0.store.sync_record(&address).await?;
        Ok(seen_by(caller, &caller.user, record, sync))
    }

    async fn own_source(&self, address: &SourceAddress) -> Result<SourceRecord, Problem> {
        self.0
            .store
            .source(address)
            .await?
            .ok_or_else(|| Problem::new(ProblemKind::NotFound, "you have no source with this id"))
    }

    /// The caller's source of this id or, if no other has it, of this name.
    pub(super) async fn named_source(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<SourceId, Problem> {
        let sources = self
            .0
            .store
            .source_records(&caller.workspace, &caller.user)
            .await?;
        if let Some(record) = sources.iter().find(|record| record.id.as_str() == name) {
            return Ok(record.id.clone());
        }
        let mut named = sources
            .into_iter()
            .filter(|record| record.name.as_str() == name);
        match (named.next(), named.next()) {
            (Some(record), None) => Ok(record.id),
            (Some(_), Some(_)) => Err(Problem::field(
                "source",
                "names more than one source; give its id",
            )),
            (None, _) => Err(Problem::field("source", "is not one of your sources")),
        }
    }

    /// Applies a change to a record, seals its secret and, where the way to the
    /// folder changes, tries it.
    async fn apply(
        &self,
        address: &SourceAddress,
        record: &mut SourceRecord,
        change: SourceChange,
    ) -> Result<(), Problem> {
        if record.id.is_share() && change.url.is_some() | change.auth.is_some() {
            return Err(Problem::field(
                "url",
                "and auth of the built-in share cannot be changed",
            ));
        }
        let way_changes = change.url.is_some()
            || change.auth.is_some()
            || change.username.is_some()
            || change.secret.is_some();
        if let Some(name) = change.name {
            record.name = name;
        }
        if let Some(seconds) = change.interval_seconds {
            if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&seconds) {
                return Err(Problem::field(
                    "interval_seconds",
                    format!("must be {SHORTEST_INTERVAL} to {LONGEST_INTERVAL}"),
                ));
            }
            record.interval_seconds = seconds;
        }
        if let Some(bytes) = change.max_file_bytes {
            record.max_file_bytes = within("max_file_bytes", bytes, 100 << 20)?;
        }
        if let Some(files) = change.max_files {
            record.max_files = within("max_files", files, 50_000)?;
        }
        if let Some(include) = change.include {
            record.include = include.into_vec();
        }
        if let Some(exclude) = change.exclude {
            record.exclude = exclude.into_vec();
        }
        Filter::new(&record.include, &[]).map_err(|error| Problem::field("include", error))?;
        Filter::new(&[], &record.exclude).map_err(|error| Problem::field("exclude", error))?;
        if !way_changes {
            return Ok(());
        }

        let new_secret = change
            .secret
            .map(|secret| SecretString::from(secret.into_inner()));
        let keeps_secret = new_secret.is_none() && record.sealed.is_some();
        if let Some(url) = &change.url {
            // A stored password goes only to the server that it was given for.
            if keeps_secret && !same_origin(record.url.as_deref(), url.as_str()) {
                return Err(Problem::field(
                    secret_field(record.auth),
                    "is needed again for another server",
                ));
            }
            record.url = Some(url.to_string());
        }
        if let Some(auth) = change.auth {
            if keeps_secret && auth != record.auth && auth != SourceAuth::None {
                return Err(Problem::field(
                    secret_field(auth),
                    "is needed again for another kind of auth",
                ));
            }
            record.auth = auth;
        }
        if let Some(username) = change.username {
            record.username = Some(username.to_string());
        }
        let secret = match (record.auth, new_secret, &record.sealed) {
            (SourceAuth::None, ..) => {
                record.sealed = None;
                record.username = None;
                SecretString::default()
            }
            (_, Some(secret), _) => {
                record.sealed = Some(self.seal(address, &secret)?);
                secret
            }
            (_, None, Some(sealed)) => {
                self.0.vault.open_sealed(address, sealed).map_err(|error| {
                    Problem::field("password", format!("is needed again: {error}"))
                })?
            }
            (auth, None, None) => return Err(Problem::field(secret_field(auth), "is missing")),
        };
        if secret.expose_secret().chars().any(char::is_control) {
            return Err(Problem::field(
                "password",
                "must not contain control characters",
            ));
        }
        let user = record.username.clone().unwrap_or_default();
        if matches!(record.auth, SourceAuth::Basic | SourceAuth::Digest) && user.is_empty() {
            return Err(Problem::field("username", "is missing"));
        }
        self.try_out(record, credentials(record.auth, user, secret))
            .await
    }

    /// Sees whether a source's server lets us in.
    async fn try_out(
        &self,
        record: &SourceRecord,
        credentials: super::dav::Credentials,
    ) -> Result<(), Problem> {
        let url = record.url.as_deref().unwrap_or_default();
        let client = self
            .connect_with(url, &credentials)
            .map_err(|error| Problem::field("url", format!("does not work: {error}")))?;
        client
            .probe()
            .await
            .map(|_| ())
            .map_err(|error| Problem::field("url", format!("does not work: {error}")))
    }

    fn seal(
        &self,
        address: &SourceAddress,
        secret: &SecretString,
    ) -> Result<crate::server::auth::Sealed, Problem> {
        self.0.vault.seal(address, secret).map_err(|error| {
            tracing::error!("cannot seal credentials: {error}");
            Problem::new(
                ProblemKind::Internal,
                "the server cannot keep credentials safe, so it does not keep them",
            )
        })
    }

    /// Registers the caller's built-in share if it is not yet.
    pub(super) async fn ensure_share(&self, caller: &Caller) -> Result<(), Problem> {
        let address = address_of(caller, SourceId::share());
        if self.0.store.source(&address).await?.is_none() {
            let name = "share"
                .parse()
                .map_err(|rule| Problem::new(ProblemKind::Internal, format!("{rule}")))?;
            let record = self.new_record(SourceId::share(), name).await?;
            self.0.store.add_source(&address, &record).await?;
        }
        Ok(())
    }

    /// A source with what the configuration says where nobody says otherwise.
    async fn new_record(&self, id: SourceId, name: SourceName) -> Result<SourceRecord, Problem> {
        let context = &self.0.config.context;
        Ok(SourceRecord {
            id,
            name,
            url: None,
            auth: SourceAuth::None,
            username: None,
            sealed: None,
            interval_seconds: context.sync_seconds,
            include: Vec::new(),
            exclude: Vec::new(),
            max_file_bytes: context.max_file_bytes,
            max_files: context.max_files,
            created_at: self.0.store.now().await?,
        })
    }
}

/// A source as a caller may see it.
fn seen_by(caller: &Caller, owner: &User, record: SourceRecord, sync: SyncRecord) -> Source {
    let is_own = caller.user == *owner;
    let settings = is_own.then(|| SourceSettings {
        url: record.url.unwrap_or_else(|| format!("/dav/{owner}/")),
        auth: record.auth,
        username: record.username,
        interval_seconds: record.interval_seconds,
        include: record.include,
        exclude: record.exclude,
        max_file_bytes: record.max_file_bytes,
        max_files: record.max_files,
    });
    let sync = if is_own {
        sync.status
    } else {
        SyncStatus {
            state: sync.status.state,
            last_started: sync.status.last_started,
            last_finished: sync.status.last_finished,
            next_at: sync.status.next_at,
            ..SyncStatus::default()
        }
    };
    Source {
        id: record.id,
        name: record.name.to_string(),
        owner: owner.to_string(),
        settings,
        sync,
    }
}

fn within(field: &str, value: u64, most: u64) -> Result<u64, Problem> {
    if (1..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Problem::field(field, format!("must be 1 to {most}")))
    }
}

/// The field in which the secret of a kind of `auth` comes.
fn secret_field(auth: SourceAuth) -> &'static str {
    match auth {
        SourceAuth::Bearer => "token",
        _ => "password",
    }
}

fn same_origin(before: Option<&str>, after: &str) -> bool {
    let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
    let before = before.and_then(origin);
    before.is_some() && before == origin(after)
}
