/** The page of issues: 23 failures of one cause are mended and retried in four clicks; muted, back, and read by members. */

import { assert, assertEquals } from "@std/assert";
import type { Locator } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import type { Json } from "../http/door.ts";
import { askAs, createFlow, goTo, type Place, PROFILE, stopAtTheEnd } from "./setup.ts";

const EVENT = "NEW_CLIENT";
const FAILURES = 23;
/** A tag that Clockify does not have. */
const GONE = "0123456789abcdef01234567";

const browser = await openBrowser();
let world: ConsoleWorld;
let flowId: string;
let tag: Json;

const rename = (id: string) => ({
  id: "rename",
  operation_id: "updateTag",
  path_params: { id },
  body: { name: "renamed" },
});
const make = { id: "make", operation_id: "createNewTag", body: { name: "{{ $.webhook.name }}" } };

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  const { simulator, workspaceId } = world;
  tag = await simulator.change({ workspaceId, method: "POST", path: "/tags", body: { name: "kept" } });
  const flow = { name: "Weekly report", trigger_event_types: [EVENT], actions: [make, rename(GONE)] };
  flowId = await createFlow(world, flow);
  await createFlow(world, {
    name: "Finished",
    trigger_event_types: [EVENT],
    actions: [{ id: "value", type: "transform", output: "{{ $.webhook.name }}" }],
  });
  for (let i = 0; i < FAILURES; i++) {
    const payload = { id: crypto.randomUUID(), name: `client ${i}`, workspaceId };
    await simulator.deliver({ workspaceId, event: EVENT, payload });
  }
  await eventually(async () => (await runs("state=failed")).length === FAILURES);
});

const runs = async (query: string): Promise<Json[]> => (await askAs(world, `/ui/runs?${query}&limit=100`)).body.runs;

async function openConsole(viewer?: string) {
  const watched = await browser.openPage({ viewport: { width: 1680, height: 900 } });
  const frame = await world.frame(watched.page, PROFILE, { viewer });
  await frame.getByRole("navigation", { name: "Pages" }).waitFor();
  return { ...watched, frame };
}

const row = (place: Place): Locator => place.locator("[data-issue]", { hasText: "Weekly report" });
const pane = (place: Place) => place.getByRole("region", { name: "Issue", exact: true });
const button = (place: Place | Locator, name: string | RegExp) => place.getByRole("button", { name });

Deno.test("an issue is muted and out of the count, resolved and back; a member reads it", async () => {
  const { frame, assertClean, close } = await openConsole();
  const counted = frame.getByRole("link", { name: /^Issues\W*1\s*open$/ });
  await counted.waitFor();
  await goTo(frame, "Issues");
  await row(frame).getByText("23 runs").waitFor();
  await row(frame).getByText("step 2").waitFor();
  await row(frame).press("Enter");
  await pane(frame).getByText("UPSTREAM_REJECTED").waitFor();
  assertEquals(await pane(frame).getByRole("link", { name: "Its run" }).count(), 5);
  await button(pane(frame), "Mute 24 h").click();
  await frame.getByText("0 open · 1 muted").waitFor();
  await counted.waitFor({ state: "detached" });
  await frame.getByRole("combobox", { name: "Show" }).selectOption("muted");
  await row(frame).click();
  await button(pane(frame), "Unmute").click();
  await frame.getByRole("combobox", { name: "Show" }).selectOption("open");
  await row(frame).click();
  await pane(frame).getByRole("link", { name: "Open step 2 with this event" }).click();
  await frame.getByLabel("Name", { exact: true }).waitFor();
  assertEquals(/\/flows\/\d+\?event=\d+$/.test(frame.url()), true);
  assertClean();
  await close();

  const member = await openConsole(world.memberId);
  await goTo(member.frame, "Issues");
  await row(member.frame).click();
  assertEquals(await button(pane(member.frame), /^Retry 23/).getAttribute("aria-disabled"), "true");
  await member.close();
});

Deno.test("23 failures of a step that was mended are retried in four clicks; what finished stays", async () => {
  const finished = await runs("state=completed");
  assertEquals(finished.length, FAILURES);
  // It was mended: the flow names a tag that is there.
  const { status } = await askAs(world, `/ui/flows/${flowId}`, {
    method: "PUT",
    body: { actions: [make, rename(tag.id)] },
  });
  assertEquals(status, 200);
  const { frame, assertClean, close } = await openConsole();
  await frame.evaluate(() => {
    const counting = globalThis as { clicks?: number };
    counting.clicks = 0;
    document.addEventListener("click", () => counting.clicks!++, { capture: true });
  });
  await goTo(frame, "Issues");
  await row(frame).click();
  await button(pane(frame), "Retry 23…").click();
  await button(frame.getByRole("dialog"), "Retry 23 runs").click();
  await frame.getByText("23 of 23: 23 succeeded, 0 failed again.").waitFor();
  await frame.getByText("No issue", { exact: true }).waitFor();
  assertEquals(await frame.evaluate(() => (globalThis as { clicks?: number }).clicks), 4);

  const after = await runs("state=completed");
  assertEquals(after.length, 2 * FAILURES, "no run was made");
  assertEquals(after.filter(({ flow_id }) => flow_id !== flowId), finished);
  const asked = { workspaceId: world.workspaceId, method: "GET", path: "/tags?page-size=200" } as const;
  const tags = await world.simulator.change(asked) as Json[];
  assertEquals(tags.filter(({ name }) => /^client \d+$/.test(name)).length, FAILURES, "no finished step was repeated");
  assert(tags.some(({ name }) => name === "renamed"));
  assertClean();
  await close();
});

stopAtTheEnd(browser, () => world);
