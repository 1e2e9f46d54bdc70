//! Which path leads where.

use std::path::Path;

use axum::{
    Router,
    extract::{FromRef, Request},
    http::header,
    middleware::from_fn,
    response::Redirect,
    routing::{any, get},
};
use leptos::{
    config::{Env, LeptosOptions, get_configuration},
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{
    LeptosRoutes, ResponseOptions, file_and_error_handler_with_context,
    render_app_async_with_context,
};
use tower_http::trace::TraceLayer;
use tracing::Span;

use super::{Server, auth, context, layers, mcp, ops, socket};
use crate::{
    protocol::API_PREFIX,
    ui::{not_found, shell},
};

/// What handlers take out of the router's state.
#[derive(Clone)]
struct AppState {
    server: Server,
    options: LeptosOptions,
}

impl FromRef<AppState> for Server {
    fn from_ref(state: &AppState) -> Self {
        state.server.clone()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}

/// The whole server as a router.
pub fn router(server: Server) -> anyhow::Result<Router> {
    let options = leptos_options()?;
    let state = AppState {
        server: server.clone(),
        options: options.clone(),
    };
    let server_for_limits = server.clone();
    let mcp = mcp::routes(&server);
    let reload = reload_source(&options);
    let context = move || {
        provide_context(server.clone());
        set_content_security_policy(&reload);
    };
    let dashboard = render_app_async_with_context(context.clone(), move || shell(options.clone()));
    let share = Router::new()
        .route("/dav/{user}", any(context::share))
        .route("/dav/{user}/{*path}", any(context::share))
        .route("/dav/{user}/", any(context::share))
        .layer(context::share_limit(&server_for_limits));
    Ok(Router::new()
        .merge(share)
        .merge(mcp)
        .route("/", get(|| async { Redirect::to("/leitl-dashboard") }))
        .route("/login", get(auth::login))
        .route("/metrics", get(ops::metrics))
        .route(&format!("{API_PREFIX}/ws"), get(socket::observer_socket))
        .route(&format!("{API_PREFIX}/ws/{{session_id}}"), get(socket::session_socket))
        .route("/leitl-dashboard", get(dashboard))
        // No pages here, but the routes of the server functions.
        .leptos_routes_with_context(&state, Vec::new(), context.clone(), || ())
        .fallback(file_and_error_handler_with_context::<AppState, _>(context, not_found))
        // Leptos adds the routes of the server functions by itself, so their guard
        // stands around the whole router and looks at the path.
        .layer(from_fn(layers::guard_api))
        .layer(from_fn(layers::harden))
        .layer(
            // The default span has the whole URI, and with it tokens.
            TraceLayer::new_for_http()
                .make_span_with(|request: &Request| {
                    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
                })
                .on_request(())
                .on_response(|response: &axum::response::Response, latency: std::time::Duration, _: &Span| {
                    let status = response.status().as_u16();
                    let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
                    tracing::debug!(status, microseconds, "answered");
                })
                // What fails says so where it fails, and why.
                .on_failure(()),
        )
        .with_state(state))
}

/// What Leptos must know: from `Leptos.toml` and `LEPTOS_*` in a checkout or under
/// cargo-leptos, the same values from here elsewhere.
fn leptos_options() -> anyhow::Result<LeptosOptions> {
    let mut options = if Path::new("Leptos.toml").exists() {
        get_configuration(Some("Leptos.toml"))?.leptos_options
    } else {
        let root = std::env::var("LEPTOS_SITE_ROOT").unwrap_or_else(|_| "target/site".to_owned());
        LeptosOptions::builder()
            .output_name("leitl")
            .env(Env::PROD)
            .site_root(root)
            .build()
    };
    if !Path::new(&*options.site_root).exists() {
        // Started from another directory: the site is built beside the binary.
        let binary = std::env::current_exe()?;
        let beside = binary.ancestors().nth(2).map(|target| target.join("site"));
        match beside
            .as_deref()
            .filter(|site| site.exists())
            .and_then(Path::to_str)
        {
            Some(site) => options.site_root = site.into(),
            None => tracing::warn!(
                site_root = &*options.site_root,
                "the dashboard's files are missing: run `cargo leptos build` or set LEPTOS_SITE_ROOT"
            ),
        }
    }
    Ok(options)
}

/// Lets a page run our own scripts and nothing else. WASM needs
/// `wasm-unsafe-eval`, which allows no evaluation of text.
fn set_content_security_policy(reload: &str) {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'{reload}; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    );
    if let Ok(policy) = policy.parse() {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Under `cargo leptos watch`: where pages hear that they should reload.
fn reload_source(options: &LeptosOptions) -> String {
    match std::env::var_os("LEPTOS_WATCH") {
        Some(_) => format!(
            " ws://localhost:{0} ws://127.0.0.1:{0}",
            options.reload_port
        ),
        None => String::new(),
    }
}
