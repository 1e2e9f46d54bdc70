//! The HTML document and the routes.

use leptos::{config::LeptosOptions, hydration::HydrationScripts, prelude::*};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use super::{dashboard::DashboardPage, failure::NotFound};

/// The HTML document around [`App`].
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <title>"LEITL"</title>
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="robots" content="noindex" />
                <meta
                    name="description"
                    content="LEITL: who is in the room, what they do and what they say"
                />
                <link rel="stylesheet" href="/pkg/leitl.css" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The dashboard, as server and browser render it.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/leitl-dashboard") view=DashboardPage ssr=SsrMode::Async />
            </FlatRoutes>
        </Router>
    }
}
