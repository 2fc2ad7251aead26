/** 320 requests of every add-on's journal, records, guard and undo, made by a seed, by an admin and a member: none fails on our side. */

import { assert, assertEquals } from "@std/assert";
import { PROFILES } from "../../../src/profiles/profiles.ts";
import { seededRandom } from "../../../src/simulator/random.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, type Json } from "../door.ts";

const CALLS = 320;
const SEED = 20_261_130;

let world: World;

worldOfFile(
  { env: { API_RATE_LIMIT_RPS: "100000", RATE_LIMIT_ENABLED: "false", POLL_MINUTES: "0" } },
  (made) => void (world = made),
);

const next = seededRandom(SEED);
const below = (end: number) => Math.floor(next() * end);
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

const BODIES: readonly Json[] = [
  ...[null, [], {}, "x", 1, true, { all: "yes" }, { entity_id: null }, { entity_id: 5 }, { entity_id: "../x" }],
  { all: true, confirm_token: "eyJhbGciOiJub25lIn0.e30." },
  { confirm_token: "x".repeat(199) },
  { run_id: "x" },
  { run_id: "0192f3a1-7f3c-7d22-8f1e-3c6a5b4d2e10", confirm: true },
  { flow_id: "1", from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" },
  { flow_id: 1, from: "x", to: "y" },
  { flow_id: "1", from: "2027-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z", confirm: true },
];
const RANGE = { dateRangeStart: "2026-01-01T00:00:00Z", dateRangeEnd: "2026-11-30T00:00:00Z" };
const FILTERS: readonly Json[] = [null, [], "x", {}, { page: 0, pageSize: 0 }, { page: "x" }, {
  page: -1,
  pageSize: 1e9,
}, {
  pageSize: 1.5,
}];

/** One request: its path, and how it is made. `ids` are those of changes, the other add-ons' among them. */
function requestOf(ids: readonly string[]): [path: string, options: Parameters<typeof ask>[1]] {
  const odd = () =>
    encodeURIComponent(pick([
      ...[
        "",
        "0",
        "-1",
        "1",
        "999999999999999",
        "9999999999999999999",
        "x",
        "1e3",
        "%00",
        "..",
        "null",
        "1 or 1=1",
        "٣",
      ],
      ...ids,
    ]));
  const body = () => JSON.stringify(pick(BODIES));
  const execute = (request: Json): [string, Json] => ["/ui/api-explorer/execute", { body: request }];
  const detailedFilter = pick(FILTERS);
  return pick<() => [string, Json]>([
    () => [`/ui/changes?limit=${odd()}&cursor=${odd()}`, {}],
    () => [`/ui/changes?entity_id=${odd()}&person=${odd()}&undoable=${odd()}&run_id=${odd()}&from=${odd()}`, {}],
    () => [`/ui/changes/${odd()}?current=${pick(["true", "x", "false"])}`, {}],
    () => [`/ui/changes/${odd()}/undo?all=${pick(["true", "x"])}`, {}],
    () => [`/ui/changes/${odd()}/undo`, { body: body() }],
    () => [`/ui/changes/${odd()}/candidates`, {}],
    () => [`/ui/changes/${odd()}/settle`, { body: body() }],
    () => ["/ui/changes/undo", { body: body() }],
    () => [`/ui/undo-jobs/${odd()}`, {}],
    () => [`/ui/undo-jobs/${odd()}/stop`, { method: "POST" }],
    () => [`/ui/calls?limit=${odd()}&cursor=${odd()}&status=${odd()}`, {}],
    () => [`/ui/calls/${odd()}`, {}],
    () => [`/ui/api-explorer/history?limit=${odd()}&cursor=${odd()}`, {}],
    () => [`/ui/api-explorer/history/${odd()}`, {}],
    () => [`/ui/api-explorer/saved/${odd()}`, pick<Json>([{ method: "DELETE" }, { method: "PUT", body: body() }])],
    () => [`/ui/api-explorer/endpoints/${odd()}`, {}],
    () => [`/ui/guard/requests/${odd()}/${pick(["approve", "reject"])}`, { body: body() }],
    () =>
      execute({
        operation_id: "generateDetailedReport",
        pages: pick<Json>(["all", 1, 3]),
        body: pick<Json>([null, { ...RANGE, detailedFilter }]),
      }),
    () =>
      execute({
        operation_id: "generateDetailedReport",
        raw: pick<Json>([true, "x"]),
        body: { ...RANGE, detailedFilter: {}, exportType: pick(["PDF", "EXE", "", "csv"]) },
      }),
    () => [`/api-call/shared-reports/${odd()}?exportType=PDF`, { headers: { accept: "application/octet-stream" } }],
  ])();
}

for (const { key: profile } of PROFILES) {
  Deno.test(`${profile}: ${CALLS} requests by seed ${SEED}`, async () => {
    const { admin, member } = await world.enter(profile);
    const url = (path: string) => `${world.url(profile)}${path}`;
    for (let index = 0; profile !== "api_studio" && index < 4; index++) {
      const request = { operation_id: "createNewTag", body: { name: `${profile} ${index}` } };
      const { body } = await ask(url("/ui/api-explorer/execute"), { headers: admin, body: request });
      const confirmed = { ...request, confirm_token: body.preview.confirm_token };
      assertEquals((await ask(url("/ui/api-explorer/execute"), { headers: admin, body: confirmed })).status, 200);
    }
    const rows = await world.database.db.sql<{ id: number }[]>`select id from change order by id`;
    const wrong: string[] = [];
    const statuses: Record<string, number> = {};
    for (let index = 0; index < CALLS; index++) {
      const [path, options] = requestOf(rows.map(({ id }) => String(id)));
      const headers = { ...(below(4) === 0 ? member : admin), ...options?.headers };
      const { status, body } = await ask(url(path), { ...options, headers });
      statuses[status] = (statuses[status] ?? 0) + 1;
      // Clockify's refusals are answered as such.
      if (status >= 500 && status !== 502) wrong.push(`${index} ${path} ${JSON.stringify(options?.body)}: ${status}`);
      const shown = JSON.stringify(body) ?? "";
      for (const token of [admin, member].map((one) => one["x-addon-token"]!)) assert(!shown.includes(token), path);
    }
    assertEquals(wrong, []);
    assert((statuses[200] ?? 0) > 5 && (statuses[404] ?? 0) > 20, JSON.stringify(statuses));
  });
}

Deno.test("an uninstall in the middle of a stream, a write and an undo ends each with Clockify's answer, and nothing of it goes on", async () => {
  const profile = "clockify_addon";
  const url = (path: string) => `${world.url(profile)}${path}`;
  const headers = await world.viewer(profile);
  const execute = (body: Json) => ask(url("/ui/api-explorer/execute"), { headers, body });
  const request = { operation_id: "createNewTag", body: { name: "in the middle" } };
  const shown = [(await execute(request)).body, (await execute({ ...request, body: { name: "later" } })).body];
  const [made, later] = shown.map(({ preview }) => preview.confirm_token);
  const { body } = await execute({ ...request, confirm_token: made });
  const [installation] = await world.database.db.sql<{ addon_id: string }[]>`
    select addon_id from installation where addon = ${profile} and status = 'active'`;

  world.simulator.faults.add({ kind: "hang", path: "*", count: null });
  const before = world.simulator.requests.length;
  const inProgress = Promise.all([
    execute({ operation_id: "getTags", query_params: { "page-size": 1 }, pages: "all" }),
    execute({ operation_id: "createNewTag", body: { name: "later" }, confirm_token: later }),
    ask(url(`/ui/changes/${body.metadata.change_ids[0]}/undo`), { headers }),
  ]);
  // The list, the write, and the tag that the undo reads first.
  const isUnderWay = (wanted: RegExp) =>
    world.simulator.requests.slice(before).some(({ method, path }) => wanted.test(`${method} ${path}`));
  await eventually(() =>
    Promise.resolve([/^GET .*\/tags$/, /^POST .*\/tags$/, /^GET .*\/tags\/\w+$/].every(isUnderWay))
  );
  assertEquals((await world.simulator.uninstall({ addonId: installation!.addon_id })).status, 200);
  world.simulator.faults.clear();
  const [stream, write, undo] = await inProgress;
  assertEquals([stream.status, write.status], [200, 200]);
  const end = JSON.parse(stream.body.trimEnd().split("\n").at(-1));
  assertEquals([end.type, end.stopped_by], ["end", "error"]);
  assertEquals([write.body.status, write.body.error?.reason], ["error", "credential_invalid"]);
  assert([403, 502].includes(undo.status), `${undo.status}`);
  const after = await execute({ operation_id: "getTags" });
  assertEquals([after.status, after.body.code], [403, "INSTALLATION_UNKNOWN"]);
  const operator = await ask(url(`/ui/changes?workspace_id=${world.workspaceId}`), {
    headers: { "x-api-key": OPERATOR_KEY },
  });
  assert(operator.status >= 400, `${operator.status}`);
});
