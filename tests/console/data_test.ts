/** The page of the data: a list that failed is read again by its button, and an entity's timeline leads on; members only read. */

import { assertEquals, assertMatch } from "@std/assert";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import type { Json } from "../http/door.ts";
import { askAs, goTo, PROFILE, stopAtTheEnd } from "./setup.ts";

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
});

async function open(viewer?: string) {
  const watched = await browser.openPage({ viewport: { width: 1280, height: 900 } });
  const frame = await world.frame(watched.page, PROFILE, { viewer });
  await goTo(frame, "Data");
  return { ...watched, frame };
}

Deno.test("a list that failed says why and is read again alone; an entity has its fields and its timeline", async () => {
  const { simulator, workspaceId } = world;
  const read = () => askAs(world, "/ui/bootstrap").then(({ body }) => body);
  const ended = () => eventually(async () => (await read()).status === "COMPLETE");
  await ended();
  await simulator.addFault({ kind: "status", status: 400, path: "*/tags", count: null });
  await askAs(world, "/ui/bootstrap/trigger", { method: "POST" });
  await eventually(async () => (await read()).lists.some(({ status }: Json) => status === "failed"));
  await ended();
  await simulator.clearFaults();

  const { page, frame, assertClean, close } = await open();
  const row = frame.getByRole("row").filter({ hasText: "Tags" }).filter({ hasText: "Failed" });
  await row.getByText("Cannot call getTags").waitFor();
  await frame.getByRole("button", { name: "Retry: Tags" }).press("Enter");
  await frame.getByRole("row").filter({ hasText: "Tags" }).filter({ hasText: "Complete" }).waitFor();
  await row.waitFor({ state: "detached" });
  assertEquals(await axe(page), []);

  const [tag] = await simulator.change({ workspaceId, method: "GET", path: "/tags" }) as Json[];
  await simulator.change({ workspaceId, method: "PUT", path: `/tags/${tag.id}`, body: { name: "Seen otherwise" } });
  await frame.getByRole("link", { name: "Tags", exact: true }).press("Enter");
  await askAs(world, "/ui/bootstrap/lists/tag/read", { method: "POST" });
  await eventually(async () => {
    const { body } = await askAs(world, `/ui/entities/tag/${tag.id}/timeline`);
    return body.entity?.body.name === "Seen otherwise" && body.items.length > 0;
  });
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await frame.getByRole("link", { name: "Tags", exact: true }).press("Enter");
  await frame.getByRole("link", { name: "Seen otherwise" }).press("Enter");
  const entity = frame.getByRole("region", { name: "Entity" });
  await entity.getByRole("heading", { name: /Seen otherwise/ }).waitFor();
  // An event of it names it beside its id, and Enter on that line leads back to its page.
  await eventually(async () => {
    const { body } = await askAs(world, `/ui/entities/tag/${tag.id}/timeline`);
    return body.items.some(({ kind }: Json) => kind === "event");
  });
  await entity.getByRole("link", { name: "TAG_UPDATED" }).press("Enter");
  const tree = frame.getByRole("tree", { name: "payload" });
  const line = tree.getByRole("treeitem").filter({ hasText: `"${tag.id}"` }).first();
  await line.getByRole("link", { name: "Seen otherwise" }).waitFor();
  assertEquals(await axe(page), []);
  await line.locator("b").click();
  await tree.press("Enter");
  await entity.getByRole("heading", { name: /Seen otherwise/ }).waitFor();
  assertMatch(await entity.getByRole("listitem").first().innerText(), /TAG_UPDATED|Had changed at a read of the list/);
  assertEquals(await axe(page), []);
  // An event whose payload names nothing is listed by the name of what it is about; one of an unknown thing by its id.
  const unknown = "0".repeat(24);
  for (const id of [tag.id, unknown]) {
    await simulator.deliver({ workspaceId, event: "TAG_UPDATED", payload: { id, workspaceId } });
  }
  await goTo(frame, "Events");
  const events = frame.getByRole("grid", { name: "Events, newest first" });
  const subject = events.getByRole("row").filter({ hasText: "TAG_UPDATED" }).locator(".subject");
  await subject.filter({ hasText: `tag:${unknown}` }).waitFor();
  await eventually(async () => {
    const texts = await subject.allInnerTexts();
    return texts.filter((text) => text === "Seen otherwise").length === 2 &&
      !texts.some((text) => text.includes(tag.id));
  });
  assertClean();
  await close();
});

Deno.test("a member sees the data and cannot have it read", async () => {
  const { frame, assertClean, close } = await open(world.memberId);
  const button = frame.getByRole("button", { name: "Read again", exact: true });
  await button.waitFor();
  assertEquals(await button.getAttribute("aria-disabled"), "true");
  assertClean();
  await close();
});

stopAtTheEnd(browser, () => world);
