//! The message log: what agents and people say to each other.

use leptos::prelude::*;

use super::{
    composer::Composer,
    feed::Instant,
    format,
    live::{Listed, Live},
    room::RoomStoreFields,
    sentence::message_text,
};

/// What was said, oldest first, and a way to say something.
#[component]
pub fn Messages() -> impl IntoView {
    let live = Live::get();
    let rows = Memo::new(move |_| {
        live.room
            .messages()
            .with(|messages| messages.iter().cloned().collect::<Vec<_>>())
    });
    let occupied = Signal::derive(move || !rows.with(Vec::is_empty));
    view! {
        <section class="panel messages" aria-labelledby="messages-heading">
            <header class="panel-head">
                <h2 id="messages-heading">"Messages"</h2>
            </header>
            <div
                class="panel-body from-the-end"
                tabindex="0"
                role="group"
                aria-labelledby="messages-heading"
            >
                <div>
                    <p class="empty-note" hidden=occupied>
                            "Nobody has said anything yet. What you write below reaches every \
                            agent in the room at once."
                        </p>
                    <ol class="talk" data-testid="messages">
                        <For each=move || rows.get() key=|event| event.id children=|event| view! { <MessageRow event /> } />
                    </ol>
                </div>
            </div>
            <Composer />
        </section>
    }
}

/// One message.
#[component]
fn MessageRow(
    /// The `broadcast.message` event.
    event: Listed,
) -> impl IntoView {
    let live = Live::get();
    let sender = event.sender().to_owned();
    let hue = format::hue(&sender);
    let person = event.session_id.is_none();
    let to = event
        .to
        .iter()
        .map(|recipient| {
            let id = recipient.as_str().to_owned();
            view! { <li title=id.clone()>{live.name_of(&id)}</li> }
        })
        .collect_view();
    view! {
        <li
            class="message"
            class:fresh=live.mounted.get_untracked()
            class:person=person
            data-testid="message-row"
        >
            <span class=format!("avatar {hue}") aria-hidden="true">
                {format::initials(&sender)}
            </span>
            <div class="message-body">
                <p class="message-head">
                    <b class=format!("who {hue}")>{sender.clone()}</b>
                    {person.then(|| view! { <span class="role">"in person"</span> })}
                    <Instant at=event.timestamp />
                </p>
                {(!event.to.is_empty())
                    .then(|| {
                        view! {
                            <ul class="chips to" aria-label="Addressed to">
                                {to}
                            </ul>
                        }
                    })}
                <p class="message-text">{message_text(&event)}</p>
            </div>
        </li>
    }
}
