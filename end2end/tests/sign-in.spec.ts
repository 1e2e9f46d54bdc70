import { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.stop());

test("without a cookie the page says how to get in", async ({ page }) => {
  await page.goto(server.url);
  await expect(page).toHaveURL(/\/leitl-dashboard$/);
  await expect(page.getByTestId("sign-in")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page.getByText("leitl login", { exact: true })).toBeVisible();
  await expect(page.getByTestId("connection")).toHaveCount(0);
});

test("the one-time link signs in, once", async ({ page, browser }) => {
  const link = await server.loginLink();
  await page.goto(link);
  await expect(page).toHaveURL(`${server.url}/leitl-dashboard`);
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "live");
  await expect(page.getByText("you are alexa")).toBeVisible();
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ name: "leitl", httpOnly: true, sameSite: "Strict" });

  const stranger = await browser.newPage();
  await stranger.goto(link);
  await expect(stranger.getByRole("alert")).toContainText("used before");
  await expect(stranger.getByTestId("sign-in")).toBeVisible();
  await stranger.close();
});
