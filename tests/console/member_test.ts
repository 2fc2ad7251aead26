/** A member who may only read: each control that changes something says why it is not for them, and the server refuses it too. */

import { assertEquals, assertMatch } from "@std/assert";
import type { Frame, Locator } from "playwright-core";
import { NEEDS_PROJECT_FLOW } from "../../src/simulator/demo_flow.ts";
import { assertProblem } from "../http/door.ts";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import {
  askAs,
  createFlow,
  eventPane,
  eventRow,
  goTo,
  PROFILE,
  runRow,
  stepOf,
  stopAtTheEnd,
  stopTimer,
} from "./setup.ts";

const REASON = /member/;

const browser = await openBrowser();
let world: ConsoleWorld;
let memberId: string;
let flowId: string;
let run: { id: string; event_id: string };

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  memberId = world.memberId;
  // Its change of the entry is refused for good: a failed run, which admins may retry.
  await world.simulator.addFault({ kind: "status", method: "PUT", path: "*/time-entries/*", status: 400 });
  flowId = await createFlow(world, NEEDS_PROJECT_FLOW);
  await stopTimer(world, "Homepage copy");
  run = await eventually(async () => {
    const { body } = await askAs(world, "/ui/runs?state=failed");
    return body.runs[0] as { id: string; event_id: string } | undefined;
  });
});

/** The console as the member sees it in the host page. */
async function openAsMember() {
  const watched = await browser.openPage({ viewport: { width: 1680, height: 1000 } });
  const frame = await world.frame(watched.page, PROFILE, { viewer: memberId });
  await frame.getByText("read only").waitFor();
  return { ...watched, frame };
}

Deno.test("events: a member reads all but secrets, and sees why there is no replay", async () => {
  const { page, frame, assertClean, close } = await openAsMember();
  await goTo(frame, "Events");
  await eventRow(frame, "TIMER_STOPPED").click();
  const pane = eventPane(frame);
  await pane.getByText("Homepage copy").first().waitFor();
  await isRefused(pane.getByRole("button", { name: "Replay", exact: true }));
  await isRefused(frame.getByRole("button", { name: "Replay", exact: true }).first());
  // The key says the same.
  await eventRow(frame, "TIMER_STOPPED").click();
  await page.keyboard.press("r");
  await frame.locator(".toast", { hasText: REASON }).waitFor();
  await noDialog(frame);
  await pane.getByRole("tab", { name: "Raw" }).click();
  await pane.getByText("The original bytes are for admins").waitFor();
  assertClean();
  await close();
});

Deno.test("flows: a member reads a flow and changes nothing of it", async () => {
  const { frame, assertClean, close } = await openAsMember();
  await goTo(frame, "Flows");
  const { name } = NEEDS_PROJECT_FLOW;
  const flow = frame.getByRole("row").filter({ hasText: name });
  await flow.waitFor();
  await isRefused(frame.getByRole("button", { name: "New flow" }));
  await isRefused(flow.getByRole("button", { name: "Duplicate" }));
  await isRefused(flow.getByRole("button", { name: "Delete" }));
  await isRefused(flow.getByRole("switch"));
  assertEquals(await flow.getByRole("switch").getAttribute("aria-checked"), "true");
  await noDialog(frame);

  await flow.getByRole("link", { name, exact: true }).click();
  await frame.getByText("This flow is read-only for you").waitFor();
  await isRefused(frame.getByRole("button", { name: "Save draft" }));
  await isRefused(frame.getByRole("button", { name: "Publish…" }));
  await isRefused(frame.getByRole("button", { name: "Add step: Clockify" }));
  await isRefused(frame.getByRole("switch", { name: "The flow is on" }));
  // Whatever can be typed into or chosen is switched off; nothing is there that adds, moves or removes.
  const open = frame.locator(".fl-head, .fl-rows").locator(
    "input:not([type=checkbox]):not([readonly]), textarea:not([readonly]), select:enabled, input[type=checkbox]:enabled",
  );
  const lines = frame.locator("[data-row]");
  await stepOf(frame, 2).waitFor();
  for (let line = 0; line < await lines.count(); line++) {
    await lines.nth(line).click();
    await frame.locator(".fl-step.open .fl-body").waitFor();
    await lines.nth(line).press("Delete");
    assertEquals(await open.evaluateAll((fields) => fields.map(({ outerHTML }) => outerHTML)), []);
    assertEquals(await frame.getByRole("button", { name: /Undo|Remove|Move|Add condition|Add field/ }).count(), 0);
  }
  assertEquals(await lines.count(), 4);
  await frame.getByText("A test shows whole requests, so it is for admins only").waitFor();
  assertClean();
  await close();
});

Deno.test("runs: a member reads a failed run and sees why there is no retry", async () => {
  const { page, frame, assertClean, close } = await openAsMember();
  await goTo(frame, "Runs");
  await runRow(frame, ", set_tag").locator("[data-run]").click();
  await frame.getByRole("region", { name: /^Step 2/ }).waitFor();
  await isRefused(frame.getByRole("button", { name: "Retry…" }));
  await page.keyboard.press("r");
  await noDialog(frame);
  assertClean();
  await close();
});

Deno.test("the server refuses a member what the pages do not offer", async () => {
  const refused: [string, string, unknown?][] = [
    ["POST", "/ui/webhooks/replay", { ids: [run.event_id] }],
    ["POST", "/ui/webhooks/replay", { ids: [run.event_id], dry_run: true }],
    ["POST", `/ui/webhooks/${run.event_id}/replay`, {}],
    ["POST", "/ui/flows", NEEDS_PROJECT_FLOW],
    ["PUT", `/ui/flows/${flowId}`, { enabled: false }],
    ["DELETE", `/ui/flows/${flowId}`],
    ["POST", "/ui/flows/test", { definition: NEEDS_PROJECT_FLOW, event_id: run.event_id }],
    ["POST", `/ui/runs/${run.id}/retry`, {}],
    ["GET", `/ui/webhooks/${run.event_id}/raw`],
  ];
  for (const [method, path, body] of refused) {
    assertProblem(await askAs(world, path, { userId: memberId, method, body }), 403, "ROLE_INSUFFICIENT");
  }
  const { body } = await askAs(world, `/ui/flows/${flowId}`);
  assertEquals([body.enabled, body.version], [true, 1]);
});

/** In its place, said to be off with the reason, and without effect. */
async function isRefused(control: Locator): Promise<void> {
  assertEquals(await control.getAttribute("aria-disabled"), "true");
  assertMatch((await control.getAttribute("title"))!, REASON);
  const described = await control.getAttribute("aria-describedby");
  const reason = control.locator(`xpath=following-sibling::*[@id="${described}"]`);
  assertMatch((await reason.textContent())!, REASON);
  await control.click({ force: true });
}

async function noDialog(frame: Frame): Promise<void> {
  assertEquals(await frame.locator("dialog").count(), 0);
}

stopAtTheEnd(browser, () => world);
