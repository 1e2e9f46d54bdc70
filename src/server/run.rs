//! Starting and stopping.

use std::{io::Write, net::IpAddr, time::Duration};

use anyhow::Context;
use futures::future::OptionFuture;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Parts, Server,
    auth::{Auth, KeyRing, User, Vault, Workspace},
    bus::{Bus, Hub},
    config::Config,
    context,
    digest::Digest,
    files::Files,
    inbox::Inbox,
    logging,
    ops::{Alerts, Meters, Ops, separate_metrics},
    presence::{Presence, sweep_forever},
    privacy::Gate,
    random,
    redis_child::RedisChild,
    router::router,
    store::{Endpoint, Store},
};

/// How long a stop waits for sockets to be told and closed.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// Serves until SIGINT or SIGTERM, then says so to all sockets, closes them and
/// stops the private Redis.
///
/// # Errors
/// Whatever keeps the server from starting, by name: the port, the data
/// directory, Redis.
pub async fn run(config: Config) -> anyhow::Result<()> {
    logging::start(config.server.log_format);
    raise_file_limit();
    // Taken first: nothing is started or written if the port is in use.
    let addr = config.server.addr;
    let listener = TcpListener::bind(addr)
        .await
        .with_context(|| format!("cannot listen on {addr}"))?;
    let keys = KeyRing::open_or_create(&config.server.data_dir)?;
    let vault = Vault::open_or_create(&config.server.data_dir)?;
    let configured = Endpoint::configured(&config.redis)?;
    let child = match &configured {
        Some(_) => None,
        None => Some(RedisChild::start(&config.server.data_dir, &config.redis.namespace).await?),
    };
    let endpoint = configured.or(child.as_ref().map(RedisChild::endpoint));
    let endpoint = endpoint.context("there is neither a Redis URL nor a private Redis")?;
    let served = serve(config, listener, keys, vault, endpoint).await;
    if let Some(child) = child {
        child.stop().await;
    }
    served
}

async fn serve(
    config: Config,
    listener: TcpListener,
    keys: KeyRing,
    vault: Vault,
    redis: Endpoint,
) -> anyhow::Result<()> {
    let namespace = &config.redis.namespace;
    let store = Store::connect(redis, namespace).await;
    let store = store.context("cannot use Redis")?;
    let auth = Auth::new(keys, store.clone());
    let (hub, listening) = Hub::new(store.clone());
    let node = format!("node-{}", random::text(8));
    let gate = Gate::new(config.privacy.mode)?;
    let presence = Presence::new(
        store.clone(),
        auth.clone(),
        gate.clone(),
        config.sessions.clone(),
    );
    let meters = Meters::default();
    let alerts = Alerts::new(store.clone(), node.clone(), &config.alerts)?;
    let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
    let context = context::Context::new(context::Parts {
        store: store.clone(),
        auth: auth.clone(),
        vault,
        config: config.clone(),
        listens_at: listener.local_addr()?,
        meters: meters.clone(),
        alerts: alerts.clone(),
        node: node.clone(),
        tasks: tasks.clone(),
        stopping: stopping.clone(),
    });
    let bus = Bus::new(store.clone(), hub, gate.clone(), &config.limits);
    let ops = Ops::new(
        store.clone(),
        node.clone(),
        meters,
        alerts.clone(),
        bus.link(),
    );
    let metrics = match config.metrics.addr {
        Some(addr) => Some(separate_metrics(ops.clone(), addr).await?),
        None => None,
    };
    let server = Server::new(Parts {
        files: Files::new(
            store.clone(),
            presence.clone(),
            gate,
            &config.files,
            &config.limits,
        ),
        inbox: Inbox::new(store.clone(), presence.clone(), bus.clone()),
        digest: Digest::new(store.clone(), presence.clone(), bus.clone()),
        bus,
        store,
        auth,
        presence: presence.clone(),
        ops: ops.clone(),
        node: node.clone(),
        context: context.clone(),
        tasks,
        stopping,
        config,
    });
    let router = router(server.clone())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stopping = server.stopping.clone();
    let background = tokio::spawn(async move {
        tokio::join!(
            listening,
            sweep_forever(presence, alerts, node),
            context.run(),
            ops.run(),
            OptionFuture::from(metrics),
        );
    });

    welcome(&server, &listener)?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopping.cancel();
    };
    let serving = axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .into_future();
    let drained = async {
        server.stopping.cancelled().await;
        server.tasks.close();
        server.tasks.wait().await;
        Ok(())
    };
    let both = async { tokio::try_join!(serving, drained) };
    let stopped = async {
        server.stopping.cancelled().await;
        tokio::time::sleep(DRAIN_LIMIT).await;
    };
    let served = tokio::select! {
        served = both => served.map(|_| ()).context("the HTTP server failed"),
        () = stopped => {
            tracing::warn!("some connections did not close in {} s", DRAIN_LIMIT.as_secs());
            Ok(())
        }
    };
    // Sockets have ended by now and are counted.
    server.ops.stop().await;
    background.abort();
    // Aborted on purpose; wait so that nothing speaks to a Redis that is gone.
    let _ = timeout(DRAIN_LIMIT, background).await;
    tracing::info!("stopped");
    served
}

/// Tells whoever started the server how to come in, on standard output. The
/// commands work from any directory.
fn welcome(server: &Server, listener: &TcpListener) -> anyhow::Result<()> {
    let addr = listener.local_addr()?;
    let host = match addr.ip() {
        ip if ip.is_loopback() || ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let local = format!("http://{host}:{}", addr.port());
    let url = server.config.server.public_url.clone().unwrap_or(local);
    let link = server
        .auth
        .keys()
        .login_link(&url, User::operator(), Workspace::main())?;
    let leitl = std::env::current_exe()?;
    let leitl = leitl.display();
    let data_dir = server.config.server.data_dir.canonicalize()?;
    let data_dir = data_dir.display();
    let text = format!(
        r#"LEITL is live at http://{addr}

Dashboard (the link is good once, for a minute):
  {link}
A new link:
  {leitl} login --url {url} --data-dir {data_dir}

Three agents to look at:
  {leitl} demo --url {url} --data-dir {data_dir}

Your own agent joins:
  export LEITL_URL={url}
  export LEITL_TOKEN=$({leitl} token --user you --data-dir {data_dir})
  curl $LEITL_URL/api/leitl/session/register -H "Authorization: Bearer $LEITL_TOKEN" \
    --json '{{"agent_name": "Cece", "agent_type": "code_assistant"}}'

"#
    );
    let mut output = std::io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .context("cannot write to standard output")
}

/// Sockets are files, and the usual soft limit of 1,024 of them is soon reached.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_err() {
        tracing::warn!("cannot raise the limit of open files");
    }
}
