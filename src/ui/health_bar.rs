//! How the workspace fares: a bar with the five health metrics and the alerts.

use leptos::prelude::*;
use serde_json::Value;

use super::{
    alerts::PastAlerts,
    live::Live,
    metrics::{METRICS, Metric, NO_DATA, WINDOW_NAMES},
    sparkline,
};

/// The bar.
#[component]
pub fn HealthBar() -> impl IntoView {
    let metrics = METRICS.iter().map(metric).collect_view();
    view! {
        <section class="health" aria-label="Health" data-testid="health">
            {metrics}
            <PastAlerts />
        </section>
    }
}

/// One metric: its present value, the last hour, and on demand the figures of each
/// window of time.
fn metric(metric: &'static Metric) -> impl IntoView {
    let live = Live::get();
    // Readers are plain functions, so that one closure serves them all.
    let text = move |read: fn(&Metric, &Value, usize) -> String, row: usize| {
        Signal::derive(move || live.status.with(|status| read(metric, status, row)))
    };
    let value = text(|metric, status, _| metric.value(status), 0);
    let path = text(|metric, status, _| metric.sparkline(status).0, 0);
    let trend = text(|metric, status, _| metric.sparkline(status).1, 0);
    let state = Signal::derive(move || {
        let raised = live.incidents.raised;
        if raised.with(|raised| raised.iter().any(|alert| metric.concerns(&alert.kind))) {
            "alarmed".to_owned()
        } else if value.with(|value| value == NO_DATA) {
            "unknown".to_owned()
        } else {
            "known".to_owned()
        }
    });
    let head = ("", Signal::stored(WINDOW_NAMES.to_owned()));
    let rows = metric.rows.iter().enumerate();
    let rows = rows.map(|(row, head)| {
        let values = text(|metric, status, row| metric.rows[row].values(status), row);
        (head.name, values)
    });
    let rows = std::iter::once(head)
        .chain(rows)
        .map(|(name, values)| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{values}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <details class="vital" name="health" data-testid=metric.key data-state=state>
            <summary>
                <span class="vital-name">{metric.name}</span>
                <b class="vital-value">{value}</b>
                <svg
                    class="sparkline"
                    viewBox=sparkline::VIEW
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=trend
                >
                    <path d=path></path>
                </svg>
            </summary>
            <div class="vital-more">
                <p>{trend}</p>
                <dl class="facts">{rows}</dl>
            </div>
        </details>
    }
}
