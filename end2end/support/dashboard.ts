// Where things are on the dashboard.

import type { Locator, Page } from "@playwright/test";

export class Dashboard {
  constructor(readonly page: Page) {}

  /** The tile of a session. */
  tile(id: string): Locator {
    return this.page.locator(`[data-testid="tile"][data-session-id="${id}"]`);
  }

  /** Rows of the activity feed, of one event type if given. */
  rows(eventType?: string): Locator {
    const type = eventType ? `[data-event-type="${eventType}"]` : "";
    return this.page.locator(`[data-testid="feed-row"]${type}`);
  }

  /** The strip of files on which several work. */
  get conflicts(): Locator {
    return this.page.getByTestId("conflicts");
  }

  get tiles(): Locator {
    return this.page.getByTestId("tile");
  }

  get messages(): Locator {
    return this.page.getByTestId("message-row");
  }

  get connection(): Locator {
    return this.page.getByTestId("connection");
  }

  get empty(): Locator {
    return this.page.getByTestId("empty-sessions");
  }

  /** The card of one's own source of this name. */
  source(name: string): Locator {
    const heading = this.page.getByRole("heading", { name, exact: true });
    return this.page.getByTestId("source").filter({ has: heading });
  }

  /** Searches for words, of some types if given. */
  async search(query: string, types = ""): Promise<void> {
    await this.page.getByRole("textbox", { name: "Only these types" }).fill(types);
    const box = this.page.getByRole("searchbox", { name: "Search your files" });
    await box.fill(query);
    await box.press("Enter");
  }

  get matches(): Locator {
    return this.page.getByTestId("match");
  }

  get searchState(): Locator {
    return this.page.getByTestId("search");
  }

  get message(): Locator {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  get addressee(): Locator {
    return this.page.getByRole("combobox", { name: "To" });
  }
}
