/**
 * Row 18: flows that do all they may and more in one workspace (tests/support/poison_flows.ts), and a loop over 10,000 items,
 * each beside the events of ten others, from the committed delivery to the first call, on PostgreSQL.
 */

import { openPostgres } from "../../src/db/postgres.ts";
import { POISON_BODY, poisons, savePoisons } from "../support/poison_flows.ts";
import { installationOf, joinedBy, putOffBackground } from "./fairness_rows.ts";
import type { Platform } from "./platform.ts";
import { quantile } from "./quantile.ts";
import { ms, type RowResult, times } from "./report.ts";
import { EVENT_TYPE, WEBHOOK_PATH } from "./requests.ts";
import { createScope, type Place, type Program, saveFlow, startProgram } from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

const NEIGHBOURS = 10;
/** Deliveries of all neighbours together. */
const RATE = 50;
const ITEMS_NAME = "a loop over 10,000 items that completes";
/** The loop first: most memory by then is its own. */
const NAMES = [ITEMS_NAME, ...poisons({ child: 1, self: 2 }).map(({ name }) => name)];

interface Scene {
  program: Program;
  neighbours: Platform[];
  seconds: number;
}

interface Beside {
  name: string;
  quiet: number[];
  beside: number[];
  /** How its runs ended meanwhile, and what the first of them took. */
  ends: { state: string; error_code: string | null; error_message: string | null; ms: number }[];
  asStated: boolean;
  /** Most memory of the program by then, in bytes. */
  peak: number;
}

export async function besidePoison(place: Server, seconds: number): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const program = await startProgram(place, scope);
    const neighbours: Platform[] = [];
    for (let number = 0; number < NEIGHBOURS; number++) neighbours.push(await joinedBy(program, 1_800 + number));
    for (const platform of neighbours) await saveFlow({ ...program, platform });
    const installationIds = [];
    for (const platform of neighbours) installationIds.push(await installationOf({ ...program, platform }));
    await program.child.call({ note: true, installationIds });
    const poisoned: Platform[] = [];
    for (const [index] of NAMES.entries()) poisoned.push(await joinedBy(program, 1_900 + index));
    await putOffBackground(program);
    const scene: Scene = { program, neighbours, seconds: Math.max(5, 2 * seconds) };
    await pickUps(scene, () => false, 2);
    const all: Beside[] = [];
    for (const [index, name] of NAMES.entries()) all.push(await besideOne(scene, poisoned[index]!, name));
    return [resultOf(all)];
  } finally {
    await scope.stop();
  }
}

/** Its events come one after another, each when the run before is over, for as long as the others are measured. */
async function besideOne(scene: Scene, platform: Platform, name: string): Promise<Beside> {
  const { program } = scene;
  const ask = api(program, platform);
  const event = EVENT_TYPE;
  const stated = await savePoisons(ask, { event, only: name });
  const loop = {
    kind: "loop",
    id: "each",
    over: "$.webhook.all",
    max_items: 10_000,
    actions: [{ id: "double", type: "transform", output: "{{ multiply(loop.item, 2) }}" }],
  };
  const flowId = stated[0]?.flowId ??
    Number((await ask("POST", "/ui/flows", { name, trigger_event_types: [event], actions: [loop] })).id);
  const quiet = await pickUps(scene, () => false);
  const db = openPostgres({ url: program.databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
  let over = false;
  let sent = 0;
  const runs = () =>
    db.sql<Beside["ends"]>`
      select state, error_code, error_message, extract(epoch from finished_at - created_at)::float8 * 1000 as ms from run
      where flow_id = ${flowId} and parent_run_id is null and finished_at is not null order by created_at`;
  const sending = (async () => {
    while (!over) {
      await deliver(program.port, platform, POISON_BODY);
      sent++;
      while ((await runs()).length < sent) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  // As long as the first run goes on, and no shorter than the quiet value was measured.
  const beside = await pickUps(scene, async () => (await runs()).length === 0);
  over = true;
  await sending;
  const ends = [...await runs()];
  await ask("DELETE", `/ui/flows/${flowId}`);
  await db.stop();
  const asStated = ends.every(({ state, error_code, error_message }) =>
    stated[0]
      ? state === "failed" && error_code === stated[0].code && stated[0].words.test(error_message ?? "")
      : state === "completed"
  );
  return { name, quiet, beside, ends, asStated, peak: await peakBytes(program) };
}

function resultOf(all: readonly Beside[]): RowResult {
  const p = (list: number[]) => ({ p50: ms(quantile(list, 0.5)), p99: ms(quantile(list, 0.99)) });
  const ratioOf = ({ quiet, beside }: Beside) => quantile(beside, 0.99) / quantile(quiet, 0.99);
  return {
    row: 18,
    title: `${NEIGHBOURS} other workspaces beside flows that do all they may, and more`,
    figures: all.flatMap((one) => [
      { what: `quiet before ${one.name}`, values: p(one.quiet) },
      {
        what: `beside ${one.name}`,
        values: {
          ...p(one.beside),
          ratio: times(ratioOf(one)),
          took: ms(one.ends[0]?.ms ?? 0),
          runs: String(one.ends.length),
          ends: one.ends[0]?.error_code ?? one.ends[0]?.state ?? "none",
          peak: `${Math.round(one.peak / 1e6)} MB`,
        },
      },
    ]),
    bars: all.flatMap((one) => [
      {
        bar: `p99 beside ${one.name} at most twice the quiet one`,
        value: times(ratioOf(one)),
        met: ratioOf(one) <= 2,
      },
      { bar: `${one.name}: every run ends as stated`, value: String(one.ends.length), met: one.asStated },
    ]),
    notes: [`${RATE} deliveries a second of ${NEIGHBOURS} workspaces together, committed to first call`],
  };
}

/** Ascending milliseconds from commit to first call of deliveries of all neighbours, for the scene's seconds and while `more` says so. */
async function pickUps(
  { program, neighbours, seconds: given }: Scene,
  more: () => boolean | Promise<boolean>,
  seconds = given,
): Promise<number[]> {
  const began = performance.now();
  const open: Promise<void>[] = [];
  let goOn = true;
  const asking = (async () => {
    while (goOn && (performance.now() - began < seconds * 1_000 || await more())) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    goOn = false;
  })();
  for (let sent = 0; goOn; sent++) {
    const waitMs = began + sent * 1_000 / RATE - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    open.push(deliver(program.port, neighbours[sent % neighbours.length]!));
  }
  await Promise.all([...open, asking]);
  const { ms: taken }: { ms: number[] } = await program.child.call({ pickUps: open.length });
  return taken.sort((a, b) => a - b);
}

async function deliver(port: number, { webhookToken, workspaceId }: Platform, body: object = {}): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${WEBHOOK_PATH}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "clockify-signature": webhookToken,
      "clockify-webhook-event-type": EVENT_TYPE,
    },
    body: JSON.stringify({ id: crypto.randomUUID().replaceAll("-", "").slice(0, 24), workspaceId, ...body }),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`a delivery was answered with ${answer.status} ${text}`);
}

function api({ port }: Program, { personToken }: Platform) {
  return async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { "x-addon-token": personToken, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
}

async function peakBytes({ child }: Program): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${child.ready.pid}/status`);
  return 1_024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1]);
}
