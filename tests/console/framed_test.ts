/** The console of each add-on in the frame of the host page, as Clockify would show it, and refused to any other page. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { openBrowser, type PageOptions, type WatchedPage } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { eventually } from "../support/world.ts";

const SHOWN = "universal_webhook";
const browser = await openBrowser();
let world: ConsoleWorld;

async function withPage(test: (watched: WatchedPage) => Promise<void>, options?: PageOptions): Promise<void> {
  const watched = await browser.openPage(options);
  try {
    await test(watched);
  } finally {
    await watched.close();
  }
}

Deno.test({
  name: "a world with a sample starts",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => void (world = await startConsoleWorld()),
});

for (const { key, name } of PROFILES) {
  Deno.test(`the host page frames ${name}, and its token leaves the address`, () =>
    withPage(async ({ page, assertClean }) => {
      const frame = await world.frame(page, key);
      await frame.locator("#page").waitFor();
      assert(!frame.url().includes("auth_token"), "the token is still in the address");
      assertMatch(await frame.getByRole("banner").innerText(), /Harbour & Pine Studio/);
      assertClean();
    }));
}

Deno.test("a theme switched in Clockify is the console's theme at once, by a new token", () =>
  withPage(async ({ page, assertClean }) => {
    const frame = await world.frame(page, SHOWN);
    await frame.locator("#page").waitFor();
    const theme = () => frame.locator("html").getAttribute("data-theme");
    assertEquals(await theme(), "light");
    await page.getByLabel("Theme").selectOption("Dark");
    await eventually(async () => await theme() === "dark");
    await page.getByLabel("Theme").selectOption("Light");
    await eventually(async () => await theme() === "light");
    assertClean();
  }));

Deno.test("a member's console says that it is for reading only", () =>
  withPage(async ({ page, assertClean }) => {
    const frame = await world.frame(page, SHOWN, { viewer: world.memberId });
    await frame.getByText("read only").waitFor();
    assertClean();
  }));

Deno.test("a timer stopped in the host page gets the tag that the flow gives, while one looks", () =>
  withPage(async ({ page, assertClean }) => {
    const frame = await world.frame(page, SHOWN);
    await frame.locator("#page").waitFor();
    await page.getByLabel("Description").fill("A newcomer's entry");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    const row = page.locator("#entries li", { hasText: "A newcomer's entry" });
    await row.locator(".tag", { hasText: "needs-project" }).waitFor();
    assertClean();
  }));

Deno.test("alone, an operator signs in by the key and sees the workspace", () =>
  withPage(async ({ page, assertClean }) => {
    await world.alone(page, SHOWN, "/ui/app/runs");
    assertEquals(new URL(page.url()).pathname, "/ui/app/runs");
    assertClean();
  }));

Deno.test("a parent that is not listed gets no console in its frame", async () => {
  const address = world.consoleUrl(SHOWN);
  const parent = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () =>
      new Response(`<!doctype html><title>Elsewhere</title><iframe src="${address}"></iframe>`, {
        headers: { "content-type": "text/html" },
      }),
  );
  try {
    await withPage(async ({ page, problems }) => {
      await page.goto(`http://127.0.0.1:${parent.addr.port}/`);
      await eventually(() =>
        Promise.resolve(problems.some(({ kind, text }) => kind === "csp" && text.includes("frame-ancestors")))
      );
      const frame = await (await page.waitForSelector("iframe")).contentFrame();
      assertEquals(await frame!.locator("#page, .gate").count(), 0);
    });
  } finally {
    await parent.shutdown();
  }
});

Deno.test({
  name: "everything stops",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await browser.stop();
    await world.stop();
    await stopSharedDatabase();
  },
});
