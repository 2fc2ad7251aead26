/** What the tests of the console do alike: make events and flows behind its back, and find rows and steps on its pages. */

import { assertEquals } from "@std/assert";
import type { Frame, Locator, Page } from "playwright-core";
import { systemClock } from "../../src/base/clock.ts";
import type { TestBrowser } from "../support/browser.ts";
import type { ConsoleWorld } from "../support/console_world.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { eventually } from "../support/world.ts";
import { type Answer, ask } from "../http/door.ts";

export const PROFILE = "universal_webhook";

/** Where locators begin: the console alone, or in the host page's frame. */
export type Place = Page | Frame;

/** Asks Universal Webhook's data API: as the owner when no user is named. */
export async function askAs(
  world: ConsoleWorld,
  path: string,
  { userId, ...options }: { userId?: string; method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const headers = { ...await world.viewer(PROFILE, { userId }), ...options.headers };
  return await ask(world.consoleUrl(PROFILE, path), { ...options, headers });
}

/** Id of the new flow. */
export async function createFlow(world: ConsoleWorld, flow: unknown): Promise<string> {
  const { status, body } = await askAs(world, "/ui/flows", { body: flow });
  assertEquals(status, 201, JSON.stringify(body));
  return body.id;
}

/** The member's timer of this description, started and stopped; two events. */
export async function stopTimer(
  { simulator, workspaceId, memberId }: ConsoleWorld,
  description: string,
): Promise<void> {
  const change = (method: "POST" | "PATCH", path: string, body: unknown) =>
    simulator.change({ workspaceId, userId: memberId, method, path, body });
  const now = new Date(systemClock.now()).toISOString().slice(0, 19) + "Z";
  await change("POST", "/time-entries", { description, start: now });
  await change("PATCH", `/user/${memberId}/time-entries`, { end: now });
  await simulator.settled();
}

/** Rows of the list of events that hold all the texts. */
export function eventRow(place: Place, ...texts: string[]): Locator {
  const rows = place.getByRole("grid").getByRole("row");
  return texts.reduce((found, hasText) => found.filter({ hasText }), rows);
}

export function runRow(place: Place, hasText: string): Locator {
  return place.locator(".run-table tbody tr", { hasText });
}

/** The opened event. */
export function eventPane(place: Place): Locator {
  return place.getByRole("region", { name: "Event", exact: true });
}

/** A step of the flow editor. */
export function stepOf(place: Place, number: number): Locator {
  return place.getByRole("region", { name: `step ${number}`, exact: true });
}

/** Opens the form of a step, which is one line while it is closed. */
export async function openStep(place: Place, number: number): Promise<Locator> {
  const step = stepOf(place, number);
  const line = step.locator("[data-row]").first();
  await line.waitFor();
  if (await line.getAttribute("aria-expanded") === "false") await line.click();
  return step;
}

/** By the pages at the side; on a phone most are behind "More". */
export async function goTo(place: Place, name: string): Promise<void> {
  // Whole words: "Flows" is not "Workflows". A count may follow.
  const link = place.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: new RegExp(`^${name}\\b`) });
  const more = place.getByRole("button", { name: "More", exact: true });
  await link.or(more).first().waitFor();
  if (!await link.isVisible()) await more.click();
  await link.click();
}

/** Opens what is the viewer's own: below their name, or on a phone behind "More". */
export async function openAccount(place: Place): Promise<void> {
  const more = place.getByRole("button", { name: "More", exact: true });
  const account = place.getByRole("button", { name: /^Account/ });
  await more.or(account).waitFor();
  await more.or(account).click();
}

/** Opens the choice of an add-on or another workspace, for operators. */
export async function openWhere(place: Place): Promise<void> {
  const more = place.getByRole("button", { name: "More", exact: true });
  const where = place.getByRole("button", { name: /^Workspace/ });
  await more.or(where).first().waitFor();
  if (await more.isVisible()) await more.click();
  await where.click();
}

export async function isFocused(field: Locator): Promise<void> {
  await eventually(() => field.evaluate((element) => element === document.activeElement));
}

/** The last test of a file: ends what the others used, which began outside of them. */
export function stopAtTheEnd(browser: Pick<TestBrowser, "stop">, world: () => ConsoleWorld) {
  Deno.test({
    name: "the browser and the world stop",
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await browser.stop();
      await world().stop();
      await stopSharedDatabase();
    },
  });
}
