/** The console's main journey in the host page: from an empty workspace to a flow that runs, fails, and is retried. */

import { createHmac } from "node:crypto";
import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import type { Frame, Locator, Page } from "playwright-core";
import { NEEDS_PROJECT_FLOW } from "../../src/simulator/demo_flow.ts";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { ask } from "../http/door.ts";
import { askAs, eventPane, eventRow, goTo, isFocused, PROFILE, runRow, stepOf, stopAtTheEnd } from "./setup.ts";

const TAG = "needs-project";
const TRIES = 2;
/** A save with a fault in it is answered so; the browser says it on its console. */
const REFUSED = /status of 4(00|22)/;

const browser = await openBrowser();
let world: ConsoleWorld;
let simulator: ConsoleWorld["simulator"];

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  simulator = world.simulator;
});

Deno.test("from an empty workspace to a flow that runs, fails, and is retried", async (t) => {
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1680, height: 1000 } });
  const frame = await world.frame(page, PROFILE);
  // Gone after a reload: all of this happens in one page.
  await frame.evaluate(() => document.documentElement.dataset.loaded = "once");
  let flowHref = "";
  const step = async (name: string, work: () => Promise<void>) => {
    if (await t.step(name, work)) return;
    const { runs } = (await askAs(world, "/ui/runs")).body;
    const seen = await frame.evaluate(() => `${location.pathname}\n${document.body.innerText.slice(0, 3_000)}`);
    throw new Error(`What follows needs the step that failed. Runs: ${JSON.stringify(runs)}\nThe page: ${seen}`);
  };

  await step("Home says what to do first", async () => {
    await goTo(frame, "Home");
    const first = frame.locator("section", { has: frame.getByRole("heading", { name: "Get started" }) });
    await first.getByText("Change something in Clockify").waitFor();
    await first.getByRole("link", { name: "Open Events" }).click();
    await frame.getByRole("heading", { name: "Events", level: 1 }).waitFor();
  });

  await step("no event yet: the page says the next step; then one arrives by itself", async () => {
    await frame.getByText("Nothing has arrived yet").waitFor();
    await frame.getByText("start and stop a timer").waitFor();
    await work(page, "Homepage copy");
    await eventRow(frame, "TIMER_STOPPED", "Homepage copy").waitFor();
    await eventRow(frame, "NEW_TIMER_STARTED", "Homepage copy").waitFor();
  });

  await step("events are filtered by type and by a field's value, and the address holds it", async () => {
    await frame.getByLabel("Type", { exact: true }).selectOption("TIMER_STOPPED");
    await eventRow(frame, "NEW_TIMER_STARTED").waitFor({ state: "detached" });
    await eventRow(frame, "TIMER_STOPPED").waitFor();
    assertMatch(frame.url(), /event_type=TIMER_STOPPED/);
    const search = frame.getByRole("searchbox");
    await search.fill("description = Something else");
    await frame.getByText("No event matches").waitFor();
    await search.fill("description = Homepage copy");
    await eventRow(frame, "TIMER_STOPPED", "Homepage copy").waitFor();
    assertEquals(await eventRow(frame, "NEW_TIMER_STARTED").count(), 0);
    assertMatch(decodeURIComponent(frame.url()), /q=description/);
    await frame.getByRole("button", { name: "Clear filters" }).click();
    await eventRow(frame, "NEW_TIMER_STARTED").waitFor();
  });

  await step("an opened event shows its payload, its headers without secrets, and that no flow is there", async () => {
    await eventRow(frame, "TIMER_STOPPED").click();
    const event = eventPane(frame);
    await event.getByText("Verified", { exact: true }).waitFor();
    await event.getByRole("treeitem", { name: /description/ }).getByText("Homepage copy").waitFor();
    await event.getByRole("tab", { name: "Headers" }).click();
    await event.getByRole("row", { name: /clockify-webhook-event-type/ }).getByText("TIMER_STOPPED").waitFor();
    assertNotMatch(await event.innerText(), /eyJ/);
    await event.getByRole("tab", { name: "Flows" }).click();
    await event.getByText("This workspace has no flow yet").waitFor();
    await event.getByRole("link", { name: "Create one" }).click();
  });

  await step("a flow is built from nothing and tested on the event; nothing is sent", async () => {
    await frame.getByText("No flow yet").waitFor();
    await frame.getByRole("button", { name: "New flow" }).click();
    await buildFlow(frame);
    const test = frame.getByRole("region", { name: "Test on an event" });
    await test.getByText("Matches: 2 of 2 steps would run").waitFor();
    await test.getByText("Dry run: nothing was changed.").waitFor();
    await test.getByText(/\/tags$/).waitFor();
    await test.getByText(/\/time-entries\/[0-9a-f]{24}$/).waitFor();
    await test.getByText("Everything else stays as it is").waitFor();
    await test.getByText("Body", { exact: true }).click();
    await test.locator("pre", { hasText: '"description": "Homepage copy"' }).waitFor();
    // The tag is read in Clockify, so what the second step would send is known; nothing is written.
    await test.getByRole("row", { name: /^tagIds/ }).getByText(TAG).waitFor();
    assertEquals(sent().map(({ method }) => method).filter((method) => method !== "GET"), []);
  });

  await step("a fault is listed on save and leads to its field; mended, the flow is saved", async () => {
    const tagIds = stepOf(frame, 2).getByLabel("tagIds", { exact: true });
    await type(tagIds, "{{ append($.webhook.tagIds, $.action_1_result[0].id }}");
    await frame.getByRole("button", { name: "Save draft" }).click();
    const faults = frame.getByRole("group", { name: "Errors" });
    await faults.getByText("Not saved: 1 error").waitFor();
    await faults.getByRole("button").click();
    await isFocused(tagIds);
    assertEquals(await tagIds.getAttribute("aria-invalid"), "true");
    await type(tagIds, BUILT.change.body.tagIds);
    await faults.waitFor({ state: "detached" });
    await frame.getByRole("button", { name: "Save draft" }).click();
    await frame.getByText("Version 1 is published").waitFor();
    flowHref = new URL(frame.url()).pathname;
    const [stored] = await storedFlows();
    assertEquals(stored!.enabled, false);
    assertEquals(stored!.trigger_event_types, ["TIMER_STOPPED"]);
    assertEquals(stored!.actions.map(({ operation_id }) => operation_id), ["getTags", "updateTimeEntry"]);
  });

  await step("switched on, it runs for the next timer, and the tag is in the tracker", async () => {
    const flow = frame.getByRole("switch", { name: "The flow is on" });
    await flow.click();
    await eventually(async () => await flow.getAttribute("aria-checked") === "true");
    await goTo(frame, "Runs");
    await frame.getByText("Nothing has run yet").waitFor();
    await goTo(frame, "Events");
    await eventRow(frame, "TIMER_STOPPED", "Homepage copy").getByText("No match").waitFor();
    await work(page, "Signage proofs");
    await eventRow(frame, "TIMER_STOPPED", "Signage proofs").getByText("1 flow ran").waitFor();
    await entry(page, "Signage proofs").locator(".tag", { hasText: TAG }).waitFor();
    await goTo(frame, "Runs");
    await runRow(frame, "TIMER_STOPPED").getByText("Completed").waitFor();
  });

  await step("the run is opened from its event, and the event from its run", async () => {
    await goTo(frame, "Events");
    await eventRow(frame, "TIMER_STOPPED", "Signage proofs").click();
    await frame.getByRole("tab", { name: "Runs 1" }).click();
    await frame.getByRole("link", { name: "Open the run of" }).click();
    await frame.getByRole("heading", { name: "Run", exact: true }).waitFor();
    await frame.getByText("Completed", { exact: true }).first().waitFor();
    await frame.getByRole("heading", { name: "Idempotency-Key" }).waitFor();
    await frame.locator("#page").getByRole("link", { name: "TIMER_STOPPED" }).click();
    const event = eventPane(frame);
    await event.getByText("Signage proofs").first().waitFor();
    await event.getByRole("tab", { name: "Flows" }).click();
    await event.getByText("Matches", { exact: true }).waitFor();
    assert(
      (await event.getByRole("link", { name: NEEDS_PROJECT_FLOW.name }).getAttribute("href"))!.endsWith(flowHref),
    );
  });

  await step("the first event is replayed: counted first, then its run exists", async () => {
    await eventRow(frame, "TIMER_STOPPED", "Homepage copy").click();
    const event = eventPane(frame);
    await event.getByText("Homepage copy").first().waitFor();
    await event.getByRole("button", { name: "Replay", exact: true }).click();
    const dialog = frame.getByRole("dialog", { name: "Replay the event" });
    await dialog.getByText("skipped: no run failed").waitFor();
    await dialog.getByLabel("All flows again, from the first step").check();
    await dialog.getByText("0 runs will be retried, 1 new run").waitFor();
    assertEquals(await countRuns(), 1);
    await dialog.getByRole("button", { name: "Start 1 run" }).click();
    await dialog.getByText("0 runs are retried, 1 new run").waitFor();
    await dialog.getByRole("link", { name: "Show the runs" }).click();
    const made = runRow(frame, "replay 1");
    await made.getByText("Completed").waitFor();
    assertEquals(await countRuns(), 2);
    await entry(page, "Homepage copy").locator(".tag", { hasText: TAG }).waitFor();
  });

  await step("a run that failed says why; retried, it goes on where it stopped", async () => {
    await simulator.addFault({ kind: "status", method: "PUT", path: "*/time-entries/*", status: 502, count: TRIES });
    const before = sent().length;
    await goTo(frame, "Events");
    await work(page, "Audio guide");
    await eventRow(frame, "TIMER_STOPPED", "Audio guide").getByText("Flow failed").waitFor();
    await frame.getByLabel("Outcome", { exact: true }).selectOption({ label: "A flow failed" });
    await eventRow(frame, "Signage proofs").first().waitFor({ state: "detached" });
    await eventRow(frame, "TIMER_STOPPED", "Audio guide").waitFor();
    await frame.getByRole("button", { name: "Clear filters" }).click();
    await goTo(frame, "Runs");
    const failed = runRow(frame, "Failed at step 2, ");
    await failed.waitFor();
    await failed.locator("[data-run]").click();
    const details = frame.getByRole("region", { name: /^Step 2/ });
    await details.getByText(`Attempt ${TRIES} of ${TRIES}`).waitFor();
    assertStrictEquals(await details.getByText("Failed · 502").count(), TRIES);

    await frame.getByRole("button", { name: "Retry…" }).click();
    const dialog = frame.getByRole("dialog", { name: "Retry this run" });
    await dialog.getByText("1 finished step is kept and not repeated").waitFor();
    await dialog.getByRole("button", { name: "Retry from step 2" }).click();
    await details.getByText("Succeeded").waitFor();
    await frame.locator(".run-head").getByText("Completed", { exact: true }).waitFor();
    assertStrictEquals(await details.getByText("Failed · 502").count(), TRIES);
    await entry(page, "Audio guide").locator(".tag", { hasText: TAG }).waitFor();
    const requests = sent().slice(before);
    assertEquals(requests.map(({ method }) => method), ["GET", ...Array(TRIES + 1).fill("PUT")]);
    assertEquals(new Set(requests.slice(1).map(({ headers }) => headers["idempotency-key"])).size, 1);
  });

  await step("another system is set up: it waits, says why it refused a delivery, and that one came", async () => {
    await goTo(frame, "Sources");
    await frame.getByText("No other system sends events yet").waitFor();
    await frame.getByRole("button", { name: "New source" }).click();
    const form = frame.getByRole("region", { name: "New source" });
    await form.getByLabel("Name", { exact: true }).fill("Shop");
    await form.getByText("custom:shop").waitFor();
    await form.getByRole("combobox", { name: "Sender", exact: true }).selectOption("woocommerce");
    assertStrictEquals(
      await form.getByLabel("Header of the proof", { exact: true }).inputValue(),
      "x-wc-webhook-signature",
    );
    await form.getByRole("combobox", { name: "Sender", exact: true }).selectOption("github");
    await form.getByText("It signs the body alone").waitFor();
    await form.getByRole("combobox", { name: "Secret", exact: true }).selectOption({
      label: "Create a secret here, to be entered at the sender",
    });
    await form.getByRole("button", { name: "Create source" }).click();

    const made = frame.getByRole("region", { name: "Source", exact: true });
    const state = made.getByRole("status");
    await state.getByText("Waiting for the first event…").waitFor();
    assertEquals(await made.getByRole("listitem").locator("b").allInnerTexts(), [
      "Payload URL",
      "Content type",
      "Secret",
    ]);
    const [address, contentType, secret] = await made.locator("[data-step]").allInnerTexts();
    assertStrictEquals(contentType, "application/json");
    const text = '{"zen":"Design for failure."}';
    const deliver = async (key: string) => {
      const signature = createHmac("sha256", key).update(text).digest("hex");
      const headers = { "x-hub-signature-256": `sha256=${signature}`, "x-github-event": "ping" };
      const { status } = await ask(world.consoleUrl(PROFILE, new URL(address!).pathname), { headers, body: text });
      return status;
    };
    assertStrictEquals(await deliver("a guess"), 401);
    await state.getByText(/Last refused .*no valid secret of this source fits/).waitFor();
    // It is an issue too, which leads back.
    await goTo(frame, "Issues");
    await frame.locator("[data-issue]", { hasText: "Source shop" }).click();
    const issue = frame.getByRole("region", { name: "Issue", exact: true });
    await issue.getByText("1 delivery").waitFor();
    await issue.getByRole("link", { name: "Open the source" }).click();
    await state.getByText("Waiting for the first event…").waitFor();
    assertEquals(await frame.getByText(secret!).count(), 0);
    assertStrictEquals(await deliver(secret!), 200);
    await state.getByText(/Last event/).waitFor();
    await frame.locator("[data-source]", { hasText: "shop" }).getByText("On", { exact: true }).waitFor();
    await made.getByRole("link", { name: "Its events" }).click();
    await eventRow(frame, "custom:shop").waitFor();
    await goTo(frame, "Sources");
    await frame.locator("[data-source]", { hasText: "shop" }).click();
    await made.getByRole("button", { name: "A flow from it" }).click();
    assertStrictEquals(await frame.getByLabel("Name", { exact: true }).inputValue(), "Events of shop");
    await frame.getByText("custom:shop").first().waitFor();
  });

  await step("Home counts all of it", async () => {
    await goTo(frame, "Home");
    await frame.getByText("Receiving", { exact: true }).waitFor();
    assertEquals(await frame.getByRole("heading", { name: "Get started" }).count(), 0);
    assertEquals(await frame.locator("html").getAttribute("data-loaded"), "once");
  });

  assertClean([REFUSED]);
  await close();
});

/** What the demo's flow does, in the plain fields of the editor. */
const BUILT = {
  find: { query_params: { name: "needs-project" } },
  change: {
    path_params: { id: "$.webhook.id" },
    body: {
      description: "$.webhook.description",
      billable: "$.webhook.billable",
      tagIds: "{{ append($.webhook.tagIds, $.action_1_result[0].id) }}",
    },
  },
};

/** The flow of the demo, by the fields of the editor, with few and quick tries. */
async function buildFlow(frame: Frame): Promise<void> {
  const { name, conditions } = NEEDS_PROJECT_FLOW;
  const { find, change } = BUILT;
  await frame.getByLabel("Name", { exact: true }).fill(name);
  await choose(frame, { field: frame.getByLabel("Add an event"), typed: "timer stopped", option: /TIMER_STOPPED/ });
  await frame.getByRole("button", { name: "Add condition", exact: true }).click();
  await type(frame.getByLabel("Field", { exact: true }), conditions.rules[0]!.field);
  await frame.getByRole("combobox", { name: "Operator" }).selectOption("not_exists");
  await frame.getByText("true for the sample").waitFor();

  await frame.getByRole("button", { name: "Add step: Clockify" }).click();
  const first = stepOf(frame, 1);
  await choose(frame, { field: first.getByLabel("Operation"), typed: "getTags", option: /\/tags · Tag$/ });
  await first.getByText("more query parameters").click();
  await type(first.getByLabel("name", { exact: true }), find.query_params.name);

  await frame.getByRole("button", { name: "Add step: Clockify" }).click();
  const second = stepOf(frame, 2);
  await choose(frame, { field: second.getByLabel("Operation"), typed: "updateTimeEntry", option: /^.*PUT .*\{id\}/ });
  // Typed where a name could be picked.
  await type(second.getByLabel(/^id \(required\)/), change.path_params.id);
  const optional = change.body;
  await second.getByText("more fields").click();
  await second.getByRole("button", { name: /^Use an expression\s*for billable/ }).click();
  for (const [name, expression] of Object.entries(optional)) {
    await type(second.getByLabel(name, { exact: true }), expression);
  }
  await second.getByText("Up to 5 attempts").click();
  await second.getByLabel("Maximum attempts").fill(String(TRIES));
  await second.getByLabel("Initial delay (ms)").fill("100");
  // What one field was given stays when the next is filled.
  for (const [name, expression] of Object.entries(optional)) {
    assertStrictEquals(await second.getByLabel(name, { exact: true }).inputValue(), expression, name);
  }
}

/** Picks from the list that opens below a field. */
async function choose(
  frame: Frame,
  { field, typed, option }: { field: Locator; typed: string; option: RegExp },
): Promise<void> {
  await field.fill(typed);
  await frame.getByRole("option", { name: option }).first().click();
}

/** Writes and leaves the field, so that no list of suggestions lies over the next. */
async function type(field: Locator, text: string): Promise<void> {
  await field.fill(text);
  await field.press("Tab");
}

/** A timer of this description, started and stopped in the host's tracker. */
async function work(page: Page, description: string): Promise<void> {
  await page.getByLabel("Description").fill(description);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Start" }).waitFor();
}

function entry(page: Page, description: string): Locator {
  return page.locator("#entries li", { hasText: description });
}

/** What flows asked of Clockify, oldest first. */
function sent() {
  return simulator.requests.filter(({ method, query }) => method === "PUT" || query.includes(`name=${TAG}`));
}

async function storedFlows() {
  const { body } = await askAs(world, "/ui/flows");
  return body.flows as { enabled: boolean; trigger_event_types: string[]; actions: { operation_id: string }[] }[];
}

async function countRuns(): Promise<number> {
  const { body } = await askAs(world, "/ui/runs");
  return body.runs.length;
}

stopAtTheEnd(browser, () => world);
