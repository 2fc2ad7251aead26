/** Tests of calls that read the pages of a list as a stream. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

let world: World;
let admin: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", POLL_MINUTES: "0" } }, async (made) => {
  world = made;
  ({ admin } = await world.enter("universal_webhook"));
  await eventually(async () => (await get("/ui/bootstrap")).body.status === "COMPLETE");
});

const get = (path: string) => ask(`${world.url("universal_webhook")}${path}`, { headers: admin });
const url = () => `${world.url("universal_webhook")}/ui/api-explorer/execute`;
const execute = (body: Json) => ask(url(), { headers: admin, body });

async function lines(body: Json): Promise<Json[]> {
  const { status, headers, body: text } = await execute(body);
  assertEquals(
    [status, headers.get("content-type")],
    [200, "application/x-ndjson; charset=utf-8"],
    JSON.stringify(text),
  );
  return text.trimEnd().split("\n").map((line: string) => JSON.parse(line));
}

const SMALL = { operation_id: "getTags", query_params: { "page-size": 2 } };
const asked = () => world.simulator.requests.filter(({ path }) => path.endsWith("/tags")).length;

Deno.test("all pages of a list are a stream of items, with progress after each page and the count at its end", async () => {
  const all = (await execute({ operation_id: "getTags", query_params: { "page-size": 200 } })).body.data;
  assert(all.length >= 5, `${all.length} tags`);
  const found = await lines({ ...SMALL, pages: "all" });
  assertEquals(found[0], { type: "start", operation_id: "getTags", page: 1, page_size: 2 });
  const items = found.filter(({ type }) => type === "item").map(({ item }) => item);
  assertEquals(items, all);
  const pages = Math.ceil(all.length / 2);
  const progress = found.filter(({ type }) => type === "progress");
  assertEquals(progress.map(({ page }) => page), Array.from({ length: pages }, (_, index) => index + 1));
  const { elapsed_ms, bytes, ...end } = found.at(-1)!;
  assertEquals(end, { type: "end", pages, items: all.length, stopped_by: null, next_page: null });
  assert(elapsed_ms >= 0 && bytes > 100);

  const { calls } = (await get("/ui/api-explorer/history?limit=1")).body;
  assertEquals([calls[0].operation_id, calls[0].status, calls[0].size], ["getTags", "success", bytes]);
  const kept = (await get(`/ui/api-explorer/history/${calls[0].id}`)).body;
  assertEquals([kept.request.pages, kept.answer.items], ["all", all.length]);
});

Deno.test("a number of pages ends where it says, with the page to read on from", async () => {
  const before = asked();
  const found = await lines({ ...SMALL, pages: 2 });
  assertEquals(asked() - before, 2);
  const { stopped_by, next_page, items } = found.at(-1)!;
  assertEquals([stopped_by, next_page, items], ["pages", 3, 4]);
  const rest = await lines({ ...SMALL, query_params: { "page-size": 2, page: 3 }, pages: 1 });
  assertEquals([rest[0].page, rest.at(-1)!.items], [3, 2]);
});

Deno.test("a list that an answer holds under a name is found, also one in another object", async () => {
  for (const operation_id of ["getInvoices", "getExpenses", "getCategories"]) {
    const whole = (await execute({ operation_id })).body.data;
    const name = operation_id === "getInvoices"
      ? "invoices"
      : operation_id === "getExpenses"
      ? "expenses"
      : "categories";
    const list = Array.isArray(whole[name]) ? whole[name] : whole[name][name];
    const found = await lines({ operation_id, pages: "all" });
    assertEquals(
      found.filter(({ type }) => type === "item").map(({ item }) => item.id),
      list.map(({ id }: Json) => id),
    );
  }
});

/** The year of the simulator's entries. */
const RANGE = { dateRangeStart: "2026-01-01T00:00:00.000", dateRangeEnd: "2026-12-31T23:59:59.000", timeZone: "UTC" };
const report = (detailedFilter: Json = {}) => ({ ...RANGE, detailedFilter });

Deno.test("a report is read page by page where its filter holds the page, and stops as other lists do", async () => {
  const all = (await execute({ operation_id: "generateDetailedReport", body: report({ pageSize: 200 }) })).body.data;
  const entries = all.timeentries.length;
  assert(entries >= 5 && all.totals.length === 1, `${entries} entries`);
  const body = report({ pageSize: 2, sortColumn: "DATE" });
  const found = await lines({ operation_id: "generateDetailedReport", body, pages: "all" });
  assertEquals(found[0], { type: "start", operation_id: "generateDetailedReport", page: 1, page_size: 2 });
  const items = found.filter(({ type }) => type === "item").map(({ item }) => item._id);
  assertEquals(items.toSorted(), all.timeentries.map(({ _id }: Json) => _id).toSorted());
  assertEquals(found.filter(({ type }) => type === "progress").length, Math.ceil(entries / 2));
  const { pages, items: count, stopped_by, next_page } = found.at(-1)!;
  assertEquals([pages, count, stopped_by, next_page], [Math.ceil(entries / 2), entries, null, null]);

  const first = (await lines({ operation_id: "generateDetailedReport", body, pages: 1 })).at(-1)!;
  assertEquals([first.items, first.stopped_by, first.next_page], [2, "pages", 2]);
  // One page of one row: its sums are no rows.
  const last = await lines({ operation_id: "generateDetailedReport", body: report({ pageSize: 1 }), pages: 1 });
  assertEquals(last.filter(({ type }) => type === "item").map(({ item }) => item._id).length, 1);
  assert(last.find(({ type }) => type === "item")!.item._id);
  const attendance = await lines({
    operation_id: "generateAttendanceReport",
    body: { ...RANGE, attendanceFilter: { pageSize: 1 } },
    pages: "all",
  });
  assert(attendance.filter(({ type }) => type === "item").every(({ item }) => item.userId && item.date));
  assert(attendance.at(-1)!.pages >= 2, JSON.stringify(attendance.at(-1)));
});

Deno.test("a report without pages, and a file, are refused as streams before anything is sent", async () => {
  const before = world.simulator.requests.length;
  for (
    const [operation_id, body, why] of [
      ["generateSummaryReport", { ...RANGE, summaryFilter: { groups: ["PROJECT"] } }, /has no pages/],
      ["generateDetailedReport", { ...report(), exportType: "PDF" }, /exportType PDF: a file has no pages/],
    ] as const
  ) {
    const { status, body: problem } = await execute({ operation_id, body, pages: "all" });
    assertEquals(status, 422, JSON.stringify(problem));
    assertMatch(problem.faults.find(({ path }: Json) => path === "pages").message, why);
  }
  assertEquals(world.simulator.requests.length, before);
});

Deno.test("a page that fails ends the stream with why, and with the page to try again", async () => {
  const { id } = world.simulator.faults.add({ kind: "status", status: 403, path: "*/tags", skip: 1, count: null });
  const found = await lines({ ...SMALL, pages: "all" });
  world.simulator.faults.clear();
  assert(id > 0);
  const error = found.find(({ type }) => type === "error")!;
  assertEquals(error.error.reason, "scope_missing");
  assert(error.error.explanation.length > 20);
  const { stopped_by, next_page, pages } = found.at(-1)!;
  assertEquals([stopped_by, next_page, pages], ["error", 2, 1]);
});

Deno.test("a reader that goes away ends the reading, and gives its place back", async () => {
  // Pages that come later than anything below, on a busy machine too.
  world.simulator.faults.add({ kind: "slow", delayMs: 2_000, path: "*/tags", skip: 1, count: null });
  const response = await fetch(url(), {
    method: "POST",
    headers: { ...admin, "content-type": "application/json", accept: "application/x-ndjson" },
    body: JSON.stringify({ ...SMALL, query_params: { "page-size": 1 }, pages: "all" }),
  });
  assertEquals(response.status, 200);
  const reader = response.body!.getReader();
  await reader.read();
  // One stream of a person at a time.
  assertProblem(await execute({ ...SMALL, pages: 1 }), 429, "RATE_LIMITED");
  await reader.cancel();
  const kept = await eventually(async () => {
    const { calls } = (await get("/ui/api-explorer/history?limit=1")).body;
    const { answer } = (await get(`/ui/api-explorer/history/${calls[0].id}`)).body;
    return answer?.stopped_by === "caller" && answer;
  });
  assertEquals(kept, { type: "end", stopped_by: "caller" });
  world.simulator.faults.clear();
  const again = await eventually(async () => {
    const answer = await execute({ ...SMALL, pages: 1 });
    return answer.status !== 429 && answer;
  });
  assertEquals(again.status, 200, JSON.stringify(again.body));
});

Deno.test("pages are for lists: what writes, or has no pages, is refused with the other faults", async () => {
  for (const operation_id of ["createNewTag", "getLoggedUser"]) {
    const { body, status } = await execute({ operation_id, body: {}, pages: "all" });
    assertEquals(status, 422);
    assert(body.faults.some(({ path }: Json) => path === "pages"), JSON.stringify(body));
  }
  const { body, status } = await ask(url(), {
    headers: { ...admin, "idempotency-key": crypto.randomUUID() },
    body: { ...SMALL, pages: 1 },
  });
  assertEquals(status, 400);
  assertMatch(body.detail, /Idempotency-Key/);
});

/** Projects with notes of 16 kB each, together more than is held of one answer. */
async function largeProjects(): Promise<void> {
  const { simulator, workspaceId, ownerId } = world;
  const apiKey = await simulator.apiKey({ workspaceId, userId: ownerId });
  for (let number = 0; number < 90; number++) {
    const response = await fetch(`${simulator.url}/api/v1/workspaces/${workspaceId}/projects`, {
      method: "POST",
      headers: { "x-api-key": apiKey, "content-type": "application/json" },
      body: JSON.stringify({ name: `Large ${number}`, note: `${"n".repeat(16_000)}"é😀` }),
    });
    assertEquals(response.status, 201, await response.text());
  }
}

Deno.test("an answer larger than is held goes to the caller as it comes, in the usual form, and is cut in the history", async () => {
  await largeProjects();
  const request = { operation_id: "getProjects", query_params: { "page-size": 5_000 } };
  const large = await execute(request);
  assertEquals([large.status, large.body.status, large.body.status_code], [200, "success", 200]);
  assert(large.body.size > 1_200_000, `${large.body.size}`);
  const { note } = large.body.data.find(({ name }: Json) => name === "Large 89");
  assertEquals([note.length, note.endsWith('"é😀')], [16_004, true]);
  assertEquals(
    Object.keys(large.body).toSorted(),
    Object.keys((await execute({ operation_id: "getTags" })).body).toSorted(),
  );
  const kept = (await get(`/ui/api-explorer/history/${large.body.metadata.history_id}`)).body;
  assertEquals([kept.size, kept.answer.truncated], [large.body.size, true]);
  assert(kept.answer.text.length <= 16_000 && kept.answer.text.startsWith("[{"));
  // What is kept for a repeat is held: it says how to ask for less.
  const held = await ask(url(), { headers: { ...admin, "idempotency-key": crypto.randomUUID() }, body: request });
  assertEquals([held.body.status, held.body.error.code], ["error", "UPSTREAM_RESPONSE_TOO_LARGE"]);
  assertMatch(held.body.error.explanation, /fewer rows a page/);
});

const door = (
  path: string,
  options: RequestInit = {},
  profile: "universal_webhook" | "clockify_addon" = "universal_webhook",
) =>
  fetch(`${world.url(profile)}${path}`, {
    ...options,
    headers: { ...admin, "content-type": "application/json", ...options.headers as Record<string, string> },
  });
const posted = (path: string, body: Json) => door(path, { method: "POST", body: JSON.stringify(body) });

Deno.test("/api-call passes large answers on in its own form, by POST and by GET", async () => {
  const whole = (await execute({ operation_id: "getProjects", query_params: { "page-size": 5_000 } })).body;
  const answers = [
    await posted("/api-call", {
      method: "GET",
      endpoint: "/workspaces/{workspaceId}/projects",
      query: { "page-size": 5_000 },
    }),
    await door(`/api-call/workspaces/${world.workspaceId}/projects?page-size=5000`),
  ];
  for (const answer of answers) {
    assertEquals(answer.status, 200);
    const body = await answer.json();
    assertEquals([body.success, body.status_code, body.error_message], [true, 200, null]);
    assertEquals(body.response_body, whole.data);
    assertEquals(Object.keys(body).toSorted(), [
      ...["duration_ms", "error_message", "metadata", "response_body", "status_code", "success", "timestamp"],
    ]);
  }
});

Deno.test("a file comes as it is where that is asked for, to be saved and not shown; within JSON no byte of it is lost", async () => {
  const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  const wanted = (exportType: string) => ({
    operation_id: "generateDetailedReport",
    body: { ...report(), exportType },
  });
  for (
    const [exportType, type, ending] of [["PDF", "application/pdf", "pdf"], ["CSV", "text/csv; charset=utf-8", "csv"], [
      "XLSX",
      XLSX,
      "xlsx",
    ]] as const
  ) {
    for (const path of ["/ui/api-explorer/execute", "/api-call"]) {
      const answer = await posted(path, { ...wanted(exportType), raw: true });
      assertEquals([answer.status, answer.headers.get("content-type")], [200, type], path);
      assertEquals(
        answer.headers.get("content-disposition"),
        `attachment; filename="generateDetailedReport.${ending}"`,
      );
      assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
      assertMatch(answer.headers.get("content-security-policy")!, /sandbox/);
      assertEquals(await answer.text(), "Report detailed");
    }
    const { data } = (await execute(wanted(exportType))).body;
    assertEquals(
      data,
      exportType === "CSV" ? "Report detailed" : {
        contentType: exportType === "PDF" ? "application/pdf" : XLSX,
        base64: btoa("Report detailed"),
      },
    );
  }
  const { calls } = (await get("/ui/api-explorer/history?limit=2")).body;
  const kept = (await get(`/ui/api-explorer/history/${calls[1].id}`)).body;
  assertEquals([kept.size, kept.answer], [15, { contentType: XLSX }]);

  const invoices = (await execute({ operation_id: "getInvoices" })).body.data.invoices;
  const file = await door(`/api-call/workspaces/${world.workspaceId}/invoices/${invoices[0].id}/export?userLocale=en`, {
    headers: { accept: "application/octet-stream" },
  });
  assertEquals([file.status, file.headers.get("content-type")], [200, "application/pdf"], await file.text());
});

Deno.test("what is JSON, refused, or a page of a proxy comes in the usual form, whatever was asked for", async () => {
  const tags = await (await posted("/ui/api-explorer/execute", { operation_id: "getTags", raw: true })).json();
  assertEquals([tags.status, Array.isArray(tags.data)], ["success", true]);
  const refused = await posted("/ui/api-explorer/execute", {
    operation_id: "generateDetailedReport",
    body: { ...report(), dateRangeEnd: "2025-01-01T00:00:00.000", exportType: "PDF" },
    raw: true,
  });
  assertEquals([(await refused.json()).status, refused.headers.get("content-type")], ["error", "application/json"]);
  for (
    const [extra, path] of [[{ pages: 1 }, "raw"], [
      { operation_id: "createNewTag", body: { name: "x" } },
      "raw",
    ]] as const
  ) {
    const { status, body } = await execute({ operation_id: "getTags", raw: true, ...extra });
    assertEquals([status, body.faults.some((one: Json) => one.path === path)], [422, true], JSON.stringify(body));
  }
  const keyed = await ask(url(), {
    headers: { ...admin, "idempotency-key": crypto.randomUUID() },
    body: { operation_id: "getTags", raw: true },
  });
  assertProblem(keyed, 400, "REQUEST_INVALID");
});

Deno.test("a large answer whose reader goes away ends, and gives its place back", async () => {
  for (let count = 0; count < 4; count++) {
    const reader = await eventually(async () => {
      const { status, body } = await fetch(url(), {
        method: "POST",
        headers: { ...admin, "content-type": "application/json" },
        body: JSON.stringify({ operation_id: "getProjects", query_params: { "page-size": 5_000 } }),
      });
      if (status !== 429) return body!.getReader();
      await body!.cancel();
      return undefined;
    });
    await reader.read();
    await reader.cancel();
  }
  // Three calls of a person at once: the fourth above, and this one, found a place.
  await eventually(async () => (await execute({ operation_id: "getTags" })).status === 200);
});
