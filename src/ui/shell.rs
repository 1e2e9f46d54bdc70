//! The HTML documents.

use leptos::{config::LeptosOptions, hydration::HydrationScripts, prelude::*};

use super::{dashboard::DashboardPage, failure::NotFound};

/// The dashboard's document, with the scripts that take it over.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let scripts = view! {
        <AutoReload options=options.clone() />
        <HydrationScripts options />
    };
    document(scripts, App())
}

/// The document for addresses that lead nowhere. Nothing on it moves.
pub fn not_found(_options: LeptosOptions) -> impl IntoView {
    document((), NotFound())
}

fn document(scripts: impl IntoView, body: impl IntoView) -> impl IntoView {
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
                {scripts}
            </head>
            <body>{body}</body>
        </html>
    }
}

/// What the server renders into the document and the browser takes over. There is
/// one page, so there is no router: it was an eighth of the download.
#[component]
pub fn App() -> impl IntoView {
    view! { <DashboardPage /> }
}
