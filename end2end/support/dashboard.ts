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

  get message(): Locator {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  get addressee(): Locator {
    return this.page.getByRole("combobox", { name: "To" });
  }
}
