//! Where a person adds a source.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::{
    calls,
    card::Card,
    live::Live,
    signals::{blank, not, shown},
    source_words,
};
use crate::{
    browser,
    protocol::{FieldError, Problem},
};

/// What a person has typed.
#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    url: RwSignal<String>,
    auth: RwSignal<String>,
    username: RwSignal<String>,
    secret: RwSignal<String>,
    interval: RwSignal<String>,
    include: RwSignal<String>,
    exclude: RwSignal<String>,
}

impl Draft {
    fn new() -> Self {
        let empty = || RwSignal::new(String::new());
        Self {
            name: empty(),
            url: empty(),
            auth: RwSignal::new("none".to_owned()),
            username: empty(),
            secret: empty(),
            interval: empty(),
            include: empty(),
            exclude: empty(),
        }
    }

    fn clear(self) {
        for text in [
            self.name,
            self.url,
            self.username,
            self.secret,
            self.interval,
            self.include,
            self.exclude,
        ] {
            text.set(String::new());
        }
        self.auth.set("none".to_owned());
    }
}

/// A form that opens by a button.
#[component]
pub fn SourceForm() -> impl IntoView {
    let live = Live::get();
    let sources = live.sources;
    let draft = Draft::new();
    let open = RwSignal::new(false);
    let pending = RwSignal::new(false);
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let note = RwSignal::new(String::new());
    let submit = move || {
        if pending.get_untracked() {
            return;
        }
        // The secret leaves the page with the first try, whatever comes of it.
        let secret = std::mem::take(&mut *draft.secret.write());
        errors.set(Vec::new());
        note.set(String::new());
        pending.set(true);
        browser::spawn(async move {
            let added = match body(draft, secret) {
                Ok(body) => calls::add_source(body).await,
                Err(problem) => Err(problem),
            };
            pending.set(false);
            match added {
                Ok(source) => {
                    sources.said.set("The source is added.".to_owned());
                    sources.put(Card::of(&source));
                    draft.clear();
                    open.set(false);
                    browser::focus_soon(sources.opener);
                }
                Err(problem) => {
                    let at_field = !source_words::broken(&problem.errors, &FIELDS).is_empty();
                    note.set(match at_field {
                        true => "Nothing was added: see above what to change.".to_owned(),
                        false => source_words::problem(&problem),
                    });
                    errors.set(problem.errors);
                }
            }
        });
    };
    let closed = not(open);
    let expanded = Signal::derive(move || open.get().to_string());
    let busy = shown(pending);
    let blocked = Signal::derive(move || pending.get() || live.is_closed());
    let word = Signal::derive(move || if pending.get() { "Trying it…" } else { "Add" });
    let no_note = blank(note);
    let note_text = shown(note);
    let anyone = Signal::derive(move || draft.auth.with(|auth| auth == "none"));
    let no_user =
        Signal::derive(move || draft.auth.with(|auth| auth == "none" || auth == "bearer"));
    let secret_label = Signal::derive(move || {
        let bearer = draft.auth.with(|auth| auth == "bearer");
        if bearer { "Token" } else { "Password" }.to_owned()
    });
    let always = Signal::stored(false);
    let error = move |fields: &'static [&'static str]| {
        Signal::derive(move || errors.with(|errors| source_words::broken(errors, fields)))
    };
    let label = |text: &'static str| Signal::stored(text.to_owned());
    view! {
        <button
            class="quiet add-source"
            type="button"
            aria-expanded=expanded
            aria-controls="source-form"
            node_ref=sources.opener
            on:click=move |_| open.update(|open| *open = !*open)
        >
            "Add a source"
        </button>
        <form
            id="source-form"
            class="source-form"
            aria-label="Add a source"
            hidden=closed
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <fieldset disabled=busy>
                <Field id="source-name" label=label("Name") text=draft.name error=error(&["name"]) hidden=always />
                <Field
                    id="source-url"
                    label=label("Address")
                    hint="https://cloud.example.org/remote.php/dav/files/alexa/notes/"
                    text=draft.url
                    error=error(&["url"])
                    hidden=always
                />
                <div class="field">
                    <label for="source-auth">"Sign in"</label>
                    <select
                        id="source-auth"
                        prop:value=draft.auth
                        on:change:target=move |event| draft.auth.set(event.target().value())
                    >
                        <option value="none">"Not needed"</option>
                        <option value="basic">"User and password (Basic)"</option>
                        <option value="digest">"User and password (Digest)"</option>
                        <option value="bearer">"Token (Bearer)"</option>
                    </select>
                </div>
                <Field
                    id="source-user"
                    label=label("User")
                    text=draft.username
                    error=error(&["username"])
                    hidden=no_user
                />
                <Field
                    id="source-secret"
                    label=secret_label
                    kind="password"
                    text=draft.secret
                    error=error(&["password", "token"])
                    hidden=anyone
                />
                <Field
                    id="source-interval"
                    label=label("Sync every (seconds)")
                    hint="300"
                    kind="number"
                    text=draft.interval
                    error=error(&["interval_seconds"])
                    hidden=always
                />
                <Field
                    id="source-include"
                    label=label("Only files like")
                    hint="**/*.md; src/**"
                    text=draft.include
                    error=error(&["include"])
                    hidden=always
                />
                <Field
                    id="source-exclude"
                    label=label("No files like")
                    hint="drafts/**"
                    text=draft.exclude
                    error=error(&["exclude"])
                    hidden=always
                />
            </fieldset>
            <div role="status">
                <p class="form-note" hidden=no_note>
                    {note_text}
                </p>
            </div>
            <button type="submit" disabled=blocked>
                {word}
            </button>
        </form>
    }
}

/// One line of the form, with the rule that it broke.
#[component]
fn Field(
    /// The input's id.
    id: &'static str,
    /// What it is.
    label: Signal<String>,
    /// An example.
    #[prop(default = "")]
    hint: &'static str,
    /// The type of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// What is typed.
    text: RwSignal<String>,
    /// What is wrong with it; empty for nothing.
    error: Signal<String>,
    /// Whether it is not needed.
    hidden: Signal<bool>,
) -> impl IntoView {
    let right = blank(error);
    let wrong = Signal::derive(move || (!right.get()).to_string());
    let described_by = format!("{id}-error");
    view! {
        <div class="field" hidden=hidden>
            <label for=id>{label}</label>
            <input
                id=id
                type=kind
                placeholder=hint
                autocomplete=if kind == "password" { "new-password" } else { "off" }
                spellcheck="false"
                aria-invalid=wrong
                aria-describedby=described_by.clone()
                prop:value=text
                on:input:target=move |event| text.set(event.target().value())
            />
            <p id=described_by class="field-error" hidden=right>
                {error}
            </p>
        </div>
    }
}

/// The fields that a rule can be told at.
const FIELDS: [&str; 8] = [
    "name",
    "url",
    "username",
    "password",
    "token",
    "interval_seconds",
    "include",
    "exclude",
];

/// The body of the call that adds it. The server knows the rules of its fields.
fn body(draft: Draft, secret: String) -> Result<Value, Problem> {
    let read = |text: RwSignal<String>| text.get_untracked().trim().to_owned();
    let auth = read(draft.auth);
    let mut body = json!({
        "name": read(draft.name),
        "url": read(draft.url),
        "include": patterns(&read(draft.include)),
        "exclude": patterns(&read(draft.exclude)),
    });
    if auth == "basic" || auth == "digest" {
        body["username"] = Value::String(read(draft.username));
    }
    if auth != "none" && !secret.is_empty() {
        let member = if auth == "bearer" {
            "token"
        } else {
            "password"
        };
        body[member] = Value::String(secret);
    }
    body["auth"] = Value::String(auth);
    let interval = read(draft.interval);
    if !interval.is_empty() {
        let seconds: u64 = interval
            .parse()
            .map_err(|_| Problem::field("interval_seconds", "must be a whole number"))?;
        body["interval_seconds"] = Value::from(seconds);
    }
    Ok(body)
}

/// Patterns apart by semicolons: commas stand in patterns, as in `*.{md,txt}`.
fn patterns(text: &str) -> Vec<&str> {
    text.split(';')
        .map(str::trim)
        .filter(|pattern| !pattern.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use leptos::prelude::Owner;

    use super::*;

    #[test]
    fn patterns_stand_apart_by_semicolons() {
        let read = patterns(" **/*.{md,txt} ;; src/** ");
        assert_eq!(read, ["**/*.{md,txt}", "src/**"]);
        assert!(patterns("").is_empty());
    }

    #[test]
    fn only_what_the_kind_of_sign_in_needs_is_sent() {
        let owner = Owner::new();
        owner.set();
        let draft = Draft::new();
        draft.username.set("alexa".to_owned());
        let sent = |auth: &str| {
            draft.auth.set(auth.to_owned());
            let body = body(draft, "secret".to_owned()).unwrap();
            ["username", "password", "token"].map(|member| body.get(member).is_some())
        };
        assert_eq!(sent("none"), [false, false, false]);
        assert_eq!(sent("digest"), [true, true, false]);
        assert_eq!(sent("bearer"), [false, false, true]);
        draft.interval.set("often".to_owned());
        let problem = body(draft, String::new()).unwrap_err();
        assert_eq!(problem.errors[0].field, "interval_seconds");
    }
}
