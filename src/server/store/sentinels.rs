//! Redis behind Sentinel: which server is the master now.
//!
//! All sentinels are asked, and the one that knows of the newest failover is believed.
//! The library's own client believes the first that answers, which may be the one that
//! was cut off together with the master of yesterday.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::future::join_all;
use redis::{
    Client, ConnectionAddr, ConnectionInfo, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

use super::StoreError;

/// How long one sentinel, or a server that shall be the master, may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// How often the sentinels are asked whether the master is still the same one.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// The sentinels of one master; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sentinels {
    asked: Arc<[Sentinel]>,
    name: String,
    /// How to connect to the master, but for its address.
    master: ConnectionInfo,
}

#[derive(Debug)]
struct Sentinel {
    client: Client,
    /// Kept between two questions.
    connection: Mutex<Option<MultiplexedConnection>>,
}

/// What a sentinel says.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Opinion {
    /// Counts failovers: the higher, the newer.
    epoch: u64,
    host: String,
    port: u16,
}

impl Sentinels {
    /// The sentinels behind these clients, for the master of this name. Its address is
    /// not yet in `master`.
    pub(super) fn new(clients: Vec<Client>, name: String, master: ConnectionInfo) -> Self {
        let asked = clients.into_iter().map(|client| Sentinel {
            client,
            connection: Mutex::default(),
        });
        Self {
            asked: asked.collect(),
            name,
            master,
        }
    }

    /// How to connect to the master, but for its address.
    pub(super) fn master_settings(&self) -> &ConnectionInfo {
        &self.master
    }

    /// The master, if the server that the sentinels name says so itself: one of
    /// yesterday that comes back thinks so for a moment, and one of tomorrow not yet.
    ///
    /// # Errors
    /// If no sentinel knows a master, or the server does not answer or is a replica.
    pub(super) async fn master(&self) -> Result<Client, StoreError> {
        let info = self.named().await?;
        let client = Client::open(info)?;
        let ask = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            // It tells the role to every user, which ROLE does not.
            let hello = redis::cmd("HELLO");
            let mut about: HashMap<String, Value> = hello.query_async(&mut connection).await?;
            let role = about.remove("role").unwrap_or(Value::Nil);
            RedisResult::Ok(redis::from_redis_value::<Option<String>>(role)?)
        };
        match timeout(ANSWER_LIMIT, ask).await {
            Ok(Ok(Some(role))) if role == "master" => Ok(client),
            Ok(Ok(_)) => Err(StoreError::NoMaster),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(StoreError::Timeout),
        }
    }

    /// Returns when the sentinels name another server than this one.
    ///
    /// By asking, not by listening to what they publish, which is lost while a
    /// connection is down.
    pub(super) async fn moved_from(&self, client: &Client) {
        let here = client.get_connection_info().addr();
        loop {
            sleep(WATCH_INTERVAL).await;
            if let Ok(named) = self.named().await
                && named.addr() != here
            {
                tracing::warn!("Redis has moved from {here} to {}", named.addr());
                return;
            }
        }
    }

    /// The server that the sentinels name as the master.
    async fn named(&self) -> Result<ConnectionInfo, StoreError> {
        let opinions = join_all(self.asked.iter().map(|sentinel| sentinel.ask(&self.name))).await;
        let newest = opinions.into_iter().flatten().max();
        let Opinion { host, port, .. } = newest.ok_or(StoreError::NoMaster)?;
        let addr = match self.master.addr() {
            ConnectionAddr::TcpTls {
                insecure,
                tls_params,
                ..
            } => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(host, port),
        };
        Ok(self.master.clone().set_addr(addr))
    }
}

impl Sentinel {
    /// Who it says is the master; `None` if it does not know or does not answer.
    async fn ask(&self, name: &str) -> Option<Opinion> {
        let mut kept = self.connection.lock().await;
        let asked = async {
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => self.client.get_multiplexed_async_connection().await?,
            };
            let opinion = opinion(&mut connection, name).await?;
            // Only one that answered: the next question shall not wait for a dead one.
            *kept = Some(connection);
            RedisResult::Ok(opinion)
        };
        match timeout(ANSWER_LIMIT, asked).await {
            Ok(Ok(opinion)) => opinion,
            Ok(Err(error)) => {
                tracing::debug!("a sentinel does not say who the master is: {error}");
                None
            }
            Err(_) => None,
        }
    }
}

async fn opinion(
    connection: &mut (impl ConnectionLike + Send),
    name: &str,
) -> RedisResult<Option<Opinion>> {
    let mut pipeline = redis::pipe();
    // The epoch first: if a failover comes in between, it is only too low.
    pipeline.cmd("SENTINEL").arg("MASTER").arg(name);
    pipeline
        .cmd("SENTINEL")
        .arg("GET-MASTER-ADDR-BY-NAME")
        .arg(name);
    let (about, address): (HashMap<String, String>, Option<(String, u16)>) =
        pipeline.query_async(connection).await?;
    let epoch = about
        .get("config-epoch")
        .and_then(|epoch| epoch.parse().ok());
    Ok(address.map(|(host, port)| Opinion {
        epoch: epoch.unwrap_or(0),
        host,
        port,
    }))
}

#[cfg(test)]
impl Sentinels {
    pub(super) fn clients(&self) -> impl Iterator<Item = &Client> {
        self.asked.iter().map(|sentinel| &sentinel.client)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}
