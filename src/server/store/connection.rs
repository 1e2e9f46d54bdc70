//! The connection for commands: one a node, shared by all calls, made anew when
//! it is lost.
//!
//! Our own, not the redis crate's connection manager: that one keeps a connection
//! that is open and no longer answered, and has calls wait while it connects
//! again. Here a call that is not answered in time has the connection made anew, and
//! while Redis is known to be away calls are refused at once.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult, ServerErrorKind,
    aio::{MultiplexedConnection, PubSub},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{Endpoint, StoreError};

/// How long the first connection is tried for.
const OPEN_LIMIT: Duration = Duration::from_secs(5);

/// The longest that opening a connection may take, until Redis has answered on it.
const DIAL_LIMIT: Duration = Duration::from_secs(1);

/// The same after a call that was not answered in time: meanwhile others wait on the
/// old connection, perhaps in vain.
const DOUBT_LIMIT: Duration = Duration::from_millis(400);

/// The pause after the first failure to connect; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause between two tries to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A connection that outlives its loss. The task that makes it anew ends with it.
pub(super) struct Connection(Arc<Shared>);

struct Shared {
    endpoint: Endpoint,
    state: watch::Sender<State>,
}

#[derive(Clone)]
enum State {
    /// It works, as far as is known.
    Up(Arc<Line>),
    /// A call was not answered in time. That may be the call or a busy machine, so
    /// calls go on while another connection is made.
    Doubtful(Arc<Line>),
    /// It broke a moment ago and is being made anew: calls wait.
    Broken,
    /// Redis does not answer: calls are refused.
    Away {
        /// Since when.
        since: Instant,
    },
}

/// One connection among those that follow each other.
struct Line {
    connection: MultiplexedConnection,
    /// The server that it leads to.
    client: Client,
    number: u64,
}

impl Connection {
    /// Connects for the first time.
    ///
    /// # Errors
    /// If Redis does not answer within some seconds.
    pub(super) async fn open(endpoint: Endpoint) -> Result<Self, StoreError> {
        let until = Instant::now() + OPEN_LIMIT;
        let (connection, client) = loop {
            match dial(&endpoint, DIAL_LIMIT).await {
                Ok(dialled) => break dialled,
                Err(error) if Instant::now() > until => return Err(error),
                Err(_) => sleep(FIRST_PAUSE).await,
            }
        };
        let line = Line {
            connection,
            client,
            number: 0,
        };
        let (state, states) = watch::channel(State::Up(Arc::new(line)));
        let shared = Arc::new(Shared { endpoint, state });
        tokio::spawn(keep(Arc::downgrade(&shared), states));
        Ok(Self(shared))
    }

    /// Where it leads.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// Makes a call. A connection on which it is not answered within the limit is
    /// made anew.
    ///
    /// # Errors
    /// If Redis is away, does not answer within the limit, or answers with an
    /// error.
    pub(super) async fn call<T, F>(
        &self,
        limit: Duration,
        call: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let until = Instant::now() + limit;
        let waiting = timeout_at(until, self.0.line()).await;
        let line = waiting.unwrap_or(Err(StoreError::Away))?;
        let answered = tokio::select! {
            biased;
            answered = timeout_at(until, call(line.connection.clone())) => answered,
            () = self.0.away() => return Err(StoreError::Away),
        };
        let error = match answered {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if is_lost(&error) => StoreError::Broken(error),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => StoreError::Timeout,
        };
        self.0.lose(line.number, &error);
        Err(error)
    }
}

impl Shared {
    /// The present connection, as soon as there is one.
    async fn line(&self) -> Result<Arc<Line>, StoreError> {
        let mut states = self.state.subscribe();
        let decided = states.wait_for(|state| !matches!(state, State::Broken));
        match decided.await.as_deref() {
            Ok(State::Up(line) | State::Doubtful(line)) => Ok(Arc::clone(line)),
            _ => Err(StoreError::Away),
        }
    }

    /// Returns when Redis counts as away: who still waits then waits in vain.
    async fn away(&self) {
        let mut states = self.state.subscribe();
        let away = states.wait_for(|state| matches!(state, State::Away { .. }));
        // It fails only without a sender, which is here.
        let _ = away.await;
    }

    /// Gives a connection up, if it is still the present one.
    fn lose(&self, number: u64, error: &StoreError) {
        self.state.send_if_modified(|state| {
            *state = match (&*state, error) {
                (State::Up(line), StoreError::Timeout) if line.number == number => {
                    State::Doubtful(Arc::clone(line))
                }
                (State::Up(line) | State::Doubtful(line), _)
                    if line.number == number && !matches!(error, StoreError::Timeout) =>
                {
                    State::Broken
                }
                _ => return false,
            };
            true
        });
    }

    /// Notes that there is a connection again.
    fn regain(&self, connection: MultiplexedConnection, client: Client, number: u64) {
        let line = Line {
            connection,
            client,
            number,
        };
        match self.state.send_replace(State::Up(Arc::new(line))) {
            State::Away { since } => {
                let seconds = since.elapsed().as_secs_f32();
                tracing::info!("Redis answers again, after {seconds:.1} s");
            }
            State::Doubtful(_) => {
                tracing::warn!("Redis did not answer a call in time, but a new connection");
            }
            State::Broken | State::Up(_) => {
                tracing::info!("the connection to Redis broke and was made anew");
            }
        }
    }

    /// Notes that connecting failed.
    fn miss(&self, error: &StoreError) {
        self.state.send_if_modified(|state| {
            let news = !matches!(state, State::Away { .. });
            if news {
                *state = away(error);
            } else {
                tracing::debug!("Redis is still away: {error}");
            }
            news
        });
    }
}

/// Told once an outage, however many calls it meets.
fn away(error: &StoreError) -> State {
    tracing::error!("Redis is away, and calls are refused: {error}");
    State::Away {
        since: Instant::now(),
    }
}

/// Makes the connection anew whenever it is lost.
async fn keep(shared: Weak<Shared>, mut states: watch::Receiver<State>) {
    for number in 1.. {
        if wait_for_loss(&shared, &mut states).await.is_err() {
            return;
        }
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(shared) = shared.upgrade() else {
                return;
            };
            let limit = match &*shared.state.borrow() {
                State::Doubtful(_) => DOUBT_LIMIT,
                _ => DIAL_LIMIT,
            };
            match dial(&shared.endpoint, limit).await {
                Ok((connection, client)) => break shared.regain(connection, client, number),
                Err(error) => shared.miss(&error),
            }
            drop(shared);
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Waits until the present connection is given up, and gives it up where Redis moves
/// to another server. An error says that nobody needs one any more.
async fn wait_for_loss(
    shared: &Weak<Shared>,
    states: &mut watch::Receiver<State>,
) -> Result<(), watch::error::RecvError> {
    let (endpoint, line) = match (shared.upgrade(), &*states.borrow()) {
        (Some(shared), State::Up(line)) => (shared.endpoint.clone(), Arc::clone(line)),
        _ => return Ok(()),
    };
    tokio::select! {
        lost = states.wait_for(|state| !matches!(state, State::Up(_))) => lost.map(|_| ()),
        () = endpoint.moved_from(&line.client) => {
            if let Some(shared) = shared.upgrade() {
                shared.lose(line.number, &StoreError::NoMaster);
            }
            Ok(())
        }
    }
}

/// Opens a connection for commands and has Redis answer on it: one that is
/// accepted need not be served, and a Redis that still reads its data serves
/// nobody.
async fn dial(
    endpoint: &Endpoint,
    limit: Duration,
) -> Result<(MultiplexedConnection, Client), StoreError> {
    let client = endpoint.client().await?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(DIAL_LIMIT))
        // Each call has its own limit.
        .set_response_timeout(None);
    let dialling = async {
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(connection)
    };
    let dialled = timeout(limit, dialling).await;
    let connection = dialled.unwrap_or(Err(StoreError::Timeout))?;
    Ok((connection, client))
}

/// Opens a connection that listens, and says where it leads.
///
/// # Errors
/// If Redis cannot be reached.
pub(super) async fn listen(endpoint: &Endpoint) -> Result<(PubSub, Client), StoreError> {
    let client = endpoint.client().await?;
    match timeout(DIAL_LIMIT, client.get_async_pubsub()).await {
        Ok(dialled) => Ok((dialled?, client)),
        Err(_) => Err(StoreError::Timeout),
    }
}

/// Whether an error means that the connection is of no use any more: it is broken, or
/// leads to a server that is the master no longer.
fn is_lost(error: &RedisError) -> bool {
    error.is_unrecoverable_error() || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}
