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

  /** One metric of the health bar. */
  metric(name: "sessions" | "sync" | "delivery" | "cache" | "sockets"): Locator {
    return this.page.getByTestId(`metric-${name}`);
  }

  /** A figure of a metric over 5 minutes, an hour and 24 hours. */
  figure(name: Parameters<Dashboard["metric"]>[0], figure: string): Locator {
    const row = this.metric(name).locator("dl > div");
    return row.filter({ has: this.page.getByText(figure, { exact: true }) }).locator("dd");
  }

  /** The strip of alerts that are raised. */
  get alerts(): Locator {
    return this.page.getByTestId("alerts");
  }

  /** What has just been raised. */
  get raisedToasts(): Locator {
    return this.page.getByTestId("toasts").getByRole("alert").locator(".line");
  }

  /** What is just over. */
  get clearedToasts(): Locator {
    return this.page.getByTestId("toasts").getByRole("status").locator(".line");
  }

  /** The alerts that are over. */
  get pastAlerts(): Locator {
    return this.page.getByTestId("past-alerts");
  }

  /** That the server has no Redis. */
  get outage(): Locator {
    return this.page.getByText("Redis is away since");
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
