//! `/metrics` in the text format of Prometheus: the whole node, without workspaces,
//! so that labels stay few whatever users do. Nothing here asks Redis: it answers
//! at once, and while Redis is away as well.

use std::{fmt, net::SocketAddr, sync::atomic::Ordering::Relaxed};

use anyhow::Context;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text::encode},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge, info::Info},
    registry::Registry,
};
use tokio::net::TcpListener;

use super::{Count, Ops, latency, lock};
use crate::{
    protocol::{AlertKind, Problem},
    server::{Server, bus::Link, problem_response},
};

/// What Prometheus wants to be told (OpenMetrics 1.0).
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Of our many buckets, so many become one of Prometheus'.
const COARSER: usize = 4;

/// `GET /metrics` at the server's own address, for holders of `metrics.token` and
/// users of the main workspace.
pub async fn metrics(State(server): State<Server>, headers: HeaderMap) -> Response {
    match server
        .auth
        .of_metrics_reader(&server.config.metrics, &headers)
        .await
    {
        Ok(()) => exposition(&server.ops),
        Err(problem) => problem_response(&problem),
    }
}

/// Serves `/metrics` alone, to whoever asks, at an address of its own.
///
/// # Errors
/// If the address cannot be listened on.
pub async fn separate_metrics(
    ops: Ops,
    addr: SocketAddr,
) -> anyhow::Result<impl Future<Output = ()>> {
    let listener = TcpListener::bind(addr)
        .await
        .with_context(|| format!("cannot listen on {addr} for metrics"))?;
    let router = Router::new().route("/metrics", get(move || async move { exposition(&ops) }));
    Ok(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("/metrics is no longer served: {error}");
        }
    })
}

fn exposition(ops: &Ops) -> Response {
    let mut registry = Registry::with_prefix("leitl");
    registry.register(
        "build",
        "Which version runs",
        Info::new([("version", env!("CARGO_PKG_VERSION"))]),
    );
    registry.register_collector(Box::new(Node(ops.clone())));
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(fmt::Error) => problem_response(&Problem::new(
            crate::protocol::ProblemKind::Internal,
            "the metrics cannot be written",
        )),
    }
}

/// The node's counts as Prometheus collects them.
struct Node(Ops);

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Node")
    }
}

impl Collector for Node {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let inner = &self.0.0;
        let counters = inner.meters.node();
        let mut gauge = |name: &str, help: &str, value: u64| {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let metric = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            gauge.encode(metric)
        };
        gauge(
            "active_sessions",
            "Sessions that are live in all workspaces of the store",
            inner.live_sessions.load(Relaxed),
        )?;
        gauge(
            "sockets_open",
            "Sockets that are open on this node",
            counters.open_sockets(),
        )?;
        let up = *inner.link.borrow() == Link::Up;
        gauge("redis_up", "Whether Redis answers this node", u64::from(up))?;

        let mut family = |name: &str, help: &str, label: &str, values: &[(&str, u64)]| {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (value, count) in values {
                let labels = [(label, *value)];
                ConstCounter::new(*count).encode(metric.encode_family(&labels)?)?;
            }
            Ok::<_, fmt::Error>(())
        };
        let get = |count| counters.get(count);
        family(
            "syncs",
            "Synchronisations of sources",
            "outcome",
            &[
                ("succeeded", get(Count::SyncSucceeded)),
                ("failed", get(Count::SyncFailed)),
            ],
        )?;
        family(
            "context_answers",
            "Questions for context, by whether they waited for a synchronisation",
            "cache",
            &[
                ("hit", get(Count::CacheHit)),
                ("miss", get(Count::CacheMiss)),
            ],
        )?;
        let opened = get(Count::SocketOpened);
        let resumed = get(Count::SocketReconnected);
        family(
            "sockets_opened",
            "Sockets that were opened, by whether they resumed from an earlier one",
            "resumed",
            &[("no", opened.saturating_sub(resumed)), ("yes", resumed)],
        )?;
        let closed = get(Count::SocketClosed);
        let abnormal = get(Count::SocketAbnormal);
        family(
            "sockets_closed",
            "Sockets that ended, by whether anybody meant them to",
            "end",
            &[
                ("normal", closed.saturating_sub(abnormal)),
                ("abnormal", abnormal),
            ],
        )?;
        let life = ConstCounter::new(get(Count::SocketLifeMillis) as f64 / 1000.0);
        let metric = encoder.encode_descriptor(
            "socket_life_seconds",
            "How long the sockets that ended had lived, all together",
            None,
            life.metric_type(),
        )?;
        life.encode(metric)?;

        let raised = lock(&inner.raised).clone();
        let outage = u64::from(lock(&inner.outage).is_some());
        let mut metric = encoder.encode_descriptor(
            "alerts",
            "Alerts that are raised in all workspaces of the store",
            None,
            MetricType::Gauge,
        )?;
        for kind in [
            AlertKind::HeartbeatTimeout,
            AlertKind::SyncFailure,
            AlertKind::RedisConnectionLoss,
            AlertKind::MessageBacklog,
        ] {
            let mut count = raised.get(&kind).copied().unwrap_or(0);
            if kind == AlertKind::RedisConnectionLoss {
                count = count.max(outage);
            }
            let gauge = ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
            gauge.encode(metric.encode_family(&[("kind", kind.as_str())])?)?;
        }

        let latencies = counters.latencies();
        let buckets: Vec<(f64, u64)> = latencies
            .chunks(COARSER)
            .enumerate()
            .map(|(chunk, counts)| {
                let last = (chunk + 1) * COARSER - 1;
                let bound = latency::bounds().get(last).copied();
                (
                    bound.map_or(f64::INFINITY, |micros| micros as f64 / 1e6),
                    counts.iter().sum(),
                )
            })
            .collect();
        let sum = get(Count::DeliveryMicros) as f64 / 1e6;
        let mut metric = encoder.encode_descriptor(
            "delivery_seconds",
            "From the publication of an event to its write to a socket",
            None,
            MetricType::Histogram,
        )?;
        metric.encode_histogram::<NoLabelSet>(sum, latencies.iter().sum(), &buckets, None)
    }
}
