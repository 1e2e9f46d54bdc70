//! Where the browser enters.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::ui::App;

/// Takes over the server-rendered page.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
