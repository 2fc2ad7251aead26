/** The Events page while 1,000 events a second come in, by HTTP from a process of its own, and over a million stored ones. */

import { assert, assertStrictEquals } from "@std/assert";
import type { CDPSession, Page } from "playwright-core";
import { systemClock } from "../../src/base/clock.ts";
import { startChild } from "../bench/child.ts";
import type { LoadCommand, LoadResult } from "../bench/load.ts";
import { openBrowser } from "../support/browser.ts";
import { settle, TOURED } from "./tour.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { DATABASE_KIND } from "../support/database.ts";
import { eventually } from "../support/world.ts";
import { stopAtTheEnd } from "./setup.ts";

const RATE = 1_000;
const SECONDS = 30;
/** Rows in sight and those drawn ahead of them; not those that came. */
const MAX_DRAWN = 60;
/** A bound that a slow machine keeps, not a goal: the figures are printed. */
const MAX_DELAY_MS = 1_000;
const MAX_GROWTH = 1.2;
const MILLION = 1_000_000;

const browser = await openBrowser();
let world: ConsoleWorld;

interface Figures {
  /** Between an input and the begin of its handling. */
  delayMs: number[];
  /** Between an input and the paint after it; the browser does not report less than 16 ms. */
  paintMs: number[];
  longTaskMs: number[];
}

Deno.test({
  name: "a world starts",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => void (world = await startConsoleWorld({ sample: false })),
});

Deno.test({
  name: `the page answers at ${RATE} events a second for ${SECONDS} s, and its memory and rows stay bounded`,
  // The load's process, and what the program's own timers do meanwhile.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const { page, assertClean, close } = await browser.openPage();
    const load = await startChild("load.ts");
    try {
      await world.alone(page, TOURED, "/ui/app/events");
      await settle(page);
      await page.getByText("Live", { exact: true }).waitFor();
      await watch(page);
      const memory = await openMemory(page);

      const result: Promise<LoadResult> = load.call({ ...await loadCommand() });
      const begun = performance.now();
      const heaps: number[] = [];
      let drawn = 0;
      const use = async (untilSecond: number) => {
        for (let turn = 0; performance.now() - begun < untilSecond * 1_000; turn++) {
          await useTheList(page, turn);
          drawn = Math.max(drawn, await drawnRows(page));
          await systemClock.sleep(400);
        }
        heaps.push(await memory.heapMb());
      };
      await use(SECONDS / 4);
      await use(SECONDS / 2);
      const shown = await countShown(page);

      await page.getByRole("button", { name: "Pause" }).click();
      const first = await topRow(page);
      // More than the page keeps: the rest is counted.
      const waiting = await eventually(async () => {
        const count = await newCount(page);
        return count > 600 && count;
      });
      assertStrictEquals(await topRow(page), first, "while paused the list stands still");
      await page.getByRole("button", { name: "Resume" }).click();
      await eventually(async () => await topRow(page) !== first);

      await use(SECONDS * 3 / 4);
      await use(SECONDS);
      const { requests, refused, perSecond } = await result;
      const figures = await page.evaluate<Figures>("figures");
      const total = await eventually(async () => {
        const count = await countShown(page);
        return count >= 10_000 && count;
      });

      console.log(
        `${requests} events stored (${
          Math.round(perSecond)
        } a second, ${refused} refused, over HTTP, ${DATABASE_KIND} database); ` +
          `list showed ${shown} at half time, ${total} at the end, "${waiting} new" while paused\n` +
          `input delay ${summary(figures.delayMs)}; input to paint ${summary(figures.paintMs)}; ` +
          `long tasks ${summary(figures.longTaskMs)}\n` +
          `JS heap after GC by quarter: ${heaps.map((mb) => mb.toFixed(1)).join(", ")} MB; at most ${drawn} rows drawn`,
      );
      assert(requests > 0 && refused === 0, `${refused} events were refused`);
      assert(figures.delayMs.length > 0, "inputs were measured");
      assert(Math.max(...figures.delayMs) < MAX_DELAY_MS, summary(figures.delayMs));
      assert(drawn > 0 && drawn <= MAX_DRAWN, `${drawn} rows`);
      assert(heaps[3]! <= heaps[1]! * MAX_GROWTH, `${heaps}`);
      // An id that no event has: words would be looked for in the bodies, 2,000 a request.
      await page.getByRole("searchbox").fill("64a687e29ae1f428e7ebe300");
      await page.getByText("No event matches").waitFor();
      assertClean();
    } finally {
      await close();
      await load.stop();
    }
  },
});

Deno.test({
  name: `a list of ${MILLION} events scrolls${
    DATABASE_KIND === "postgres" ? "" : " (a server's database only: seeding takes minutes here)"
  }`,
  ignore: DATABASE_KIND !== "postgres",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await seedMillion();
    const { page, assertClean, close } = await browser.openPage();
    try {
      await world.alone(page, TOURED, "/ui/app/home");
      await settle(page);
      const begun = performance.now();
      await page.getByRole("link", { name: "Events", exact: true }).click();
      await page.locator(".event-grid [aria-rowindex='2']").waitFor();
      const firstMs = performance.now() - begun;

      const grid = page.getByRole("grid");
      await grid.focus();
      let drawn = 0;
      const scrolling = performance.now();
      for (let turn = 0; turn < 50; turn++) {
        if (turn % 2 === 0) await page.keyboard.press("PageDown");
        else await grid.evaluate((element) => element.scrollBy(0, element.clientHeight));
        await page.locator(".event-grid .skeleton").first().waitFor({ state: "detached" });
        drawn = Math.max(drawn, await drawnRows(page));
      }
      const scrollMs = performance.now() - scrolling;
      await page.keyboard.press("End");
      await page.locator(".event-grid .skeleton").first().waitFor({ state: "detached" });
      const last = await lastIndex(page);
      console.log(
        `first page of ${MILLION} events after ${Math.round(firstMs)} ms, 50 pages down in ${
          Math.round(scrollMs)
        } ms, ` +
          `at row ${last}; at most ${drawn} rows drawn`,
      );
      assert(drawn > 0 && drawn <= MAX_DRAWN, `${drawn} rows`);
      assert(last > 400, `the list came to row ${last}`);
      assertClean();
    } finally {
      await close();
    }
  },
});

async function loadCommand(): Promise<LoadCommand> {
  const { addonKey } = world.serving.core.listeners.find(({ profile }) => profile.key === TOURED)!.app;
  const installations = await world.simulator.listInstallations();
  const own = installations.find((installation) => installation.addonKey === addonKey)!;
  return {
    port: world.serving.ports[TOURED]!,
    token: own.webhooks.find(({ event }) => event === "TIMER_STOPPED")!.authToken,
    workspaceId: world.workspaceId,
    connections: 64,
    firstSequence: 1,
    ratePerSecond: RATE,
    seconds: SECONDS,
  };
}

/** A million skipped events, newest last, over the last ten days. */
async function seedMillion(): Promise<void> {
  await world.database.db.scoped("all", (sql) =>
    sql`
    insert into event (installation_id, id, workspace_id, event_type, entity_key, received_at, request_id, headers, body,
      outcome, reason, finished_at)
    select installation.id, nextval('event_id_seq'), workspace_id, 'TIMER_STOPPED', 'time_entry:' || n,
      now() - (${MILLION} - n) * interval '0.8 seconds', 'seed', '{}',
      convert_to('{"id":"' || n || '","description":"Signage proofs"}', 'UTF8'), 'skipped', 'no_flow', now()
    from installation cross join generate_series(1, ${MILLION}::int) as n
    where addon = ${TOURED} and workspace_id = ${world.workspaceId}`);
  await world.database.db.sql.unsafe("analyze event");
}

/** Keeps what the browser says about inputs and long tasks in the page's variable `figures`. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const figures: Figures = { delayMs: [], paintMs: [], longTaskMs: [] };
    Object.assign(globalThis, { figures });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceEventTiming[]) {
        figures.delayMs.push(entry.processingStart - entry.startTime);
        figures.paintMs.push(entry.duration);
      }
    }).observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) figures.longTaskMs.push(duration);
    }).observe({ type: "longtask", buffered: true });
  });
}

async function openMemory(page: Page) {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  return {
    heapMb: async () => {
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "JSHeapUsedSize")!.value / 1e6;
    },
  };
}

/** A letter that is taken back before it filters, and a row chosen and left again. */
async function useTheList(page: Page, turn: number): Promise<void> {
  const box = page.getByRole("searchbox");
  await box.press("e");
  await box.press("Backspace");
  if (turn % 3 !== 0) return;
  // Rows move on while one aims: what is hit is whichever is there.
  const grid = (await page.getByRole("grid").boundingBox())!;
  await page.mouse.click(grid.x + 18, grid.y + 124);
}

function drawnRows(page: Page): Promise<number> {
  return page.locator(".event-grid .body [role=row]").count();
}

async function topRow(page: Page): Promise<string | null> {
  return await page.locator(".event-grid [aria-rowindex='2']").getAttribute("id");
}

async function lastIndex(page: Page): Promise<number> {
  const indexes = await page.locator(".event-grid .body [aria-rowindex]").evaluateAll((rows) =>
    rows.map((row) => Number(row.getAttribute("aria-rowindex")))
  );
  return Math.max(...indexes) - 1;
}

/** Of "12,345 events" or "At least 12,345 events". */
async function countShown(page: Page): Promise<number> {
  return numberIn(await page.locator(".head-row .nowrap", { hasText: /events?$/ }).first().innerText());
}

async function newCount(page: Page): Promise<number> {
  const button = page.getByRole("button", { name: / new$/ });
  return await button.count() === 0 ? 0 : numberIn(await button.innerText());
}

function numberIn(text: string): number {
  return Number(text.replace(/\D/g, ""));
}

function summary(values: number[]): string {
  if (values.length === 0) return "none";
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!);
  return `p50 ${at(0.5)} p95 ${at(0.95)} max ${at(1)} ms (n ${sorted.length})`;
}

stopAtTheEnd(browser, () => world);
