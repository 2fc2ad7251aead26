/** A day at the console of the Workflow Management API, in Chromium: signed in by a password, with agents, a workflow, its runs. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { axe, KEPT_FROM_BEFORE, openBrowser } from "../support/browser.ts";
import {
  makeWorkflowSample,
  PASSWORD,
  type Sample,
  startWorkflowConsole,
  type WorkflowConsoleWorld,
} from "../support/workflow_console_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";
import { isFocused, openAccount, stopAtTheEnd } from "./setup.ts";
import { closeDialogs, goTo, settle, type Stop } from "./tour.ts";
import { EMPTY_WORKFLOW_STOPS, viewerStops, workflowStops } from "./workflow_tour.ts";

const browser = await openBrowser();
let world: WorkflowConsoleWorld;
let sample: Sample;
/** A login that is refused, and faults of a form, are answered with these. */
const REFUSED = /status of (400|401|404|412|422)/;

Deno.test({
  name: "a world without anything starts, and has people of each role",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    world = await startWorkflowConsole();
  },
});

const link = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const dialog = (page: Page) => page.getByRole("dialog");

Deno.test("the first admin is made with an operator's key, signs in by a password, and out of it for good", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await page.goto(world.consoleUrl());
  await page.getByText("No user yet?").waitFor();
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("wrong wrong wrong");
  await button(page, "Sign in").first().click();
  await page.getByText("the name or the password is wrong").waitFor();
  await button(page, "Sign in with a key instead").click();
  await isFocused(page.getByLabel("Key", { exact: true }));
  await page.keyboard.type(OPERATOR_KEY);
  await page.keyboard.press("Enter");
  await link(page, "Settings");
  await page.getByRole("tab", { name: "Users" }).click();
  const form = page.getByRole("region", { name: "New user" });
  await form.getByLabel("Name").fill("ada");
  await form.getByLabel("Password").fill("short");
  await form.getByRole("button", { name: "Create user" }).click();
  await form.getByText(/12 characters|>=12|at least 12/i).nth(1).waitFor();
  await form.getByLabel("Password").fill(PASSWORD);
  await form.getByLabel("Role").selectOption("admin");
  await form.getByRole("button", { name: "Create user" }).click();
  await page.getByText("ada may sign in now").waitFor();
  await openAccount(page);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  // Where they were.
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.getByRole("tab", { name: "Sessions" }).click();
  await page.getByRole("row").filter({ hasText: "ada" }).getByText("this one").waitFor();
  await page.getByLabel("Whose").selectOption("all");
  await button(page, "Sign out all my others").click();
  await page.getByText("0 sessions are over").waitFor();
  // A reload and another tab stay signed in; no script sees by what.
  await page.reload();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  assertEquals(await page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage })]), [
    "",
    KEPT_FROM_BEFORE,
  ]);
  const [cookie] = await page.context().cookies(world.consoleUrl().replace("/ui", "/api/v1"));
  assertEquals([cookie!.httpOnly, cookie!.sameSite, cookie!.path], [true, "Strict", "/api/v1"]);
  await openAccount(page);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByLabel("User name").waitFor();
  const { status, body } = await fetch(world.consoleUrl().replace("/ui", "/api/v1/me"), {
    headers: { cookie: `${cookie!.name}=${cookie!.value}`, "sec-fetch-site": "same-origin" },
  }).then(async (response) => ({ status: response.status, body: await response.text() }));
  assertEquals(status, 401, body);
  assertClean([REFUSED]);
  await close();
});

Deno.test("an operator registers an agent, sees a fault at its field, calls it, and runs a workflow of a template", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await world.signIn(page, "operator");
  for (const stop of EMPTY_WORKFLOW_STOPS) {
    await goTo(page, stop);
    assertEquals(await axe(page), [], stop.name);
  }
  await link(page, "Agents");
  await button(page, "Register an agent").click();
  await dialog(page).getByLabel("Name").fill("echo");
  await dialog(page).getByLabel("Address").fill("ftp://nowhere");
  await dialog(page).getByLabel("Timeout of a call, ms").fill("soon");
  await dialog(page).getByRole("button", { name: "Register" }).click();
  const address = dialog(page).getByLabel("Address");
  await isFocused(address);
  assertEquals(await address.getAttribute("aria-invalid"), "true");
  assertEquals(await dialog(page).getByLabel("Timeout of a call, ms").getAttribute("aria-invalid"), "true");
  assertEquals(await dialog(page).getByLabel("Name").getAttribute("aria-invalid"), null);
  await address.fill(`${world.sink.url}/rpc`);
  await dialog(page).getByLabel("Timeout of a call, ms").fill("5000");
  await dialog(page).getByRole("button", { name: "Register" }).click();
  await dialog(page).waitFor({ state: "detached" });
  await page.getByRole("row").filter({ hasText: "echo" }).getByText("Closed").waitFor();
  await button(page, /^Edit/).click();
  await dialog(page).getByLabel("Failures before it opens").fill("0");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await isFocused(dialog(page).getByLabel("Failures before it opens"));
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("7");
  await page.keyboard.press("Enter");
  await dialog(page).waitFor({ state: "detached" });
  const { items: [echo] } = await world.api("/agents?name=echo");
  assertEquals([echo.circuit_breaker_config, echo.timeout_ms], [{ failure_threshold: 7 }, 5000]);
  await button(page, /^Check now/).click();
  await page.getByText("Answers").waitFor();
  await button(page, /^Call it now/).click();
  await isFocused(dialog(page).getByLabel("Message"));
  await page.keyboard.type("hello there");
  await dialog(page).getByRole("button", { name: "Send" }).click();
  await dialog(page).getByText("Answered").waitFor();
  assertMatch(await dialog(page).getByRole("tree", { name: "Output" }).innerText(), /hello there/);
  await page.keyboard.press("Escape");

  await link(page, "Workflows");
  await button(page, "New workflow").click();
  await dialog(page).getByLabel("Name").fill("echoed");
  await dialog(page).getByLabel("Template", { exact: true }).selectOption("Ask, then decide");
  const json = dialog(page).getByLabel("Definition (JSON)");
  const good = await json.inputValue();
  await json.fill(good.replace('"if_true_step": "again"', '"if_true_step": "agian"'));
  await dialog(page).getByRole("button", { name: "Create workflow" }).click();
  await dialog(page).getByText('did you mean "again"').waitFor();
  const line = good.split("\n").findIndex((each) => each.includes("if_true_step")) + 1;
  await dialog(page).getByRole("button", { name: `Line ${line}`, exact: true }).click();
  const marked = await json.evaluate((area: HTMLTextAreaElement) =>
    area.value.slice(area.selectionStart, area.selectionEnd)
  );
  assert(marked.includes("agian"), marked);
  await json.fill(good.slice(0, -2));
  await dialog(page).getByRole("button", { name: "Create workflow" }).click();
  await dialog(page).getByText("1 error; nothing was saved").waitFor();
  await json.fill(good);
  await dialog(page).getByRole("button", { name: "Create workflow" }).click();
  await page.getByRole("heading", { name: "echoed" }).waitFor();
  await page.getByText("Is ${first.output.length} > 5?").waitFor();

  await button(page, "Execute…").click();
  await dialog(page).getByRole("button", { name: "Execute" }).click();
  const text = dialog(page).getByLabel("text (required)");
  await eventually(async () => await text.getAttribute("aria-invalid") === "true" || undefined);
  await text.fill("the server is down");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Run" }).waitFor();
  await page.locator(".tag", { hasText: "Completed" }).first().waitFor();
  await page.getByRole("region", { name: "Log" }).getByText("Run completed").waitFor();
  await button(page, /first/).first().click();
  assertMatch(await page.getByRole("tree", { name: "Output" }).last().innerText(), /the server is down/);
  assertClean([REFUSED]);
  await close();
});

Deno.test("a run is paused, resumed and cancelled with a reason, and a failed one is retried by its cause, and where it failed", async () => {
  sample = await makeWorkflowSample(world);
  const { page, assertClean, close } = await browser.openPage();
  await world.signIn(page, "operator");
  await goTo(page, { name: "paused", path: `/runs/${sample.paused}`, shows: "Paused" });
  await button(page, "Resume").click();
  await button(page, "Pause").waitFor();
  await button(page, "Pause").click();
  await button(page, "Resume").waitFor();
  await button(page, "Cancel…").click();
  await isFocused(dialog(page).getByLabel("Reason"));
  await page.keyboard.type("Ordered twice");
  await page.keyboard.press("Enter");
  await page.locator(".tag", { hasText: "Cancelled" }).first().waitFor();
  await page.getByText("Ordered twice").waitFor();

  // Found by keys alone.
  await page.keyboard.press("Control+k");
  await isFocused(page.getByRole("combobox", { name: "Name or id" }));
  await page.keyboard.type(`run-${sample.failed}`);
  await page.getByRole("option", { name: /^Run\s*fragile, failed/ }).waitFor();
  await page.keyboard.press("Enter");
  await button(page, "Retry…").waitFor();

  // By its cause, while that is still there: it fails again, and is back in its row.
  await link(page, "Issues");
  const issue = page.getByRole("row").filter({ hasText: "does not know that" });
  await issue.getByText("step one").waitFor();
  await issue.getByRole("button", { name: /^Retry 1 run/ }).click();
  await dialog(page).getByRole("button", { name: "Retry 1 run" }).click();
  await dialog(page).getByText("1 run of 1 continues.").waitFor();
  const failsAgain = async () => (await world.api("/run_failures")).items[0]?.runs[0].run_id === `run-${sample.failed}`;
  await eventually(failsAgain);
  await dialog(page).getByRole("button", { name: "Done" }).click();
  await issue.getByText(/^1 run/).first().click();
  await issue.getByRole("link").nth(1).click();

  const answer = world.sink.answer;
  await goTo(page, { name: "failed", path: `/runs/${sample.failed}`, shows: "does not know that" });
  world.sink.answer = (request) => answer({ ...request, body: request.body.replaceAll("fail", "work") });
  await button(page, "Retry…").click();
  await dialog(page).getByRole("button", { name: "Retry" }).click();
  await page.locator(".tag", { hasText: "Completed" }).first().waitFor();
  world.sink.answer = answer;

  // The page of the agent: what calls it, what became of its calls, and its breaker, which is closed by hand.
  const { sql } = world.database.db;
  await sql`
    insert into breaker (installation_id, host, state, failures, error_code, probe_at)
    select id, 'agent classifier', 'open', 5, 'UPSTREAM_FAILED', now() + interval '1 hour' from installation
    where addon = 'workflow_api'`;
  await link(page, "Agents");
  await page.getByRole("link", { name: "classifier", exact: true }).click();
  await page.getByRole("table", { name: /^Workflows that call/ }).getByRole("link", { name: "triage" }).waitFor();
  await page.getByRole("table", { name: /^Calls by steps/ }).getByText("does not know that").first().waitFor();
  await button(page, "Close it now").click();
  await page.locator(".tag", { hasText: "Closed" }).waitFor();
  assertClean();
  await close();
});

Deno.test("messages that a webhook did not bring are a row that is muted and sent again, and the webhook is switched on there", async () => {
  const url = `${world.sink.url}/hook`;
  const hook = { url, description: "Alerts of the team", workflow_id: sample.workflow, statuses: ["COMPLETED"] };
  const { id } = await world.api("/webhooks", { body: hook });
  const answer = world.sink.answer;
  let status = 400;
  world.sink.answer = (request) => request.path === "/hook" ? new Response(null, { status }) : answer(request);
  const finish = async () => {
    const { id: run } = await world.api(`/workflows/${sample.workflow}/execute`, {
      body: { input_data: { text: "a" } },
    });
    await eventually(async () => (await world.api(`/runs/${run}`)).status === "COMPLETED");
  };
  await finish();
  const issues = async () =>
    (await world.api("/webhook_issues")).issues.filter((one: { webhook_id: string }) => one.webhook_id === id);
  await eventually(async () => (await issues()).length === 1);
  const { page, assertClean, close } = await browser.openPage();
  await world.signIn(page, "operator");
  await link(page, "Issues");
  const table = page.getByRole("table", { name: /^Messages that webhooks/ });
  const row = table.getByRole("row").filter({ hasText: "Alerts of the team" });
  await row.getByText("The receiver answered 400").waitFor();
  await row.getByText(/^1 message/).first().click();
  await row.getByText("run.completed").waitFor();
  await row.getByRole("button", { name: /^Mute 24 h/ }).click();
  await row.waitFor({ state: "detached" });
  const messages = page.getByRole("region", { name: "Messages to webhooks" });
  await messages.getByLabel("Show").selectOption("muted");
  await row.getByText("Muted until").waitFor();
  assertMatch(page.url(), /messages=muted/);
  await row.getByRole("button", { name: /^Unmute/ }).click();
  await messages.getByText("No issue is muted").waitFor();
  await messages.getByLabel("Show").selectOption("open");
  // It wants no more: the message that is sent again switches the webhook off.
  status = 410;
  await row.getByRole("button", { name: /^Send 1 message again/ }).click();
  await page.getByText("1 message is sent again").waitFor();
  await row.getByText("Switched off").waitFor();
  assertEquals(await row.getByRole("button", { name: /^Send/ }).count(), 0);
  assertEquals(await axe(page), []);
  status = 204;
  await row.getByRole("button", { name: /^Switch on/ }).click();
  await row.getByRole("button", { name: /^Send 1 message again/ }).click();
  await messages.getByText("No message to a webhook was given up").waitFor();
  await eventually(async () => (await issues()).length === 0);
  const { items: [delivered] } = await world.api(`/webhooks/${id}/deliveries?state=delivered`);
  assertEquals(delivered.http_status, 204);
  world.sink.answer = answer;
  await world.api(`/webhooks/${id}`, { method: "DELETE" });
  assertClean();
  await close();
});

Deno.test("a version is compared and rolled back to, and an agent's deletion names what calls it", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await world.signIn(page, "editor");
  await goTo(page, {
    name: "versions",
    path: `/workflows/${sample.workflow}/versions`,
    shows: "steps.urgent.condition",
  });
  await button(page, /^Roll back.*2$/).click();
  await dialog(page).getByRole("button", { name: "Roll back" }).click();
  await page.getByText("Version 4 is version 2 again").waitFor();
  await page.getByText("Version 4, made by").waitFor();
  assertEquals(await button(page, "Execute…").count(), 0);
  // What was typed outlives a look at another tab, and is not saved over what somebody else saved since.
  await page.getByRole("tab", { name: "Edit" }).click();
  const json = page.getByLabel("Definition (JSON)");
  const typed = (await json.inputValue()).replace("'high'", "'low'");
  await json.fill(typed);
  await page.getByRole("tab", { name: "Steps" }).click();
  await world.api(`/workflows/${sample.workflow}`, { method: "PUT", body: { description: "Of somebody else" } });
  await page.getByRole("tab", { name: "Edit" }).click();
  assertEquals(await json.inputValue(), typed);
  await button(page, "Save as version 5").click();
  await button(page, "read the workflow again").click();
  await page.getByText("Of somebody else").first().waitFor();
  assertEquals(await json.inputValue() === typed, false);
  await goTo(page, { name: "agent", path: "/agents?name=alerter" });
  await button(page, /^Delete/).click();
  await dialog(page).getByRole("link", { name: "triage" }).waitFor();
  await page.keyboard.press("Escape");
  assertClean([REFUSED]);
  await close();
});

Deno.test("a schedule is made: its cron expression in words, a fault at its field, paused and resumed", async () => {
  const { page, assertClean, close } = await browser.openPage({ timeZone: "America/New_York" });
  await world.signIn(page, "operator");
  await link(page, "Schedules");
  await button(page, "New schedule").click();
  await dialog(page).getByLabel("Name").fill("each Monday");
  await dialog(page).getByLabel("Workflow").selectOption("triage");
  assertEquals(await dialog(page).getByLabel("Time zone").inputValue(), "America/New_York");
  const cron = dialog(page).getByLabel("Cron expression");
  await cron.fill("61 9 * * 1");
  await dialog(page).getByLabel("Input of each run (JSON)").fill('{"text": "Monday"}');
  await dialog(page).getByRole("button", { name: "Create schedule" }).click();
  await isFocused(cron);
  assertEquals(await cron.getAttribute("aria-invalid"), "true");
  await cron.fill("30 9 * * 1");
  await dialog(page).getByText("every Monday at 09:30").waitFor();
  await page.keyboard.press("Enter");
  const row = page.getByRole("row").filter({ hasText: "each Monday" });
  await row.getByText("09:30:00").nth(4).waitFor();
  await row.getByRole("button", { name: /^Pause/ }).click();
  await row.getByText("by operator").waitFor();
  await row.getByRole("button", { name: /^Resume/ }).click();
  await row.getByText("09:30:00").first().waitFor();
  assertClean([REFUSED]);
  await close();
});

Deno.test("a viewer sees why nothing can be changed, and no button that would change it", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await world.signIn(page, "viewer");
  for (const stop of viewerStops(sample)) {
    await goTo(page, stop);
    const names = await page.locator("#page").getByRole("button").allInnerTexts();
    const writes = names.filter((name) =>
      /^(Execute|New|Register|Edit|Delete|Save|Retry|Cancel|Pause|Call|Roll)/.test(name)
    );
    assertEquals(writes, [], stop.name);
    assertEquals(await axe(page), [], stop.name);
  }
  assertClean();
  await close();
});

Deno.test("a session that was revoked ends at the next request, and the page says so", async () => {
  const { page, close } = await browser.openPage();
  await world.signIn(page, "editor");
  // A schedule is a standing execute, which an editor may not.
  await link(page, "Schedules");
  await page.getByText("needs the role operator; you are signed in as editor").waitFor();
  assertEquals(await button(page, /^(New schedule|Pause|Edit|Delete)/).count(), 0);
  const { items } = await world.api("/users?page_size=100");
  const { id } = items.find(({ name }: { name: string }) => name === "editor");
  await world.api(`/users/${id}/revoke_tokens`, { method: "POST" });
  await link(page, "Runs");
  await page.getByText("You were signed out: the session is over, or was ended elsewhere.").waitFor();
  await close();
});

Deno.test("axe finds nothing serious in any page and state, light and dark, and no page scrolls sideways at 320 px", async () => {
  sample = { ...sample, ...await sample.runAgain() };
  const { page, close } = await browser.openPage();
  await page.goto(world.consoleUrl());
  await page.getByLabel("User name").waitFor();
  const faults = await looked(page, "sign-in");
  await world.signIn(page, "admin");
  await settle(page);
  for (const stop of workflowStops(sample)) {
    await goTo(page, stop).catch((error) => faults.push(`${stop.name}: ${error.message.split("\n")[0]}`));
    faults.push(...await looked(page, stop.name));
  }
  await closeDialogs(page);
  assertEquals(faults, []);
  await close();
});

async function looked(page: Page, name: Stop["name"]): Promise<string[]> {
  const found: string[] = [];
  for (const theme of ["light", "dark"] as const) {
    await page.evaluate((theme) => document.documentElement.dataset.theme = theme, theme);
    found.push(...await axe(page, theme === "dark" ? { only: ["color-contrast", "link-in-text-block"] } : {}));
  }
  await page.setViewportSize({ width: 320, height: 800 });
  const widest = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (widest > 0) found.push(`${widest} px wider than a window of 320 px`);
  await page.setViewportSize({ width: 1280, height: 800 });
  return found.map((fault) => `${name}: ${fault}`);
}

stopAtTheEnd(browser, () => world as never);
