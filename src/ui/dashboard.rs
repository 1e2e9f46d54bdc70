//! The page: the room, or why there is none to see.

use leptos::{either::EitherOf3, prelude::*};
use serde_json::Value;

use super::{
    alerts::Alerts, calls, conflicts::Conflicts, context::ContextPanel, failure::Failure,
    feed::Feed, header::Header, health_bar::HealthBar, live::Live, messages::Messages,
    outage::Outage, room::RoomStoreFields, sessions::Sessions, sign_in::SignIn, strip::Toasts,
};
use crate::{browser, protocol::PlainJson};

/// The dashboard at `/leitl-dashboard`.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let snapshot = Resource::<_, PlainJson>::new_with_options(|| (), |()| calls::snapshot(), true);
    let again = Callback::new(move |()| snapshot.refetch());
    view! {
        <Suspense fallback=|| {
            view! { <p class="page-note">"Opening the room…"</p> }
        }>
            {move || Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) => EitherOf3::A(view! { <Dashboard snapshot /> }),
                    Err(problem) if problem.status == 401 => EitherOf3::B(view! { <SignIn /> }),
                    Err(problem) => EitherOf3::C(view! { <Failure problem again /> }),
                }
            })}
        </Suspense>
    }
}

/// The live room.
#[component]
fn Dashboard(
    /// The room at the moment of rendering.
    snapshot: Value,
) -> impl IntoView {
    let live = Live::start(snapshot);
    provide_context(live);
    Effect::new(move || match live.room.tiles().with(Vec::len) {
        0 => browser::set_title("LEITL"),
        count => browser::set_title(&format!("({count}) LEITL")),
    });
    let connection = Signal::derive(move || live.connection.get().name());
    view! {
        <a class="skip" href="#sessions">
            "Skip to the sessions"
        </a>
        <div class="room" data-connection=connection>
            <Header />
            <Outage />
            <Alerts />
            <Conflicts />
            <HealthBar />
            <main class="panels">
                <Sessions />
                <ContextPanel />
                <Feed />
                <Messages />
            </main>
            <Toasts />
        </div>
    }
}
