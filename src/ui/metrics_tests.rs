//! Tests of [`super::Metric`].

use serde_json::json;

use super::*;
use crate::protocol::{
    CacheMetrics, DeliveryMetrics, HISTORY_MINUTES, History, Metrics, RedisStatus, SocketMetrics,
    SourceCounts, Status, SyncMetrics, Timestamp,
};

fn metric(key: &str) -> &'static Metric {
    METRICS
        .iter()
        .find(|metric| metric.key.ends_with(key))
        .unwrap()
}

fn status(five_minutes: Metrics, history: History) -> Value {
    let status = Status {
        at: Timestamp::from_millis(1_763_467_200_000),
        node: "a".into(),
        nodes: 1,
        redis: RedisStatus {
            available: true,
            away_since: None,
        },
        active_sessions: 3,
        open_sockets: 1_200,
        sources: SourceCounts::default(),
        five_minutes,
        hour: Metrics {
            active_sessions: Some(1.0),
            ..Metrics::default()
        },
        day: Metrics::default(),
        history,
        alerts: Vec::new(),
    };
    serde_json::to_value(status).unwrap()
}

fn at_work() -> Metrics {
    Metrics {
        active_sessions: Some(2.25),
        sync: SyncMetrics {
            succeeded: 1_999,
            failed: 1,
            success_rate: Some(0.9995),
        },
        delivery: DeliveryMetrics {
            count: 12_345,
            p50_ms: Some(0.84),
            p95_ms: Some(12.0),
            p99_ms: Some(1_250.0),
        },
        cache: CacheMetrics {
            hits: 9,
            misses: 1,
            hit_rate: Some(0.9),
        },
        sockets: SocketMetrics {
            opened: 5,
            reconnects: 2,
            closed: 4,
            abnormal_closes: 1,
            mean_life_seconds: Some(3_700.4),
        },
    }
}

#[test]
fn every_member_of_the_status_is_found() {
    let status = status(at_work(), History::default());
    let values: Vec<String> = METRICS.iter().map(|metric| metric.value(&status)).collect();
    assert_eq!(values, ["3", "99.9 %", "12 ms", "90 %", "1,200"]);
    let rows = |key: &str| -> Vec<String> {
        let rows = metric(key).rows.iter();
        rows.map(|row| row.values(&status).replace('\t', "|"))
            .collect()
    };
    assert_eq!(rows("sessions"), ["2.3|1|–"]);
    assert_eq!(rows("sync"), ["99.9 %|–|–", "1,999|0|0", "1|0|0"]);
    assert_eq!(
        rows("delivery"),
        ["0.8 ms|–|–", "12 ms|–|–", "1.2 s|–|–", "12,345|0|0"]
    );
    assert_eq!(rows("cache"), ["90 %|–|–", "9|0|0", "1|0|0"]);
    assert_eq!(
        rows("sockets"),
        ["5|0|0", "2|0|0", "4|0|0", "1|0|0", "1h 01m|–|–"]
    );
}

#[test]
fn what_is_absent_is_not_zero() {
    let empty = status(Metrics::default(), History::default());
    assert_eq!(metric("delivery").value(&empty), NO_DATA);
    assert_eq!(metric("sync").rows[0].values(&empty), "–\t–\t–");
    assert_eq!(metric("sockets").value(&Value::Null), NO_DATA);
    let (path, words) = metric("cache").sparkline(&Value::Null);
    assert_eq!(
        (path.as_str(), words.as_str()),
        ("", "Last hour, minute by minute: no data yet")
    );
}

#[test]
fn a_sparkline_is_told_in_words() {
    let mut minutes = vec![None; HISTORY_MINUTES];
    minutes[0] = Some(4.0);
    minutes[59] = Some(20.0);
    let history = History {
        delivery_p95_ms: minutes.clone(),
        sync_success_rate: minutes.iter().map(|_| Some(0.5)).collect(),
        abnormal_closes: minutes,
        ..History::default()
    };
    let status = status(Metrics::default(), history);
    let (path, words) = metric("delivery").sparkline(&status);
    assert_eq!(path, "M0 76h0M590 6h0");
    assert_eq!(words, "Last hour, minute by minute: 4 ms to 20 ms");
    let (path, words) = metric("sync").sparkline(&status);
    assert!(path.starts_with("M0 50h0L10 50L20 50"), "{path}");
    assert_eq!(words, "Last hour, minute by minute: 50 %");
    let words = metric("sockets").sparkline(&status).1;
    assert_eq!(words, "Last hour, broken off, minute by minute: 4 to 20");
}

#[test]
fn an_alert_is_shown_at_its_metric() {
    use crate::protocol::AlertKind;
    let kinds = [
        (AlertKind::HeartbeatTimeout, "metric-sessions"),
        (AlertKind::SyncFailure, "metric-sync"),
        (AlertKind::MessageBacklog, "metric-delivery"),
    ];
    for (kind, key) in kinds {
        let concerned: Vec<&str> = METRICS
            .iter()
            .filter(|metric| metric.concerns(kind.as_str()))
            .map(|metric| metric.key)
            .collect();
        assert_eq!(concerned, [key]);
    }
    assert_eq!(
        json!(AlertKind::SyncFailure),
        AlertKind::SyncFailure.as_str()
    );
}
