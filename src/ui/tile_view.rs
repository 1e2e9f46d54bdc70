//! One session's tile.

use leptos::prelude::*;
use reactive_stores::Field;

use super::{
    format,
    live::Live,
    room::RoomStoreFields,
    tile::{Health, Tile, TileStoreFields},
};

/// One session. Its row may be gone when its signals run for the last time,
/// hence `try_get` everywhere.
#[component]
pub fn TileView(
    /// The session's place in the store.
    #[prop(into)]
    tile: Field<Tile>,
) -> impl IntoView {
    let live = Live::get();
    let id = tile.session_id().get_untracked();
    let name = Signal::derive(move || tile.agent_name().try_get().unwrap_or_default());
    let kind = Signal::derive(move || tile.agent_type().try_get().unwrap_or_default());
    let user = Signal::derive(move || tile.user().try_get().unwrap_or_default());
    let status = Signal::derive(move || tile.status().try_get().unwrap_or_default().as_str());
    let task = Signal::derive(move || tile.task().try_get().unwrap_or_default());
    let idle = Signal::derive(move || task.with(String::is_empty));
    let task_text = Signal::derive(move || match task.get() {
        task if task.is_empty() => "No task".to_owned(),
        task => task,
    });
    let heartbeat = move || tile.last_heartbeat().try_get().unwrap_or_default();
    let heartbeat_age = Signal::derive(move || format::ago(live.age(heartbeat())));
    let uptime = Signal::derive(move || {
        format::duration(live.age(tile.started_at().try_get().unwrap_or_default()))
    });
    let health = Signal::derive(move || {
        let health = Health::of(
            live.age(heartbeat()),
            live.room.heartbeat_seconds().get(),
            live.room.stale_seconds().get(),
        );
        health.name()
    });
    // Flips at each sign of life; the style sheet makes a pulse of it.
    let beat = Memo::new(move |beat: Option<&(bool, i64)>| {
        let at = heartbeat().millis();
        match beat {
            Some((side, last)) if *last != at => (!side, at),
            Some(same) => *same,
            None => (false, at),
        }
    });
    let other_side = Signal::derive(move || beat.get().0);
    let initials = Signal::derive(move || name.with(|name| format::initials(name)));
    let label = Signal::derive(move || format!("Show only the activity of {}", name.get()));
    let hue = format::hue(&tile.agent_name().get_untracked());
    let (heading, selected) = (format!("tile-{id}"), id.clone());
    let labelled_by = heading.clone();
    let is_selected =
        Signal::derive(move || live.only.with(|only| only.as_deref() == Some(&selected)));
    let pressed = Signal::derive(move || is_selected.get().to_string());
    let select = {
        let id = id.clone();
        move |_| {
            let other = (!is_selected.get_untracked()).then(|| id.clone());
            live.only.set(other);
        }
    };
    view! {
        <article
            class="tile"
            class:fresh=live.mounted.get_untracked()
            class:selected=is_selected
            data-testid="tile"
            data-session-id=id
            data-status=status
            data-health=health
            aria-labelledby=labelled_by
        >
            <header class="tile-head">
                <span class=format!("avatar {hue}") aria-hidden="true">
                    {initials}
                </span>
                <div class="tile-names">
                    <h3 id=heading>{name}</h3>
                    <p class="tile-kind">
                        <span>{kind}</span>
                        <span class="tile-user">"for " {user}</span>
                    </p>
                </div>
                <span class="status">
                    <span class="shape" aria-hidden="true"></span>
                    {status}
                </span>
            </header>
            <p class="tile-task" class:none=idle data-testid="tile-task">
                {task_text}
            </p>
            <Labels tile />
            <footer class="tile-foot">
                <dl class="facts">
                    <div>
                        <dt>"up"</dt>
                        <dd data-testid="tile-uptime">{uptime}</dd>
                    </div>
                    <div class="heartbeat" data-health=health>
                        <dt>
                            <span
                                class="pulse"
                                class:other=other_side
                                aria-hidden="true"
                            ></span>
                            "heartbeat"
                        </dt>
                        <dd data-testid="tile-heartbeat">
                            {heartbeat_age}
                        </dd>
                    </div>
                </dl>
                <button
                    class="quiet"
                    type="button"
                    aria-pressed=pressed
                    aria-label=label
                    on:click=select
                >
                    "Activity"
                </button>
            </footer>
        </article>
    }
}

/// The session's tags and context sources.
#[component]
fn Labels(
    /// The session's place in the store.
    tile: Field<Tile>,
) -> impl IntoView {
    let tags = Memo::new(move |_| tile.tags().try_get().unwrap_or_default());
    let sources = Memo::new(move |_| tile.sources().try_get().unwrap_or_default());
    let list = |label: &'static str, class: &'static str, items: Memo<Vec<String>>| {
        move || {
            let items = items.get();
            (!items.is_empty()).then(|| {
                let items = items
                    .into_iter()
                    .map(|item| view! { <li>{item}</li> })
                    .collect_view();
                view! {
                    <ul class=class aria-label=label>
                        {items}
                    </ul>
                }
            })
        }
    };
    view! {
        {list("Tags", "chips", tags)}
        {list("Context sources", "sources", sources)}
    }
}
