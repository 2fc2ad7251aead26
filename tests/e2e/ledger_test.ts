/**
 * A model test: random deliveries, saves, reinstalls and kills against a ledger of what must have happened. LEDGER_SEEDS
 * (numbers with commas) names other seeds; the commands of a seed are always the same, their meeting is not.
 */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import type { Query } from "../../src/db/db.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { ask, type Json } from "../http/door.ts";
import { openDoor } from "../support/crash_world.ts";
import { migratedOnServer, SERVER_URL } from "../support/database.ts";
import {
  type Absence,
  type Applied,
  checkDeliveries,
  checkEffects,
  checkRuns,
  type Ledger,
  readFacts,
  type Sent,
} from "../support/ledger.ts";
import { type Command, COMMANDS, commandsOf, ENTITIES } from "../support/ledger_commands.ts";
import { endsWithin, makeDataDir, type Program, startProgram } from "../support/program.ts";
import { EFFECT, EVENT } from "../support/signed_events.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { eventually, OPERATOR_KEY, worldEnv } from "../support/world.ts";

const SEEDS = (Deno.env.get("LEDGER_SEEDS") ?? "8,12").split(",").map(Number);
/** The embedded database serves one process, and each start of it takes seconds. */
const INSTANCES = SERVER_URL ? 2 : 1;
const KILLS = SERVER_URL ? 3 : 2;
/** Events that had their effect, beside the last one of each entity, which surely has it. */
const LEAST_DONE = 3;
const PROFILE = "universal_webhook";
/** Paths of the flow's actions in a run. */
const STEPS = ["root/create", "root/write"] as const;

for (const seed of SEEDS) {
  Deno.test(`seed ${seed}: ${COMMANDS} random commands leave what the ledger says`, async () => {
    const commands = commandsOf(seed);
    try {
      await runCommands(commands);
    } catch (error) {
      const replay = `LEDGER_SEEDS=${seed} replays: ${commands.map((one) => JSON.stringify(one)).join("\n")}`;
      throw new Error(`${(error as Error).message}\n${replay}`, { cause: error });
    }
  });
}

function flowOf(word: string) {
  const description = `{{ concat('${word} ', $.webhook.mark, ' ', $.webhook.id) }}`;
  const times = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z" };
  const [create, write] = STEPS.map((path) => path.slice("root/".length));
  return {
    actions: [
      // Clockify makes a new entry at each of these: a repeat is seen.
      { id: create, operation_id: "createTimeEntry", body: { ...times, description } },
      { id: write, operation_id: "updateTimeEntry", path_params: { id: "$.webhook.id" }, body: { description } },
    ],
  };
}

async function runCommands(commands: Command[]) {
  const simulator = await startTestSimulator({ ratePerSecond: 100_000 });
  const database = await migratedOnServer();
  const folder = await makeDataDir();
  const env = {
    ...worldEnv(simulator),
    PROFILES: PROFILE,
    DATA_DIR: folder.path,
    ...(database && { DATABASE_URL: database.url }),
    // As in the other crash tests: short for the next owner, and longer than a stall of a busy machine.
    JOB_LEASE_SECONDS: "3",
    UW_BOOTSTRAP_ON_STARTUP: "false",
    POLL_MINUTES: "0",
    RATE_LIMIT_ENABLED: "false",
    API_RATE_LIMIT_RPS: "10000",
    WEBHOOK_RATE_LIMIT_RPS: "10000",
    MAX_RUNS_PER_MINUTE: "60000",
  };
  const world = await startScene(simulator, env);
  try {
    for (const one of commands) await world.begin(one);
    await world.settle();
    await world.stop();
    if (database) return await check(world, database.db.sql);
    const embedded = await openEmbedded({ dataDir: folder.path });
    await check(world, embedded.sql).finally(() => embedded.stop());
  } finally {
    await world.stop();
    await simulator.stop();
    await database?.stop();
    await folder.remove();
  }
}

type Scene = Awaited<ReturnType<typeof startScene>>;

async function startScene(simulator: Simulator, env: Record<string, string>) {
  const [workspace] = await simulator.workspaces();
  const workspaceId = workspace!.id;
  const ledger: Ledger = { sent: [], absences: [], words: [], killsMs: [] };
  const programs: (Program | undefined)[] = await Promise.all(
    Array.from({ length: INSTANCES }, () => startProgram(env)),
  );
  const portOf = (which: number) => {
    const living = programs[which % INSTANCES] ?? programs.find((one) => one !== undefined);
    return living?.ports[PROFILE] ?? 1;
  };
  const door = openDoor(() => portOf(0));
  const base = (which = 0) => `http://127.0.0.1:${portOf(which)}`;
  const headers = { "x-api-key": OPERATOR_KEY };
  // What the flow's own writes make Clockify send is of no interest here.
  await simulator.configureDeliveries({ maxAttempts: 1 });
  await simulator.addFault({ kind: "slow", delayMs: 25, count: null, ...EFFECT });
  const entityIds = await makeEntities(simulator, workspaceId);
  const before = await entriesOf(simulator, workspaceId);

  let installed = await simulator.install({ manifestUrl: `${door.url}/manifest`, workspaceId });
  let words = 0;
  const nextWord = () => `word${++words}.`;
  const flowUrl = (id = "") => `${base()}/ui/flows${id && `/${id}`}?workspace_id=${workspaceId}`;
  const definition = { name: "Flow", trigger_event_types: [EVENT] };
  const first = { fromMs: Date.now(), toMs: Infinity, word: nextWord() };
  const flow = await ask(flowUrl(), { headers, body: { ...definition, ...flowOf(first.word) } });
  assertEquals(flow.status, 201, JSON.stringify(flow.body));
  ledger.words.push(first);

  /** What goes on, by what must not meet itself: one entity, the flow and the installation, the kills. */
  const chains = new Map<string, Promise<void>>();
  let failure: unknown;
  const chain = (name: string, work: () => Promise<unknown>) => {
    const mine = (chains.get(name) ?? Promise.resolve()).then(work).then(() => {}, (error) => {
      failure ??= error;
    });
    chains.set(name, mine);
    return mine;
  };
  const meet = async () => {
    await Promise.all(chains.values());
    if (failure) throw failure;
  };

  async function deliver({ entity, mark, to }: { entity: number; mark: number; to: number }) {
    const entityId = entityIds[entity]!;
    const body = JSON.stringify({ id: entityId, workspaceId, mark: `mark${mark}` });
    const sent: Sent = { fromMs: Date.now(), toMs: 0, entityId, body, status: 0, duplicate: false, lost: 0 };
    await eventually(async () => {
      const { path, authToken } = installed.webhooks.find((webhook) => webhook.event === EVENT)!;
      const signed = { "clockify-signature": authToken, "clockify-webhook-event-type": EVENT };
      // As Clockify does: again until it is answered, and whoever is alive answers.
      const answer = await ask(base(to) + path, { headers: signed, body }).catch(() => undefined);
      if (!answer || answer.status >= 500) {
        sent.lost++;
        return false;
      }
      sent.status = answer.status;
      if (answer.status === 200) {
        Object.assign(sent, { eventId: answer.body.webhookId, duplicate: !!answer.body.duplicate });
      } else assert([401, 403, 404].includes(answer.status), JSON.stringify(answer.body));
      return true;
    });
    sent.toMs = Date.now();
    ledger.sent.push(sent);
  }

  /** Until it is answered, since an answer may be lost in a kill. */
  async function save(change: Json) {
    await eventually(async () => {
      const answer = await ask(flowUrl(flow.body.id), { method: "PUT", headers, body: change }).catch(() => undefined);
      if (!answer || answer.status >= 500) return false;
      assertEquals(answer.status, 200, JSON.stringify(answer.body));
      return true;
    });
  }

  async function reword() {
    const word = { fromMs: Date.now(), toMs: Infinity, word: nextWord() };
    await save(flowOf(word.word));
    ledger.words.at(-1)!.toMs = Date.now();
    ledger.words.push(word);
  }

  async function repeatLifecycle(addonId: string, type: "INSTALLED" | "DELETED", status: number | null) {
    if (status === 200) return;
    await eventually(async () => (await simulator.sendLifecycle({ addonId, type })).status === 200);
  }

  let absence: { one: Absence; left: number; end(): Promise<void> } | undefined;
  function leave(kind: Absence["kind"], length: number) {
    const one: Absence = { kind, fromMs: 0, toMs: Infinity, certain: { fromMs: Infinity, toMs: 0 } };
    const end = async () => {
      one.certain.toMs = Date.now();
      if (kind === "off") await save({ enabled: true });
      else {
        await eventually(async () => {
          const again = await simulator.install({ manifestUrl: `${door.url}/manifest`, workspaceId }).catch(() =>
            undefined
          );
          if (!again) return false;
          installed = again;
          await repeatLifecycle(again.addonId, "INSTALLED", again.lifecycle.status);
          return true;
        });
      }
      one.toMs = Date.now();
    };
    absence = { one, left: length, end };
    void chain("control", async () => {
      const { addonId, authToken } = installed;
      one.fromMs = Date.now();
      ledger.absences.push(one);
      if (kind === "off") await save({ enabled: false });
      else {
        one.token = authToken;
        await repeatLifecycle(addonId, "DELETED", (await simulator.uninstall({ addonId })).status);
      }
      one.certain.fromMs = Date.now();
    });
  }
  /** What is begun afterwards surely meets a flow that is on: else a random half of it would not. */
  async function comeBack() {
    if (!absence) return;
    void chain("control", absence.end);
    absence = undefined;
    await chains.get("control");
  }

  let kills = 0;
  let newest: Promise<void> = Promise.resolve();
  async function kill(which: number, moment: "now" | "at answer" | "at call") {
    if (moment === "at answer") await newest;
    if (moment === "at call") {
      const seen = simulator.requests.length;
      // No call may be on its way at all.
      for (let look = 0; look < 40 && simulator.requests.length === seen; look++) await systemClock.sleep(5);
    }
    const program = programs[which]!;
    ledger.killsMs.push(Date.now());
    programs[which] = undefined;
    program.kill("SIGKILL");
    await program.ended;
    programs[which] = await startProgram(env);
  }

  async function begin(one: Command) {
    if (absence && absence.left-- <= 0) await comeBack();
    switch (one.kind) {
      case "deliver":
        for (const each of one.events) newest = chain(`entity ${each.entity}`, () => deliver(each));
        break;
      case "rename":
        if (absence?.one.kind !== "uninstalled") {
          void chain("control", () => save({ name: `Flow ${crypto.randomUUID()}` }));
        }
        break;
      case "reword":
        if (absence?.one.kind !== "uninstalled") void chain("control", reword);
        break;
      case "off":
      case "uninstalled":
        if (!absence) leave(one.kind, one.length);
        break;
      case "kill":
        if (kills++ < KILLS) void chain("kill", () => kill(one.which % INSTANCES, one.moment));
        break;
      case "meet":
        await meet();
    }
  }

  const count = async (path: string, list: string) => {
    const answer = await ask(`${base()}/ui/${path}&workspace_id=${workspaceId}`, { headers });
    assertEquals(answer.status, 200, JSON.stringify(answer.body));
    return answer.body[list].length;
  };
  let stopping: Promise<void> | undefined;
  return {
    ledger,
    simulator,
    workspaceId,
    before,
    begin,
    /** Everything is back, answered, and in a final state. */
    settle: async () => {
      await comeBack();
      await meet();
      // One sure success of each entity, whatever the commands were.
      for (const entity of entityIds.keys()) {
        void chain(`entity ${entity}`, () => deliver({ entity, mark: 9, to: entity % INSTANCES }));
      }
      await meet();
      await eventually(async () => {
        if (await count("webhooks?outcome=waiting", "webhooks") > 0) return false;
        for (const state of ["pending", "running", "waiting"]) {
          if (await count(`runs?state=${state}`, "runs") > 0) return false;
        }
        // What an uninstall or a reinstall left to be cleaned up is cleaned up.
        const metrics = await ask(`${base()}/metrics`);
        return !/^queue_jobs\{[^}]*kind="cleanup",state="(?!discarded|cancelled)\w+"\} [1-9]/m.test(
          metrics.body as unknown as string,
        );
      });
    },
    stop: () =>
      stopping ??= (async () => {
        await Promise.all(chains.values());
        for (const program of programs) program?.kill("SIGTERM");
        for (const program of programs) if (program) await endsWithin(program, 10_000);
        await door.stop();
      })(),
  };
}

/** Finished entries with a project, tags and custom fields, as a full replace would lose them. */
async function makeEntities(simulator: Simulator, workspaceId: string): Promise<string[]> {
  const rich = (await entriesOf(simulator, workspaceId)).find((one) => one.projectId && one.tagIds.length > 0)!;
  const { billable, projectId, taskId, tagIds, timeInterval: { start, end } } = rich;
  const body = { billable, projectId, taskId, tagIds, start, end, description: "as a person wrote it" };
  const made = Array.from(
    { length: ENTITIES },
    () => simulator.change({ workspaceId, method: "POST", path: "/time-entries", body }),
  );
  return (await Promise.all(made)).map((one) => (one as Json).id);
}

/** Every time entry of the workspace, as Clockify has it. */
async function entriesOf(simulator: Simulator, workspaceId: string): Promise<Json[]> {
  const [workspace] = await simulator.workspaces();
  const all: Json[] = [];
  for (const { id } of workspace!.users) {
    for (let page = 1;; page++) {
      const path = `/user/${id}/time-entries?page=${page}&page-size=1000`;
      const list = await simulator.change({ workspaceId, method: "GET", path }) as Json[];
      all.push(...list);
      if (list.length < 1000) break;
    }
  }
  return all;
}

async function check({ ledger, simulator, workspaceId, before }: Scene, sql: Query) {
  const facts = await readFacts(sql, EVENT);
  checkDeliveries(ledger, facts);
  checkRuns(ledger, facts);
  const requests = simulator.requests.filter(({ path }) => path.includes("/time-entries"));
  const applied = checkEffects(ledger, facts, { requests, steps: STEPS });
  const done = facts.runs.filter(({ state }) => state === "completed").length;
  assert(done >= ENTITIES + LEAST_DONE, `only ${done} of ${facts.events.length} events had their effect`);
  assertEntries(before, await entriesOf(simulator, workspaceId), { applied, ledger, runs: facts.runs });
}

/** Untouched, or other in its description alone, which is one that a run of its own event wrote; and each create made one entry. */
function assertEntries(
  before: Json[],
  after: Json[],
  { applied, ledger, runs }: {
    applied: Applied;
    ledger: Ledger;
    runs: { id: string; event_id: string; state: string }[];
  },
) {
  const entityOf = new Map(ledger.sent.map(({ eventId, entityId }) => [eventId, entityId]));
  const written = new Map<string, Set<string>>();
  const made: string[] = [];
  const descriptionsOf = (key: string) => (applied.get(key) ?? []).map((body) => String(JSON.parse(body).description));
  for (const run of runs) {
    const [creates, writes] = STEPS.map((step) => descriptionsOf(`${run.id}/${step}`));
    made.push(...creates!);
    const entityId = entityOf.get(run.event_id);
    if (entityId === undefined) continue;
    for (const text of [...creates!, ...writes!]) {
      assert(text.endsWith(entityId), `${text}: of event ${run.event_id}`);
    }
    written.set(entityId, new Set([...written.get(entityId) ?? [], ...writes!]));
  }
  for (const run of runs.filter(({ state }) => state === "completed")) {
    const [text] = descriptionsOf(`${run.id}/${STEPS[0]}`);
    const values = written.get(entityOf.get(run.event_id)!);
    // Nothing is written where the entity had the value already.
    if (values) assert(values.has(text!), `run ${run.id} completed and "${text}" was never written`);
  }
  const now = new Map(after.map((one) => [one.id, one]));
  for (const entry of before) {
    const { description, ...rest } = now.get(entry.id) ?? {};
    const { description: old, ...expected } = entry;
    assertEquals(rest, expected);
    const values = written.get(entry.id);
    assert(values?.size ? values.has(description) : description === old, `${entry.id} has "${description}"`);
    now.delete(entry.id);
  }
  assertEquals([...now.values()].map(({ description }) => description).toSorted(), made.toSorted());
}
