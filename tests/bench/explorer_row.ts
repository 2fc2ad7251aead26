/** Row 19: another workspace's events beside people who call Clockify by hand, and steps that call it, each call with its record, on PostgreSQL. */

import { openPostgres } from "../../src/db/postgres.ts";
import { installationOf, joinedBy, putOffBackground, type Scene, sendQuietly } from "./fairness_rows.ts";
import type { Platform } from "./platform.ts";
import { quantile } from "./quantile.ts";
import { ms, perSecond, type RowResult, times } from "./report.ts";
import { EVENT_TYPE } from "./requests.ts";
import { createScope, type Place, saveFlow, type Scope, startLoad, startProgram } from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

/** Of one person: two calls of some 2 MB each, which are passed on, and one stream of pages. */
const LARGE_ROWS = 5_000;
const PAGES = 20;
const PAGE_ROWS = 200;
const RATE = 50;

/** Of steps: half of the budget of calls that the workspace has. */
const STEPS_RATE = 25;

/** With Clockify's budget of 50 calls a second and workspace, as it is, and without one. */
export async function besideExplorer(place: Server, seconds: number): Promise<RowResult[]> {
  return [await row(place, { seconds, isLimited: true }), await row(place, { seconds, isLimited: false })];
}

async function row(
  place: Server,
  { seconds, isLimited }: { seconds: number; isLimited: boolean },
): Promise<RowResult> {
  const scope = createScope();
  try {
    const clockify = serveTags(scope);
    const program = await startProgram(place, scope, "all", {
      clockify,
      env: { API_RATE_LIMIT_RPS: "100000", RATE_LIMIT_ENABLED: String(isLimited), POLL_MINUTES: "0" },
    });
    await saveFlow(program);
    await program.child.call({ note: true, installationId: await installationOf(program) });
    const loads: Scene["loads"] = [await startLoad(scope), await startLoad(scope)];
    const scene: Scene = { program, loads, seconds: Math.max(6, 2 * seconds) };
    const [other, steps] = [await joinedBy(program, 19), await joinedBy(program, 20)];
    await putOffBackground(program);
    await sendQuietly(scene, 2);
    const quiet = await sendQuietly(scene);
    const calling = new AbortController();
    const made = [callLarge, callLarge, readPages].map((call) =>
      repeat(() => call(program.port, other), calling.signal)
    );
    const beside = await sendQuietly(scene);
    calling.abort();
    const calls = (await Promise.all(made)).map((count) => count / scene.seconds);

    await saveStep(program.port, steps);
    const requests = STEPS_RATE * scene.seconds;
    await loads[1].send(program.port, steps, { connections: 16, ratePerSecond: STEPS_RATE, requests });
    const taken = await stepsOf(program.databaseUrl!, await installationOf({ ...program, platform: steps }), requests);
    const ratio = quantile(beside, 0.99) / quantile(quiet, 0.99);
    const p = (list: number[]) => ({ p50: ms(quantile(list, 0.5)), p99: ms(quantile(list, 0.99)) });
    return {
      row: 19,
      title: `Another workspace beside calls by hand, and steps that call Clockify, ${
        isLimited ? "within its budget" : "without a budget"
      }`,
      figures: [
        { what: "another workspace, quiet", values: p(quiet) },
        {
          what: "beside two readers of 2 MB each and a stream of pages",
          values: { ...p(beside), "to quiet": times(ratio) },
        },
        {
          what: "made meanwhile",
          values: { large: perSecond(calls[0]! + calls[1]!), streams: `${calls[2]!.toFixed(1)}/s` },
        },
        {
          what: "a step that reads Clockify, its call recorded",
          values: { p50: ms(quantile(taken, 0.5)), p95: ms(quantile(taken, 0.95)) },
        },
      ],
      // Without one it is how far a person could go: it informs.
      bars: isLimited
        ? [{ bar: "p99 of another at most twice the quiet one", value: times(ratio), met: ratio <= 2 }]
        : [],
      notes: [
        `${RATE} deliveries a second, committed to first call; Clockify answers from memory; ${taken.length} steps, ` +
        "from the start of each to its end, as its journal has it",
      ],
    };
  } finally {
    await scope.stop();
  }
}

/** Clockify as far as it is asked: lists of tags of any size. */
function serveTags(scope: Scope): string {
  const row = (index: number) => ({
    id: String(index).padStart(24, "0"),
    name: `Tag ${index} ${"n".repeat(340)}`,
    workspaceId: "68ef1a6c58f93c5e752fa3db",
    archived: false,
  });
  const lists = new Map<number, string>();
  const listOf = (size: number) => {
    const known = lists.get(size) ?? JSON.stringify(Array.from({ length: size }, (_, index) => row(index)));
    lists.set(size, known);
    return known;
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const isList = pathname.endsWith("/tags");
    const page = Number(searchParams.get("page") ?? 1);
    return new Response(isList ? listOf(Math.min(LARGE_ROWS, Number(searchParams.get("page-size") ?? 50))) : "{}", {
      status: isList ? 200 : 404,
      // Pages differ by their header alone: the bytes are what costs.
      headers: { "content-type": "application/json", "last-page": String(page >= PAGES) },
    });
  });
  scope.onStop(() => server.shutdown());
  return `http://127.0.0.1:${server.addr.port}`;
}

async function repeat(call: () => Promise<unknown>, signal: AbortSignal): Promise<number> {
  for (let count = 0;; count++) {
    if (signal.aborted) return count;
    await call();
  }
}

async function execute(port: number, { personToken }: Platform, body: unknown): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/ui/api-explorer/execute`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-addon-token": personToken },
    body: JSON.stringify(body),
  });
  const { byteLength } = await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`the call was answered with ${answer.status}`);
  return byteLength;
}

const callLarge = async (port: number, platform: Platform) => {
  const bytes = await execute(port, platform, {
    operation_id: "getTags",
    query_params: { "page-size": LARGE_ROWS },
  });
  if (bytes < 1_500_000) throw new Error(`the answer had ${bytes} bytes`);
};
const readPages = (port: number, platform: Platform) =>
  execute(port, platform, { operation_id: "getTags", query_params: { "page-size": PAGE_ROWS }, pages: PAGES });

async function saveStep(port: number, { personToken }: Platform): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/ui/flows`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-addon-token": personToken },
    body: JSON.stringify({
      name: "reads",
      enabled: true,
      trigger_event_types: [EVENT_TYPE],
      actions: [{ id: "read", operation_id: "getTags", query_params: { "page-size": 5 } }],
    }),
  });
  if (answer.status !== 201) throw new Error(`the flow was answered with ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
}

/** Ascending milliseconds of each step of the installation, once `count` of them ended. */
async function stepsOf(databaseUrl: string, installationId: number, count: number): Promise<number[]> {
  const db = openPostgres({ url: databaseUrl, poolSize: 1, applicationName: "timewire-bench" });
  try {
    for (;;) {
      const rows = await db.sql<{ ms: number }[]>`
        select (extract(epoch from finished_at - started_at) * 1000)::float8 as ms from step
        where installation_id = ${installationId} and state = 'completed' and action = 'clockify'`;
      if (rows.length >= count) return rows.map(({ ms }) => ms).sort((a, b) => a - b);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await db.stop();
  }
}
