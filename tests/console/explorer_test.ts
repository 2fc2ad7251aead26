/** The Explorer at its doors: an operation found by words, filled, reviewed and confirmed; refused; approved; read page by page; by keyboard. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Locator } from "playwright-core";
import { axe, openBrowser, type PageOptions } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { askAs, goTo, isFocused, type Place, PROFILE, stopAtTheEnd } from "./setup.ts";

type Json = Record<string, unknown>;

const browser = await openBrowser();
let world: ConsoleWorld;
let simulator: ConsoleWorld["simulator"];
let workspaceId: string;
let ownerId: string;
let memberId: string;
let entry: Json;
let tag: Json;
let spare: Json;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  ({ simulator, workspaceId, ownerId, memberId } = world);
  [entry, tag, spare] = await Promise.all([
    inClockify("POST", "/time-entries", {
      description: "Pier night shift",
      start: "2026-11-20T05:16:00Z",
      end: "2026-11-20T14:28:00Z",
      billable: true,
    }),
    inClockify("POST", "/tags", { name: "Quay side" }),
    inClockify("POST", "/tags", { name: "Drydock" }),
  ]);
  await simulator.settled();
});

/** As a person of the workspace sees or changes it in Clockify itself. */
const inClockify = (method: "GET" | "POST", path: string, body?: unknown) =>
  simulator.change({ workspaceId, userId: ownerId, method, path, body }) as Promise<Json>;

const setPolicy = async (by_hand: Json) => {
  const answer = await askAs(world, "/ui/guard", { method: "PUT", body: { by_hand } });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
};

async function openExplorer({ viewer, ...options }: PageOptions & { viewer?: string } = {}) {
  const watched = await browser.openPage({ viewport: { width: 1680, height: 1000 }, ...options });
  const frame = await world.frame(watched.page, PROFILE, { viewer });
  await goTo(frame, "Explorer");
  await frame.getByRole("heading", { name: "Explorer", level: 1 }).waitFor();
  return { ...watched, frame };
}

const button = (place: Place | Locator, name: string | RegExp) =>
  place.getByRole("button", typeof name === "string" ? { name, exact: true } : { name });
const answerOf = (place: Place) => place.locator(".ex-answer");

/** Finds an operation by words, and opens the best. */
async function find(place: Place, words: string, summary: string): Promise<void> {
  await place.getByLabel(/^Search \d+ operations/).fill(words);
  const best = place.locator(".ex-rows .ex-open").first();
  await place.getByText("the best first").waitFor();
  await best.filter({ hasText: summary }).click();
  await isFocused(place.getByRole("heading", { name: summary, exact: true }));
}

async function pick(place: Place, label: string, text: string): Promise<void> {
  await place.getByLabel(label, { exact: true }).fill(text);
  await place.getByRole("option", { name: text }).first().click();
}

async function isRefused(control: Locator, reason: RegExp): Promise<void> {
  await control.waitFor();
  assertEquals(await control.getAttribute("aria-disabled"), "true");
  assertMatch((await control.getAttribute("title")) ?? "", reason);
}

Deno.test("a tag is added to a time entry that is found by words, and nothing else of the entry changes", async () => {
  const { page, frame, assertClean, close } = await openExplorer();
  await find(frame, "add tag to time entry", "Change a time entry");
  await pick(frame, "Time entry (required)", "Pier night shift");
  await frame.getByText("Filled with what Clockify holds now").waitFor();
  assertEquals(await frame.getByLabel("Description", { exact: true }).inputValue(), "Pier night shift");
  await isRefused(button(frame, "Review 0 changes…").or(button(frame, "Review change…")), /Nothing is changed/);

  await pick(frame, "Tags", "Quay side");
  const before = await inClockify("GET", `/time-entries/${entry.id}`);
  const review = button(frame, "Review 1 change…");
  await review.click();
  const dialog = frame.getByRole("dialog", { name: "Change a time entry" });
  const row = dialog.getByRole("row", { name: /^Tags/ });
  await row.getByText("Quay side").waitFor();
  assertEquals(await dialog.locator("tbody tr").count(), 1);
  assertEquals(await inClockify("GET", `/time-entries/${entry.id}`), before, "a review writes nothing");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  // By the keyboard alone.
  await isFocused(review);
  await page.keyboard.press("Control+Enter");
  await button(dialog, "Confirm and send").press("Enter");
  await answerOf(frame).getByText("200 Done").waitFor();
  const after = await inClockify("GET", `/time-entries/${entry.id}`);
  assertEquals(after, { ...before, tagIds: [tag.id] });

  // A mark stays when the page is left.
  await button(frame, "Favourite: Change a time entry").click();
  await goTo(frame, "Runs");
  await frame.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  await goTo(frame, "Explorer");
  await frame.getByRole("region", { name: "Favourites" }).getByText("Change a time entry").waitFor();

  // The history has it, with the change to make again.
  await frame.getByRole("tab", { name: "History" }).click();
  await frame.locator(".ex-open", { hasText: "Change a time entry" }).first().click();
  await answerOf(frame).getByText("As it was kept in the history").waitFor();
  assertClean();
  await close();
});

Deno.test("a call becomes a step of a new flow", async () => {
  const { frame, assertClean, close } = await openExplorer();
  await find(frame, "create a tag", "Create a tag");
  await frame.getByLabel("Name", { exact: true }).fill("Night");
  await button(frame, "Make this a flow step").click();
  await frame.getByRole("region", { name: "step 1", exact: true }).waitFor();
  await button(frame, "Save draft").waitFor();
  assertClean();
  await close();
});

Deno.test("a member reads, and sees why there is no change", async () => {
  const { frame, assertClean, close } = await openExplorer({ viewer: memberId });
  await frame.getByText("Reads only").waitFor();
  await find(frame, "list tags", "List tags");
  await button(frame, "Send").click();
  await answerOf(frame).getByText("200 Done").waitFor();
  await answerOf(frame).getByText(/ms · .*kB|ms · .* B/).waitFor();
  await frame.getByRole("tab", { name: "Table" }).click();
  await answerOf(frame).getByRole("cell", { name: "Quay side" }).waitFor();
  await frame.getByLabel("Path or words").fill("[0].name");
  await frame.getByRole("tab", { name: "Raw" }).click();
  assertMatch((await answerOf(frame).locator("pre").textContent()) ?? "", /^[\w -]+$/);
  await find(frame, "delete a tag", "Delete a tag");
  await isRefused(button(frame, "Delete…"), /member/);
  await isRefused(button(frame, "Make this a flow step"), /member/);
  assertClean();
  await close();
});

Deno.test("what the guard denies is not sent, and the page says why", async () => {
  const { frame, close } = await openExplorer();
  await find(frame, "create a tag", "Create a tag");
  await frame.getByLabel("Name", { exact: true }).fill("Never made");
  await button(frame, "Review change…").or(button(frame, "Review 1 change…")).waitFor();
  await setPolicy({ routine: "deny" });
  try {
    await button(frame, /^Review/).click();
    const alert = frame.getByRole("alert").filter({ hasText: "Not sent" });
    await alert.getByText(/guard/).first().waitFor();
    const tags = await inClockify("GET", "/tags?name=Never");
    assertEquals(tags as unknown, []);
    await goTo(frame, "Runs");
  } finally {
    await setPolicy({ routine: null });
  }
  await close();
});

Deno.test("401, 403 and 429 of Clockify are explained, and no answer at all is", async () => {
  const { page, frame, close } = await openExplorer();
  await find(frame, "list tags", "List tags");
  const path = "*/tags";
  const explained = frame.getByRole("alert");
  for (
    const [fault, words] of [
      [{ status: 403, message: "Access denied: the scope TAG_READ is missing" }, /scope|plan/],
      [{ status: 401 }, /401, scope missing[^]*TAG_READ/],
      [{ status: 429, count: null }, /429, too many requests[^]*Send it again in \d+ s/],
    ] as const
  ) {
    await simulator.addFault({ kind: "status", method: "GET", path, ...fault });
    await button(frame, "Send").click();
    await explained.getByText(words).first().waitFor();
    assertMatch((await explained.textContent()) ?? "", words);
    await simulator.clearFaults();
    await button(frame, "Send").and(frame.locator(":not([aria-disabled])")).waitFor();
  }
  await page.route("**/api-explorer/execute*", (route) => route.abort());
  await button(frame, "Send").click();
  await explained.getByText("Timewire does not answer. Nothing was changed").waitFor();
  await close();
});

Deno.test("every fault of a form is marked at once; a call is saved and opened again; an entry of another person is picked", async () => {
  const theirs = await simulator.change({
    workspaceId,
    userId: memberId,
    method: "POST",
    path: "/time-entries",
    body: { description: "Crane watch", start: "2026-11-21T05:00:00Z", end: "2026-11-21T06:00:00Z" },
  }) as Json;
  const { frame, assertClean, close } = await openExplorer();
  await find(frame, "detailed report", "Report time entries one by one");
  await button(frame, "Send").click();
  await frame.getByRole("alert").filter({ hasText: "Not sent" }).waitFor();
  for (const label of ["Date range start (required)", "Date range end (required)"]) {
    assertEquals(await frame.getByLabel(label).getAttribute("aria-invalid"), "true");
  }

  await find(frame, "read a time entry", "Read a time entry");
  await frame.getByText("Whose entries are offered").click();
  await button(frame, /^Remove .* from Person$/).click();
  const member = (await simulator.workspaces())[0]!.users.find(({ id }) => id === memberId)!;
  await pick(frame, "Person", member.name);
  await pick(frame, "Time entry (required)", "Crane watch");
  await button(frame, "Save…").click();
  const dialog = frame.getByRole("dialog", { name: "Save the call" });
  await dialog.getByLabel("Name").fill("The crane");
  await button(dialog, "Save").click();
  await dialog.waitFor({ state: "detached" });
  await find(frame, "list tags", "List tags");
  await frame.getByRole("tab", { name: "Saved" }).click();
  await frame.locator(".ex-open", { hasText: "The crane" }).click();
  await button(frame, "Send").click();
  await answerOf(frame).getByText("200 Done").waitFor();
  await answerOf(frame).getByRole("tree").getByText(String(theirs.id)).waitFor();
  // Back leads to the call before, which begins empty.
  await frame.evaluate(() => history.back());
  await frame.getByRole("heading", { name: "List tags", exact: true }).waitFor();
  await frame.getByText("No answer yet").waitFor();
  assertClean([/422/]);
  await close();
});

Deno.test("all pages are read with a count, and Stop keeps what came", async () => {
  for (let number = 0; number < 55; number++) await inClockify("POST", "/tags", { name: `Berth ${number}` });
  const { frame, close } = await openExplorer();
  await find(frame, "list tags", "List tags");
  await frame.getByLabel("Page size").fill("50");
  await button(frame, "Read all pages").click();
  const answer = answerOf(frame);
  await answer.getByText("All read").waitFor();
  const whole = Number(/(\d+) items · 2 pages/.exec((await answer.textContent()) ?? "")?.[1]);
  assert(whole >= 56, `${whole} items`);

  await simulator.addFault({ kind: "hang", method: "GET", path: "*/tags", skip: 1 });
  await button(frame, "Read all pages").click();
  await answer.getByText(/50 items · 1 page/).waitFor();
  await button(answer, "Stop").click();
  await answer.getByText("You stopped it").waitFor();
  await simulator.clearFaults();
  await button(frame, "Read all pages").click();
  await eventually(async () => /All read|Not sent/.test((await frame.locator("#page").textContent()) ?? ""));
  await close();
});

Deno.test("at 390 pixels, without a mouse and in both themes: found, sent, read; nothing serious for axe", async () => {
  for (const theme of ["light", "dark"] as const) {
    const { page, assertClean, close } = await browser.openPage({ theme, viewport: { width: 390, height: 844 } });
    const { keyboard } = page;
    await world.alone(page, PROFILE);
    const faults: string[] = [];
    const look = async (name: string) => {
      faults.push(...(await axe(page)).map((fault) => `${theme} ${name}: ${fault}`));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > 390) faults.push(`${theme} ${name}: ${width} px wide`);
    };
    await page.locator("h1").first().waitFor();
    await keyboard.press("g");
    await keyboard.press("x");
    await page.getByRole("heading", { name: "Explorer", level: 1 }).waitFor();
    await look("find");
    await keyboard.press("/");
    await isFocused(page.getByLabel(/^Search/));
    await keyboard.type("list tags");
    await page.getByText("the best first").waitFor();
    await look("found");
    await keyboard.press("Enter");
    await isFocused(page.getByRole("heading", { name: "List tags" }));
    await look("call");
    await keyboard.press("Control+Enter");
    await answerOf(page).getByText("200 Done").waitFor();
    await look("answer");
    await page.getByRole("tab", { name: "Tree" }).focus();
    await keyboard.press("ArrowRight");
    await page.getByRole("region", { name: "The answer as a table" }).waitFor();
    await look("table");
    assertEquals(faults, []);
    assertClean();
    await close();
  }
});

Deno.test("a review holds at 390 pixels, wide and dark for axe, and no token is on the page", async () => {
  const { page, frame, close } = await openExplorer({ viewport: { width: 390, height: 844 } });
  await find(frame, "rename a tag", "Change a tag");
  await pick(frame, "Tag (required)", "Quay side");
  await frame.getByText("Filled with what Clockify holds now").waitFor();
  await frame.getByLabel("Name", { exact: true }).fill("Quayside");
  await button(frame, "Review 1 change…").click();
  const confirm = button(frame, "Confirm and send");
  await confirm.waitFor();
  const box = (await confirm.boundingBox())!;
  assert(box.x >= 0 && box.x + box.width <= 390);
  assertEquals(await axe(page, { include: "iframe" }), []);
  await confirm.click();
  await answerOf(frame).getByText("200 Done").waitFor();
  assertEquals((await inClockify("GET", `/tags/${tag.id}`)).name, "Quayside");
  await frame.getByRole("tab", { name: "Call", exact: true }).click();
  await frame.getByRole("tab", { name: "curl" }).click();
  await frame.getByText("YOUR_CLOCKIFY_TOKEN").first().waitFor();
  const { "x-addon-token": token } = await world.viewer(PROFILE);
  const seen = await frame.evaluate(() => document.body.innerHTML);
  assertEquals(seen.includes(token!.split(".")[1]!), false);
  await close();
});

Deno.test("a delete that needs a second person is approved by another, confirmed by its name, and made once", async () => {
  await setPolicy({ destructive: "second_person" });
  const { frame, assertClean, close } = await openExplorer();
  await find(frame, "delete a tag", "Delete a tag");
  await pick(frame, "Tag (required)", "Drydock");
  await button(frame, "Ask for approval…").click();
  const needed = frame.getByRole("dialog", { name: "A second person is needed" });
  await needed.getByText("Nothing was sent").waitFor();
  await button(needed, "Show the requests").click();
  const request = frame.locator(".ex-requests > li").first();
  await request.getByText("waiting", { exact: true }).waitFor();
  await request.getByText(/You asked for it/).waitFor();
  await request.getByRole("link", { name: "See the request" }).waitFor();

  const other = await browser.openPage({ viewport: { width: 1400, height: 900 } });
  await world.alone(other.page, PROFILE, "/ui/app/explorer");
  await other.page.getByRole("tab", { name: "Approvals" }).click();
  const theirs = other.page.locator(".ex-requests > li").first();
  await theirs.getByText("Drydock").waitFor();
  await theirs.getByRole("link", { name: "Decide…" }).click();
  await other.page.getByRole("button", { name: /^Approve/ }).click();
  await button(other.page.getByRole("dialog", { name: /^Approve request/ }), "Approve").click();
  await other.page.getByText(/is approved/).first().waitFor();
  other.assertClean();
  await other.close();

  await request.getByText("approved", { exact: true }).waitFor();
  await button(request, "Show").click();
  await button(frame, "Ask for approval…").click();
  const dialog = frame.getByRole("dialog", { name: "Delete a tag" });
  await isRefused(button(dialog, "Delete"), /Drydock/);
  await dialog.getByLabel(/^Type the name/).fill("Drydock");
  await button(dialog, "Delete").click();
  await answerOf(frame).getByText(/Done/).waitFor();
  assertEquals(
    (await inClockify("GET", "/tags?page-size=200") as unknown as Json[]).some(({ id }) => id === spare.id),
    false,
  );
  assertClean();
  await close();
});

stopAtTheEnd(browser, () => world);
