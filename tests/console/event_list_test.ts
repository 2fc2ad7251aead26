/** What the list of events knows: pages, the live tail above them, and what waits to be shown. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { EventPage, EventRow } from "../../src/console/features/events/api.ts";
import {
  type ListState,
  MAX_EMPTIES,
  MAX_LIVE,
  pagesBetween,
  placeOf,
  released,
  rowCount,
  waitingCount,
  withArrivals,
  withFirstPage,
  withPage,
  withUpdates,
} from "../../src/console/features/events/list_state.ts";
import { emptyInbox, take } from "../../src/console/features/events/use_tail.ts";

const RUNS = { total: 0, active: 0, completed: 0, failed: 0 };

function row(id: number): EventRow {
  return {
    id: String(id),
    eventType: "NEW_TAG",
    source: "CLOCKIFY",
    customSource: null,
    customType: null,
    entity: null,
    receivedAt: new Date(0),
    outcome: "waiting",
    reason: null,
    size: 1,
    subject: null,
    runs: RUNS,
    tookMs: null,
    duplicates: 0,
    reconciled: false,
  };
}

function rows(from: number, count: number): EventRow[] {
  return Array.from({ length: count }, (_, index) => row(from - index));
}

function page(from: number, count: number, nextCursor: string | null = null): EventPage {
  return { rows: rows(from, count), total: 1_000, totalIsExact: true, nextCursor };
}

function idAt(state: ListState, index: number): string {
  const place = placeOf(state, index);
  return "row" in place ? place.row.id : `${place.page.cursor}+${place.offset}`;
}

Deno.test("withPage() lines pages up, and a page that lost rows moves those after it", () => {
  let state = withFirstPage(page(1000, 100, "901"));
  state = withPage(state, "901", page(900, 100, "801"));
  state = withPage(state, "801", page(800, 50, null));
  assertEquals(rowCount(state), 250);
  assertEquals(idAt(state, 0), "1001+0");
  assertEquals(idAt(state, 249), "801+49");
  assertEquals(state.next, null);
  assertEquals(pagesBetween(state, 95, 105).map(({ cursor }) => cursor), ["1001", "901"]);
  state = withPage(state, "901", page(900, 90, "801"));
  assertEquals(rowCount(state), 240);
  assertEquals(idAt(state, 190), "801+0");
  assertStrictEquals(withPage(state, "77", page(76, 3)), state);
});

Deno.test("withPage() counts empty pages, which have a cursor but no row", () => {
  let state = withFirstPage({ ...page(0, 0, "500"), total: 0 });
  for (let i = 1; i < MAX_EMPTIES; i++) state = withPage(state, state.next!, page(0, 0, String(500 - i)));
  assertStrictEquals(state.empties, MAX_EMPTIES);
  assertEquals(rowCount(state), 0);
  state = withPage(state, state.next!, page(300, 2, "10"));
  assertEquals(state.empties, 0);
  assertEquals(rowCount(state), 2);
});

Deno.test("withArrivals() shows new rows at the top, each once, or lets them wait", () => {
  const begun = withFirstPage(page(10, 10));
  const live = withArrivals(begun, { rows: [row(12), row(11), row(10)], skipped: 0, following: true });
  assertEquals(live.live.map(({ id }) => id), ["12", "11"]);
  assertEquals(live.total, 1_002);
  assertStrictEquals(withArrivals(live, { rows: [row(12)], skipped: 0, following: true }), live);

  const waits = withArrivals(live, { rows: [row(13)], skipped: 7, following: false });
  assertEquals(waitingCount(waits), 8);
  assertEquals(rowCount(waits), 12);
  assertEquals(idAt(waits, 0), "12");
  const shown = released(waits);
  assertEquals(idAt(shown, 0), "13");
  assertEquals(waitingCount(shown), 7);
});

Deno.test("withArrivals() puts a row that was committed late where it belongs", () => {
  const begun = withArrivals(withFirstPage(page(10, 10)), { rows: [row(100), row(98)], skipped: 0, following: true });
  const late = withArrivals(begun, { rows: [row(99)], skipped: 0, following: true });
  assertEquals(late.live.map(({ id }) => id), ["100", "99", "98"]);
});

Deno.test("withArrivals() keeps at most 500 rows of the tail; older ones are read by their cursor again", () => {
  let state = withFirstPage(page(10, 10, null));
  for (let from = 200; from <= 800; from += 200) {
    state = withArrivals(state, { rows: rows(from, 200), skipped: 0, following: true });
    assert(state.live.length <= MAX_LIVE);
  }
  assertEquals(state.next, "351");
  assertEquals(rowCount(withPage(state, "351", page(350, 100, "251"))), state.live.length + 100);

  const paused = withArrivals(withFirstPage(page(10, 10)), { rows: rows(2_000, 700), skipped: 1, following: false });
  assertEquals(paused.held.length, MAX_LIVE);
  assertEquals(waitingCount(paused), 701);
});

Deno.test("withArrivals() leaves to further pages what they tell, when a tail that comes back tells it again", () => {
  const begun = withFirstPage(page(1000, 10, "991"));
  const again = { rows: [row(1001), ...rows(1000, 30)], skipped: 0, following: true };
  const repeated = withArrivals(begun, again);
  assertEquals(repeated.live.map(({ id }) => id), ["1001"]);
  assertEquals(rowCount(withPage(repeated, "991", page(990, 20))), 31);

  let cut = withFirstPage(page(10, 10, null));
  for (let from = 200; from <= 600; from += 200) {
    cut = withArrivals(cut, { rows: rows(from, 200), skipped: 0, following: true });
  }
  assertEquals(cut.next, "351");
  assertStrictEquals(withArrivals(cut, { rows: rows(400, 100), skipped: 0, following: true }), cut);
});

Deno.test("withFirstPage() keeps what came while it was read", () => {
  const state = withFirstPage(page(10, 10), { arrived: [row(11), row(10)] });
  assertEquals(state.live.map(({ id }) => id), ["11"]);
  assertEquals(rowCount(state), 11);
});

Deno.test("withUpdates() remembers the latest change of each event, and not for ever", () => {
  const update = (id: number, tookMs: number) => ({
    id: String(id),
    outcome: "skipped" as const,
    reason: null,
    runs: RUNS,
    tookMs,
  });
  let state = withUpdates(withFirstPage(page(10, 10)), [update(10, 1), update(10, 2)]);
  assertEquals(state.updates.get("10")!.tookMs, 2);
  state = withUpdates(state, Array.from({ length: 3_000 }, (_, index) => update(20 + index, 1)));
  assertEquals(state.updates.size, 2_000);
  assertEquals(state.updates.has("10"), false);
});

Deno.test("take() stays bounded while no frame empties the inbox", () => {
  const inbox = emptyInbox();
  for (let i = 0; i < 50; i++) take(inbox, { kind: "events", rows: rows(i * 100 + 100, 100).toReversed(), skipped: 3 });
  assertEquals(inbox.rows.length, MAX_LIVE);
  assertEquals(inbox.rows[0]!.id, "5000");
  assertEquals(inbox.skipped, 50 * 103 - MAX_LIVE);
  assertEquals(inbox.gap, false);
  take(inbox, { kind: "gap" });
  assertEquals(inbox.gap, true);
});
