//! The dashboard's views.
use leptos::prelude::*;
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};
/// The document.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    view! { <!DOCTYPE html><html><body><App/></body></html> }
}
/// The application.
#[component]
pub fn App() -> impl IntoView {
    leptos_meta::provide_meta_context();
    view! { <Router><Routes fallback=|| "not found"><Route path=path!("/leitl-dashboard") view=|| "soon"/></Routes></Router> }
}
