/** Filters of the list of events: address, question to the server, and which new rows fit. */

import { assertEquals } from "@std/assert";
import type { EventRow } from "../../src/console/features/events/api.ts";
import {
  filterFromUrl,
  filterToUrl,
  fits,
  fromView,
  isFiltered,
  isView,
  NO_FILTER,
  readSearch,
  toQuery,
  toView,
} from "../../src/console/features/events/filter.ts";

const NOW = new Date("2026-11-21T12:00:00Z");

const ROW: EventRow = {
  id: "17",
  eventType: "NEW_PROJECT",
  source: "CLOCKIFY",
  customSource: null,
  customType: null,
  entity: "project:5fd0",
  receivedAt: NOW,
  outcome: "waiting",
  reason: null,
  size: 10,
  subject: null,
  runs: { total: 0, active: 0, completed: 0, failed: 0 },
  tookMs: null,
  duplicates: 0,
  reconciled: false,
};

Deno.test("filterToUrl() and filterFromUrl() are each other's way back, and keep other parameters", () => {
  const filter = {
    ...NO_FILTER,
    type: "NEW_PROJECT",
    outcome: "dead",
    source: "custom",
    time: "custom",
    from: "2026-11-21T08:00:00.000Z",
    search: "project.name = A & B",
  } as const;
  const params = filterToUrl(filter, new URLSearchParams("tab=raw"));
  assertEquals(params.get("tab"), "raw");
  assertEquals(filterFromUrl(params), filter);
  assertEquals(filterToUrl(NO_FILTER, params).toString(), "tab=raw");
});

Deno.test("filterFromUrl() leaves out words that are not known", () => {
  const filter = filterFromUrl(new URLSearchParams("outcome=constructor2&time=ever&source=CUSTOM"));
  assertEquals(filter, { ...NO_FILTER, source: "custom" });
  assertEquals(isFiltered(NO_FILTER), false);
  assertEquals(isFiltered(filter), true);
});

Deno.test("toView() and fromView() are each other's way back, and keep a span that moves with the time", () => {
  const filter = {
    ...NO_FILTER,
    outcome: "failed",
    source: "custom",
    reconciled: "false",
    duplicates: "true",
    time: "24h",
  } as const;
  const view = toView(filter);
  assertEquals(view, { outcome: "failed", source: "CUSTOM", reconciled: false, duplicates: true, time: "24h" });
  assertEquals(fromView(view), filter);
  assertEquals([isView(filter, view), isView({ ...filter, search: "a" }, view)], [true, false]);
  const between = { ...NO_FILTER, time: "custom", from: "2026-11-21T08:00:00Z", search: "a b " } as const;
  assertEquals(toView(between), { from: "2026-11-21T08:00:00.000Z", search: "a b" });
  assertEquals(isView(between, toView(between)), true);
});

Deno.test("readSearch() asks for an id alone by id, and leaves all else to the server as it was written", () => {
  const id = "64a687e29ae1f428e7ebe303";
  assertEquals(readSearch("  "), {});
  for (const text of [id, ` ${id} `, `id:${id}`]) assertEquals(readSearch(text), { q: id });
  assertEquals(readSearch("4711"), { q: "4711" });
  assertEquals(readSearch(`timeEntry:${id}`), { q: `timeEntry:${id}` });
  assertEquals(readSearch(' project.name = "A\tB" '), { search: ' project.name = "A B"' });
  assertEquals(readSearch("4711 outcome:failed"), { search: "4711 outcome:failed" });
});

Deno.test("toQuery() asks for yesterday as the viewer's zone has it, and for times before now", () => {
  const at = { now: NOW, zone: "Pacific/Auckland" };
  assertEquals(toQuery(NO_FILTER, at), {});
  assertEquals(toQuery({ ...NO_FILTER, time: "1h" }, at), { from: "2026-11-21T11:00:00.000Z" });
  // There it is 22 November, one o'clock.
  assertEquals(toQuery({ ...NO_FILTER, time: "yesterday" }, at), {
    from: "2026-11-20T11:00:00.000Z",
    to: "2026-11-21T11:00:00.000Z",
  });
  assertEquals(toQuery({ ...NO_FILTER, time: "custom", from: "nonsense" }, at), {});
});

Deno.test("fits() judges what it can and leaves fields and outcomes to the server", () => {
  assertEquals(fits({}, ROW), true);
  assertEquals(fits({ event_type: "NEW_TAG" }, ROW), false);
  assertEquals(fits({ event_type: "NEW_PROJECT", source: "CLOCKIFY", q: "5fd0" }, ROW), true);
  assertEquals(fits({ q: "18" }, ROW), false);
  assertEquals(fits({ to: "2026-11-21T12:00:00.000Z" }, ROW), false);
  assertEquals(fits({ search: "name = x" }, ROW), "unknown");
  assertEquals(fits({ search: "name = x", event_type: "NEW_TAG" }, ROW), false);
  assertEquals(fits({ duplicates: "true" }, ROW), "unknown");
  assertEquals(fits({ duplicates: "true" }, { ...ROW, duplicates: 1 }), true);
  assertEquals(fits({ duplicates: "false" }, { ...ROW, duplicates: 1 }), false);
  assertEquals(fits({ outcome: "dead" }, ROW), "unknown");
  assertEquals(fits({ outcome: "dead" }, { ...ROW, outcome: "skipped" }), false);
  assertEquals(fits({ outcome: "waiting" }, ROW), true);
  const ran = { ...ROW, outcome: "dispatched" as const };
  assertEquals(fits({ outcome: "failed" }, ran), false);
  assertEquals(
    fits({ outcome: "failed" }, { ...ran, runs: { total: 2, active: 1, completed: 1, failed: 0 } }),
    "unknown",
  );
  assertEquals(fits({ outcome: "failed" }, { ...ran, runs: { total: 2, active: 0, completed: 1, failed: 1 } }), true);
  assertEquals(fits({ outcome: "skipped" }, { ...ran, runs: { total: 1, active: 1, completed: 0, failed: 0 } }), false);
});
