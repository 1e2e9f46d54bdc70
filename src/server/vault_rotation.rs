//! A new key for the vault: made, and the credentials of all sources sealed with it,
//! while servers run.
//!
//! Whenever this is cut off, every source is sealed with a key that is in the file,
//! and the next run begins by sealing what was left. So however often it is cut
//! off, no key is forgotten that is still needed.

use anyhow::{Context, bail};

use super::{
    auth::{Vault, VaultError},
    config::Config,
    redis_child,
    store::{Endpoint, SourceAddress, SourceRecord, Store},
};

/// How often a source is tried that is being changed at the same time.
const TRIES: usize = 10;

/// What a rotation did.
#[derive(Debug)]
pub struct Rotation {
    /// The name of the new key.
    pub kid: String,
    /// How many sources' credentials it sealed.
    pub resealed: usize,
    /// Those that no key opens, and why. They are as they were.
    pub unopened: Vec<(SourceAddress, VaultError)>,
}

/// Makes a new key in the data directory and seals the credentials of all sources
/// with it.
///
/// # Errors
/// If the vault or Redis is not there; then nothing has changed. If Redis goes away
/// in the middle; then it can be run again.
pub async fn rotate_vault(config: &Config) -> anyhow::Result<Rotation> {
    let vault = Vault::open(&config.server.data_dir)?;
    let namespace = &config.redis.namespace;
    let endpoint = match Endpoint::configured(&config.redis)? {
        Some(endpoint) => endpoint,
        None => redis_child::find(&config.server.data_dir)?,
    };
    let store = Store::connect(endpoint, namespace).await;
    let store = store.context("cannot use Redis")?;
    reseal_all(&vault, &store).await?;
    let kid = vault.rotate()?;
    let (resealed, unopened) = reseal_all(&vault, &store).await.with_context(|| {
        format!("key {kid} is made, but not all credentials are sealed with it; run this again")
    })?;
    Ok(Rotation {
        kid,
        resealed,
        unopened,
    })
}

/// Seals what an older key sealed. Returns how many these were, and what no key
/// opens.
async fn reseal_all(
    vault: &Vault,
    store: &Store,
) -> anyhow::Result<(usize, Vec<(SourceAddress, VaultError)>)> {
    let mut resealed = 0;
    let mut unopened = Vec::new();
    for address in store.all_sources().await? {
        match reseal(vault, store, &address).await? {
            Ok(true) => resealed += 1,
            Ok(false) => {}
            Err(error) => unopened.push((address, error)),
        }
    }
    Ok((resealed, unopened))
}

/// Seals the credentials of one source with the newest key; `false` if there are none
/// or they are already.
async fn reseal(
    vault: &Vault,
    store: &Store,
    address: &SourceAddress,
) -> anyhow::Result<Result<bool, VaultError>> {
    for _ in 0..TRIES {
        let record = store
            .source(address)
            .await
            .with_context(|| format!("source {address}"))?;
        let Some(before) = record else {
            return Ok(Ok(false));
        };
        let Some(sealed) = &before.sealed else {
            return Ok(Ok(false));
        };
        let sealed = match vault.rewrap(address, sealed) {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return Ok(Ok(false)),
            Err(error @ (VaultError::UnknownKey(_) | VaultError::Damaged)) => {
                return Ok(Err(error));
            }
            Err(error) => return Err(error.into()),
        };
        let after = SourceRecord {
            sealed: Some(sealed),
            ..before.clone()
        };
        // Otherwise its user has changed it meanwhile.
        if store.change_source(address, &before, &after).await? {
            return Ok(Ok(true));
        }
    }
    bail!("source {address} is changed all the time")
}
