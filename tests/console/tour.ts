/** Every page and state of the console, and how one comes to it: for what looks at all of them. */

import { assert, assertEquals } from "@std/assert";
import type { Frame, Page } from "playwright-core";
import { systemClock } from "../../src/base/clock.ts";
import type { ConsoleWorld } from "../support/console_world.ts";
import { OPERATOR_KEY } from "../support/world.ts";

export const TOURED = "universal_webhook";

/** The console, alone in its page or in the host page's frame. */
export type View = Page | Frame;

export interface Stop {
  /** As in the name of a picture. */
  name: string;
  /** Below /app. */
  path: string;
  /** What is done once the page is there. */
  act?(view: View): Promise<unknown>;
  /** Requests to this path are answered with a failure. */
  failing?: RegExp;
  /** What the page says when it is as it shall be. */
  shows?: string;
}

/** Stops in a workspace that has nothing yet. */
export const EMPTY_STOPS: readonly Stop[] = [
  { name: "home-empty", path: "/home", shows: "Nothing received yet" },
  { name: "events-empty", path: "/events", shows: "Nothing has arrived yet" },
  { name: "flows-empty", path: "/flows" },
  { name: "runs-empty", path: "/runs", shows: "Nothing has run yet" },
  { name: "journal-empty", path: "/journal", shows: "Nothing has been written yet" },
  { name: "sources-empty", path: "/sources", shows: "No other system sends events yet" },
];

/** Stops in the workspace that has the sample. */
export async function tourOf(world: ConsoleWorld): Promise<Stop[]> {
  const ids = await sampleIds(world);
  const tab = (name: string) => (view: View) => view.getByRole("tab", { name }).click();
  const press = (name: string | RegExp) => (view: View) => view.getByRole("button", { name }).first().click();
  return [
    { name: "home", path: "/home", shows: "Wants you" },
    { name: "home-failing", path: "/home?period=7d", failing: /\/ui\/overview$/, shows: "Cannot load" },
    { name: "events", path: "/events" },
    { name: "events-chosen", path: "/events", act: chooseTwo },
    { name: "events-replay", path: "/events", act: (view) => chooseTwo(view).then(() => press(/^Replay 2/)(view)) },
    { name: "events-none", path: "/events?q=999999999", shows: "No event matches" },
    { name: "events-failing", path: "/events?outcome=dead", failing: /\/ui\/webhooks$/, shows: "Cannot load" },
    { name: "event-payload", path: `/events/${ids.event}`, act: tab("Payload") },
    { name: "event-raw", path: `/events/${ids.event}`, act: tab("Raw") },
    { name: "event-headers", path: `/events/${ids.event}`, act: tab("Headers") },
    { name: "event-flows", path: `/events/${ids.event}`, act: tab("Flows") },
    { name: "event-runs", path: `/events/${ids.event}`, act: tab("Runs") },
    { name: "keyboard-help", path: "/events", act: (view) => view.locator("body").press("?"), shows: "Show this list" },
    { name: "flows", path: "/flows" },
    { name: "flows-delete", path: "/flows", act: press(/^Delete/) },
    { name: "flow-new", path: "/flows/new" },
    { name: "flow-faults", path: "/flows/new", act: press("Save draft") },
    { name: "flow-test", path: `/flows/${ids.flow}?event=${ids.event}`, shows: "nothing was changed" },
    { name: "flow-canvas", path: `/flows/${ids.flow}?view=canvas`, act: press(/^Step 1:/), shows: "the form" },
    { name: "flow-versions", path: `/flows/${ids.flow}`, act: press("Versions") },
    { name: "flow-off", path: `/flows/${ids.restingFlow}` },
    { name: "flow-unknown", path: "/flows/999999999" },
    { name: "runs", path: "/runs" },
    { name: "runs-none", path: "/runs?state=cancelled", shows: "Show all runs" },
    { name: "runs-failing", path: "/runs?state=failed", failing: /\/ui\/runs$/, shows: "Cannot load" },
    { name: "approvals", path: "/approvals", shows: "Nothing waits for you" },
    { name: "explorer", path: "/explorer", shows: "operations by words" },
    { name: "explorer-call", path: "/explorer?op=updateTimeEntry", shows: "Time entry (required)" },
    { name: "explorer-json", path: "/explorer?op=createNewTag", act: tab("JSON"), shows: "query_params and body" },
    { name: "explorer-unknown", path: "/explorer?op=noSuch", shows: "Cannot load" },
    {
      name: "explorer-failing",
      path: "/explorer?op=deleteTag",
      failing: /\/endpoints\/deleteTag$/,
      shows: "Cannot load",
    },
    { name: "run-completed", path: `/runs/${ids.completed}` },
    { name: "run-failed", path: `/runs/${ids.failed}` },
    { name: "run-waiting", path: `/runs/${ids.waiting}` },
    { name: "run-retry", path: `/runs/${ids.failed}`, act: press(/^Retry/) },
    { name: "run-version", path: `/runs/${ids.completed}`, act: press(/as it ran/) },
    { name: "run-unknown", path: "/runs/00000000-0000-7000-8000-000000000000", shows: "There is no such run" },
    { name: "journal", path: "/journal" },
    { name: "journal-none", path: "/journal?entity_id=none&time=1h", shows: "No change matches" },
    { name: "journal-failing", path: "/journal?undoable=true", failing: /\/ui\/changes$/, shows: "Cannot load" },
    { name: "journal-change", path: `/journal/${ids.change}`, act: compareWithNow },
    { name: "journal-undo", path: `/journal/${ids.change}`, act: press(/^Undo \d/), shows: "Undo this change?" },
    { name: "journal-failed", path: `/journal/${ids.failedChange}`, shows: "it may have been done all the same" },
    {
      name: "journal-bulk",
      path: `/journal?flow_id=${ids.flow}`,
      act: press("Undo a flow's changes"),
      shows: "Choose both times",
    },
    { name: "journal-unknown", path: "/journal/999999999", shows: "There is no such change" },
    { name: "data", path: "/data", shows: "lists" },
    { name: "data-type", path: "/data/project" },
    { name: "data-unknown", path: "/data/tag/none", shows: "Cannot load" },
    // Where they were before.
    { name: "coverage", path: "/settings/coverage", shows: "event types arrive" },
    { name: "source", path: `/sources/${ids.source}`, shows: "Set-up at the sender" },
    { name: "source-new", path: "/settings/sources", act: press("New source"), shows: "Create source" },
    ...["health", "effective", "limits", "guard", "approvals", "retention", "keys", "audit", "export", "uninstall"].map(
      (
        name,
      ) => ({
        name: `settings-${name}`,
        path: `/settings/${name}`,
      }),
    ),
  ];
}

/** Comes to a stop from another page of the console, without signing in again. */
export async function goTo(view: View, { path, act, failing, shows }: Stop): Promise<void> {
  const page = "page" in view && typeof view.page === "function" ? view.page() : view as Page;
  await closeDialogs(view);
  const fails = (url: URL) => failing?.test(url.pathname) ?? false;
  await page.route(fails, (route) =>
    route.fulfill({
      status: 400,
      contentType: "application/problem+json",
      body: JSON.stringify({
        status: 400,
        code: "DATABASE_UNAVAILABLE",
        detail: "Cannot read the events: the database does not answer",
        request_id: "01J9Z6Q2E0V5",
      }),
    }));
  await view.evaluate((path) => {
    const base = location.pathname.slice(0, location.pathname.indexOf("/app/") + "/app".length);
    history.pushState(null, "", base + path);
  }, path);
  await settle(view);
  await act?.(view);
  if (shows) await view.getByText(shows).first().waitFor();
  await settle(view);
  await page.unroute(fails);
}

/** Closes what lies over the page. */
export async function closeDialogs(view: View): Promise<void> {
  await view.evaluate(() => document.querySelectorAll<HTMLDialogElement>("dialog[open]").forEach((one) => one.close()));
  await view.locator("dialog[open]").waitFor({ state: "detached" });
}

/** Until nothing is being read any more. */
export async function settle(view: View): Promise<void> {
  await view.locator("#page h1").first().waitFor();
  await view.waitForFunction(() => document.querySelector("#page .skeleton, dialog .skeleton") === null);
  // What is drawn by a measure of its own place.
  await systemClock.sleep(150);
}

async function chooseTwo(view: View): Promise<void> {
  const boxes = view.locator(".event-grid input[type=checkbox]");
  for (const index of [1, 3]) await boxes.nth(index).check();
}

async function compareWithNow(view: View): Promise<void> {
  await view.getByRole("button", { name: "Compare with now" }).click();
  await view.getByRole("region", { name: "Since then" }).locator("[role=status] p").waitFor();
}

/** Signs an operator in, to the workspace of this name. */
export async function signInTo(page: Page, { url, workspace }: { url: string; workspace: string }): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Operator key").fill(OPERATOR_KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: workspace }).click();
  await settle(page);
}

async function sampleIds(world: ConsoleWorld) {
  const read = async (path: string) => {
    const response = await fetch(`${world.url(TOURED)}/ui${path}`, { headers: await world.viewer(TOURED) });
    assertEquals(response.status, 200, path);
    return await response.json();
  };
  const [{ runs }, { flows }, { changes }] = await Promise.all([
    read("/runs?limit=100"),
    read("/flows"),
    read("/changes?limit=100"),
  ]);
  const changeOf = (state: string) => {
    const change = changes.find((change: { state: string }) => change.state === state);
    assert(change, `the sample has no ${state} change`);
    return change.id as string;
  };
  const ofState = (state: string) => {
    const run = runs.find((run: { state: string }) => run.state === state);
    assert(run, `the sample has no ${state} run`);
    return run;
  };
  const completed = ofState("completed");
  const made = await fetch(`${world.url(TOURED)}/ui/sources`, {
    method: "POST",
    headers: { ...await world.viewer(TOURED), "content-type": "application/json" },
    body: JSON.stringify({ name: "toured", preset: "meta" }),
  });
  assertEquals(made.status, 201);
  return {
    source: (await made.json()).id as string,
    completed: completed.id as string,
    failed: ofState("failed").id as string,
    waiting: ofState("waiting").id as string,
    event: completed.event_id as string,
    flow: completed.flow_id as string,
    change: changeOf("done"),
    failedChange: changeOf("failed"),
    restingFlow: flows.find(({ enabled }: { enabled: boolean }) => !enabled).id as string,
  };
}
