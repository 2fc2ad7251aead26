/** The approvals page: what waits, what follows from each answer, the answer by mouse and keys, and who may not give it. */

import { assert, assertEquals } from "@std/assert";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { askAs, createFlow, goTo, isFocused, PROFILE, stopAtTheEnd, stopTimer } from "./setup.ts";

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  await createFlow(world, {
    name: "Long entries",
    enabled: true,
    trigger_event_types: ["TIMER_STOPPED"],
    actions: [
      {
        kind: "approval",
        id: "ask",
        people: [world.ownerId],
        note: "May {{ $.webhook.description }} stay?",
        deadline: "3 d",
        approved: [{ id: "tag", type: "clockify", operation_id: "findOrCreateTag", body: { name: "approved" } }],
      },
      { id: "after", type: "clockify", operation_id: "findOrCreateTag", body: { name: "done" } },
    ],
  });
  // One after another: the order that they are asked in is what is tested.
  for (const [index, description] of ["Pier night shift", "Quay inspection", "Crane survey"].entries()) {
    await stopTimer(world, description);
    await eventually(async () => (await states()).length === index + 1);
  }
});
const states = async () =>
  (await askAs(world, "/ui/approvals")).body.approvals.map(({ state }: { state: string }) => state).sort();

Deno.test("requests are answered oldest first: what follows is shown, by mouse, and by a and x with Enter", async () => {
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1680, height: 1000 } });
  const frame = await world.frame(page, PROFILE);
  const link = frame.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: /^Approvals/ });
  await eventually(async () => /3\s*waiting for you/.test(await link.innerText()));
  await goTo(frame, "Approvals");
  await frame.getByText("3 wait for you").waitFor();
  const rows = frame.getByRole("region", { name: "Requests" }).getByRole("link");
  assertEquals((await rows.locator("b").allTextContents()).map((text) => text.trim()), [
    ...["May Pier night shift stay?", "May Quay inspection stay?", "May Crane survey stay?"],
  ]);
  await rows.first().click();
  const pane = frame.getByRole("region", { name: "Request", exact: true });
  const follows = (title: string) => pane.locator(".ap-follows", { has: frame.getByRole("heading", { name: title }) });
  await follows("If you approve").getByText("tag", { exact: true }).waitFor();
  await follows("If you approve").getByText("The run continues with:").waitFor();
  await follows("If you reject").getByText("The run is cancelled.").waitFor();
  assertEquals(await axe(page), []);
  await pane.getByLabel("A note for the record (optional)").fill("As agreed");
  // The stream is faster than the answer: the request is gone from the list by then.
  await page.route(/\/decide\b/, async (route) => {
    const response = await route.fetch();
    await rows.nth(2).waitFor({ state: "detached" });
    await route.fulfill({ response });
  }, { times: 1 });
  await pane.getByRole("button", { name: "Approve" }).click();

  // The next one takes its place.
  await pane.getByRole("heading", { name: "May Quay inspection stay?" }).waitFor();
  await frame.getByText("2 wait for you").waitFor();
  await pane.getByRole("heading", { name: "May Quay inspection stay?" }).click();
  await page.keyboard.press("x");
  await isFocused(pane.getByRole("button", { name: "Reject" }));
  await page.keyboard.press("Enter");
  await pane.getByRole("heading", { name: "May Crane survey stay?" }).waitFor();
  await eventually(async () => JSON.stringify(await states()) === '["approved","open","rejected"]');
  await frame.getByLabel("Show").selectOption({ label: "Approved" });
  await rows.getByText("May Pier night shift stay?").click();
  await pane.getByText("As agreed").waitFor();
  await pane.getByRole("link", { name: "its run" }).click();
  await frame.locator(".run-head").getByText("Completed", { exact: true }).waitFor();
  assertClean();
  await close();
});

Deno.test("who may not decide reads who can; from the link in a message, at 390 px, somebody else is asked too", async () => {
  const [open] = (await askAs(world, "/ui/approvals?state=open")).body.approvals;
  const member = await browser.openPage();
  const frame = await world.frame(member.page, PROFILE, { viewer: world.memberId });
  await goTo(frame, "Approvals");
  await frame.getByText("Nothing waits for you").waitFor();
  await frame.getByLabel("Show").selectOption({ label: "All that wait" });
  await frame.getByRole("region", { name: "Requests" }).getByRole("link").first().click();
  await frame.getByText(/^You cannot decide this: .+ can\.$/).waitFor();
  assertEquals(await frame.getByRole("button", { name: /Approve|Reject|Hand to|Ask somebody/ }).count(), 0);
  await member.close();

  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 390, height: 844 } });
  await world.alone(page, PROFILE, `/ui/app/approvals/${open.id}`);
  const pane = page.getByRole("region", { name: "Request", exact: true });
  await pane.getByRole("button", { name: "Ask somebody else too…" }).click();
  const dialog = page.getByRole("dialog", { name: "Ask somebody else too" });
  const person = (await world.simulator.workspaces())[0]!.users.find(({ id }) => id === world.memberId)!.name;
  await dialog.getByRole("combobox", { name: "Person" }).fill(person.slice(0, 4));
  await page.getByRole("option", { name: person }).click();
  await dialog.getByRole("button", { name: `Ask ${person}` }).click();
  await dialog.waitFor({ state: "detached" });
  await eventually(async () => {
    const { people } = (await askAs(world, `/ui/approvals/${open.id}`)).body;
    return people.map(({ id }: { id: string }) => id).includes(world.memberId);
  });
  assertEquals(await axe(page), []);
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 800 });
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px`);
  }
  assertClean();
  await close();
});

Deno.test("what others ask and answer meanwhile is shown by way of the stream, without a poll", async () => {
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1680, height: 1000 } });
  // What polls does so by setInterval: without it the stream alone brings news.
  await page.addInitScript("globalThis.setInterval = () => 0");
  const [open] = (await askAs(world, "/ui/approvals?state=open")).body.approvals;
  const stream = page.waitForResponse((response) => response.url().includes("/ui/stream"));
  await world.alone(page, PROFILE, `/ui/app/approvals/${open.id}?show=open`);
  await stream;
  const pane = page.getByRole("region", { name: "Request", exact: true });
  await pane.getByText(/^You cannot decide this/).waitFor();

  await stopTimer(world, "Lighthouse visit");
  await page.getByRole("region", { name: "Requests" }).getByText("May Lighthouse visit stay?").waitFor();

  const { status } = await askAs(world, `/ui/approvals/${open.id}/decide`, { body: { decision: "reject" } });
  assertEquals(status, 200);
  await pane.getByText(/^Rejected by/).waitFor();
  assertEquals(await pane.getByText(/^You cannot decide this/).count(), 0);
  assertClean();
  await close();
});

stopAtTheEnd(browser, () => world);
