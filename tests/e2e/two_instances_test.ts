/** Several instances on one PostgreSQL database: they share the work, agree on repeats, and go on with what a killed one held. */

import { assert, assertEquals } from "@std/assert";
import { listMigrations } from "../../src/db/migrate.ts";
import type { TestDatabase } from "../support/database.ts";
import { ownTimeMs } from "../support/own_time.ts";
import type { Program } from "../support/program.ts";
import { testOnServer } from "../support/server_scene.ts";
import { EFFECT, effects, installFlow, newIds, statusOf } from "../support/signed_events.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";

function portOf(program: Program): number {
  return program.ports.universal_webhook!;
}

async function runsFinishedBy(program: Program): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${portOf(program)}/metrics`)).text();
  return Number(/^flows_executed_total(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? 0);
}

async function count(database: TestDatabase, table: "event" | "run"): Promise<number> {
  const { sql } = database.db;
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from ${sql(table)} ${
    table === "event" ? sql`where event_type = 'TIMER_STOPPED'` : sql``
  }`;
  return row!.count;
}

testOnServer("two instances share the runs of events that one of them took, each run once", async (scene) => {
  const { simulator, database, start } = scene;
  // Few slots and slow calls: one instance cannot take all before the other wakes.
  const [first, second] = await Promise.all([1, 2].map(() => start({ WORKER_CONCURRENCY: "2" })));
  const events = await installFlow(simulator, portOf(first!));
  await simulator.addFault({ kind: "slow", delayMs: 50, count: null, ...EFFECT });
  const ids = newIds(40);
  const statuses = await Promise.all(ids.map((id) => statusOf(events.send(portOf(first!), id))));
  assertEquals(new Set(statuses), new Set([200]));
  await eventually(async () => await runsFinishedBy(first!) + await runsFinishedBy(second!) === ids.length);
  assert(await runsFinishedBy(first!) > 0, "the first did some");
  assert(await runsFinishedBy(second!) > 0, "the second did some");
  assertEquals(await count(database, "run"), ids.length);
  for (const id of ids) assertEquals(effects(simulator).get(id)?.keys.length, 1, "one call each");
});

testOnServer("one delivery sent 1,000 times, 100 in parallel, to two instances: one event, one run", async (scene) => {
  const { simulator, database, start } = scene;
  const programs = await Promise.all([start(), start()]);
  const events = await installFlow(simulator, portOf(programs[0]));
  const [id] = newIds(1);
  const answers: { duplicate?: boolean; webhookId: string }[] = [];
  const sender = async (index: number) => {
    for (let i = 0; i < 10; i++) {
      const response = await events.send(portOf(programs[(index + i) % 2]!), id!);
      assertEquals(response.status, 200);
      answers.push(await response.json());
    }
  };
  await Promise.all(Array.from({ length: 100 }, (_, index) => sender(index)));
  assertEquals(answers.length, 1_000);
  assertEquals(answers.filter(({ duplicate }) => duplicate === true).length, 999);
  assertEquals(new Set(answers.map(({ webhookId }) => webhookId)).size, 1, "all name the one event");
  await eventually(() => Promise.resolve(effects(simulator).get(id!)?.done));
  await eventually(async () => await runsFinishedBy(programs[0]) + await runsFinishedBy(programs[1]) === 1);
  assertEquals(await count(database, "event"), 1);
  assertEquals(await count(database, "run"), 1);
  assertEquals(effects(simulator).get(id!)!.keys.length, 1);
});

testOnServer("kill -9 of one: its runs go on at the other within 35 s at the default lease of 25 s", async (scene) => {
  const { simulator, database, start } = scene;
  const [killed, survivor] = await Promise.all([1, 2].map(() => start({ WORKER_CONCURRENCY: "4" })));
  const events = await installFlow(simulator, portOf(survivor!));
  await simulator.addFault({ kind: "hang", count: null, ...EFFECT });
  const ids: string[] = [];
  const claimsOf = async (program: Program) => {
    const rows = await database.db.sql`
      select id from job where kind = 'run' and leased_by like ${`%:${program.pid}:%`} and state = 'executing'`;
    return rows.length;
  };
  // Calls hang and slots are few: when one instance is full the other takes the next.
  do {
    const [id] = newIds(1);
    ids.push(id!);
    assertEquals(await statusOf(events.send(portOf(survivor!), id!)), 200);
    await eventually(() => Promise.resolve(effects(simulator).has(id!)));
  } while (await claimsOf(killed!) === 0 || await claimsOf(survivor!) === 0);
  const claims = await claimsOf(killed!);

  killed!.kill("SIGKILL");
  const tookMs = await ownTimeMs(async () => {
    await killed!.ended;
    await simulator.clearFaults();
    await eventually(async () => {
      const [row] = await database.db.sql<{ open: number }[]>`
        select count(*)::int as open from run where state <> 'completed'`;
      return row!.open === 0;
    });
  });
  assert(tookMs < 35_000, `the runs ended after ${tookMs} ms`);
  assertEquals(await runsFinishedBy(survivor!), ids.length);
  const made = [...effects(simulator).values()];
  assertEquals(made.length, ids.length);
  assert(made.every(({ done }) => done), "every event had its effect");
  assertEquals(
    made.filter(({ keys }) => keys.length === 2).length,
    claims,
    "only calls of the killed one repeat",
  );
  for (const { keys } of made) assertEquals(new Set(keys).size, 1, "a repeat carries the same Idempotency-Key");
});

testOnServer("three instances that start at once on an empty database converge", async ({ database, start }) => {
  const programs = await Promise.all([start(), start(), start()]);
  for (const program of programs) {
    const response = await fetch(`http://127.0.0.1:${portOf(program)}/ready`);
    assertEquals(response.status, 200, await response.text());
  }
  const rows = await database.db.sql<{ number: number }[]>`select number from timewire_migration order by number`;
  assertEquals(rows.map(({ number }) => number), (await listMigrations()).map(({ number }) => number));
});

testOnServer(
  "twenty creates at once with one Idempotency-Key, at two instances: one flow, one answer",
  async (scene) => {
    const { simulator, database, start } = scene;
    const programs = await Promise.all([start(), start()]);
    await installFlow(simulator, portOf(programs[0]));
    const [workspace] = await simulator.workspaces();
    const create = async (index: number) => {
      const response = await fetch(
        `http://127.0.0.1:${portOf(programs[index % 2]!)}/ui/flows?workspace_id=${workspace!.id}`,
        {
          method: "POST",
          headers: {
            "x-api-key": OPERATOR_KEY,
            "content-type": "application/json",
            "idempotency-key": "one-of-twenty",
          },
          body: JSON.stringify({
            name: "Once",
            trigger_event_types: ["NEW_TAG"],
            actions: [{ operation_id: "getTags" }],
          }),
        },
      );
      const isReplayed = response.headers.has("idempotent-replayed");
      return { status: response.status, isReplayed, body: await response.json() };
    };
    const flows = async () => {
      const [row] = await database.db.sql<
        { count: number }[]
      >`select count(*)::int as count from flow where name = 'Once'`;
      return row!.count;
    };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => create(index)));
    assertEquals(answers.filter(({ status, isReplayed }) => status === 201 && !isReplayed).length, 1);
    const others = answers.filter(({ status, isReplayed }) => status !== 201 || isReplayed);
    assertEquals(
      others.filter(({ status, body }) => status !== 201 && body.code !== "IDEMPOTENCY_KEY_IN_USE"),
      [],
    );
    assertEquals(await flows(), 1);
    const again = await Promise.all([create(0), create(1)]);
    assertEquals(again.map(({ status, isReplayed }) => [status, isReplayed]), [[201, true], [201, true]]);
    assertEquals(
      new Set([...answers, ...again].flatMap(({ status, body }) => status === 201 ? [body.id] : [])).size,
      1,
    );
    assertEquals(await flows(), 1);
  },
);
