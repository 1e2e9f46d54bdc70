//! A network that fails, between a server and its Redis.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};

use crate::redis_users::PASSWORD;

/// What is wrong with the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Connections are reset, open ones and new ones.
    Cut,
    /// Nothing is read any more. Connections stay, and go on when it is over.
    Stall,
    /// What is sent is taken and lost. A connection that lost something stays open
    /// and dead for ever, as with a router that forgot it.
    Blackhole,
    /// Half open: connections that have subscribed hear nothing any more, though what
    /// they send arrives. Commands work.
    DeafSubscription,
    /// Half open: commands arrive and get no answer any more. Subscriptions work.
    MuteCommands,
}

/// Stands in front of a Redis, on a port of its own.
pub struct FaultProxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    serving: JoinHandle<()>,
}

impl FaultProxy {
    /// In front of the Redis on this unix socket.
    pub async fn start(redis: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (fault, faults) = watch::channel(Fault::None);
        let serving = tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(near, redis.clone(), faults.clone()));
            }
        });
        Self {
            address,
            fault,
            serving,
        }
    }

    /// Where Redis seems to be, for servers.
    pub fn url(&self) -> String {
        format!("redis://leitl:{PASSWORD}@{}", self.address)
    }

    /// From now on this is wrong.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves one connection to its end.
async fn serve(mut near: TcpStream, redis: PathBuf, mut faults: watch::Receiver<Fault>) {
    // Then it is reset when it is dropped.
    near.set_zero_linger().unwrap();
    let both = both_ways(&mut near, redis, faults.clone());
    tokio::select! {
        _ = both => {}
        _ = faults.wait_for(|fault| *fault == Fault::Cut) => {}
    }
}

async fn both_ways(
    near: &mut TcpStream,
    redis: PathBuf,
    faults: watch::Receiver<Fault>,
) -> io::Result<()> {
    let mut far = UnixStream::connect(redis).await?;
    let (from_near, to_near) = near.split();
    let (from_far, to_far) = far.split();
    let subscribes = AtomicBool::new(false);
    let to_redis = |fault, bytes: &[u8]| {
        if bytes.windows(9).any(|word| word == b"SUBSCRIBE") {
            subscribes.store(true, Relaxed);
        }
        fault == Fault::Blackhole
    };
    let from_redis = |fault, _: &[u8]| match fault {
        Fault::None | Fault::Cut | Fault::Stall => false,
        Fault::Blackhole => true,
        Fault::DeafSubscription => subscribes.load(Relaxed),
        Fault::MuteCommands => !subscribes.load(Relaxed),
    };
    tokio::try_join!(
        carry(from_near, to_far, faults.clone(), to_redis),
        carry(from_far, to_near, faults, from_redis),
    )?;
    Ok(())
}

/// Carries one direction. What follows on something lost is lost as well.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut faults: watch::Receiver<Fault>,
    loses: impl Fn(Fault, &[u8]) -> bool,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut has_lost = false;
    loop {
        let fault = *faults.borrow_and_update();
        tokio::select! {
            changed = faults.changed() => changed.map_err(io::Error::other)?,
            read = from.read(&mut buffer), if fault != Fault::Stall => {
                let bytes = &buffer[..read?];
                if bytes.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                has_lost |= loses(fault, bytes);
                if !has_lost {
                    to.write_all(bytes).await?;
                }
            }
        }
    }
}
