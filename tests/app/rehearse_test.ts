/** Tests of src/app/rehearse.ts and src/db/each_connection.ts: the first connections know the path of an event, and nothing has changed. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { rehearse } from "../../src/app/rehearse.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database, TransactionSql } from "../../src/db/db.ts";
import { onEachConnection } from "../../src/db/each_connection.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { addInstallation, addJobs, addListener } from "../db/rows.ts";
import { createFakeClock, settle } from "../clockify/fake_clock.ts";
import { SERVER_URL, stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

function lines() {
  const written: string[] = [];
  const log = createLogger({
    level: "DEBUG",
    format: "json",
    clock: systemClock,
    write: (line) => void written.push(line),
  });
  return { written, log };
}

Deno.test("a rehearsal opens the first connections, has each prepare the path of an event, and changes no row", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  await addListener(db, { installationId, eventType: "NEW_PROJECT" });
  const [event] = await db.sql<{ id: number }[]>`
    insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body)
    values (nextval('event_id_seq'), ${installationId}, 'workspace', 'NEW_PROJECT', 'project:1', 'request', '{}', '{}'::bytea) returning id`;
  await addJobs(db, { installationId, payload: { event_id: event!.id } });
  const rows = () =>
    db.sql`
      select (select json_agg(job) from job)::text as jobs, (select json_agg(lane) from queue_lane lane)::text as lanes,
        (select json_agg(event) from event)::text as events, (select count(*) from run)::int as runs,
        (select count(*) from entity_head)::int as heads, (select last_value from event_id_seq)::int as last_event`;
  const before = await rows();
  const { written, log } = lines();
  // The embedded database is left out of it; what is asked of it would be the same.
  await rehearse({ db: { ...db, kind: "postgres" }, isOfApi: true, clock: systemClock, log });
  assertEquals(written, []);
  assertEquals([...await rows()], [...before]);
  const prepared: number[] = [];
  const count = async (sql: TransactionSql) => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from pg_prepared_statements
      where statement like '%job%' or statement like '%run.%' or statement like '%installation_webhook%'
        or statement like '%join workflow_version%'`;
    prepared.push(row!.count);
  };
  await onEachConnection(db, { work: count, giveUp: new AbortController().signal });
  assertEquals(prepared.length, SERVER_URL ? 10 : 1);
  if (SERVER_URL) assertEquals(prepared.filter((number) => number >= 7).length, 3, prepared.join());
  await stop();
});

Deno.test("the embedded database is not rehearsed: it has one session, which the migrations used", async () => {
  const { written, log } = lines();
  await rehearse({ db: { kind: "embedded" } as Database, isOfApi: true, clock: systemClock, log });
  assertEquals(written, []);
});

/** A pool whose transactions begin as `begin` says. */
function pool(size: number, begin: (place: number) => Promise<void>): Pick<Database, "scoped" | "pool"> {
  let place = 0;
  // A statement that answers nothing.
  const sql = (() => Promise.resolve([])) as unknown as TransactionSql;
  return {
    pool: () => ({ inUse: 0, free: size, waiting: 0 }),
    scoped: async (_, work) => {
      await begin(place++);
      return await work(sql);
    },
  };
}

Deno.test("onEachConnection() begins when all are open; a connection that the server refuses keeps no other", async () => {
  const last = Promise.withResolvers<void>();
  const signal = new AbortController().signal;
  let worked = 0;
  const work = () => Promise.resolve(worked++);
  const done = onEachConnection(pool(3, (place) => place === 2 ? last.promise : Promise.resolve()), {
    work,
    giveUp: signal,
  });
  await settle();
  assertEquals(worked, 0, "one is not there yet");
  last.resolve();
  await done;
  assertEquals(worked, 3);

  const refused = onEachConnection(
    pool(3, (place) => place === 2 ? Promise.reject(new Error("too many connections")) : Promise.resolve()),
    { work, giveUp: signal },
  );
  await assertRejectsLike(refused, /too many connections/);
  assertEquals(worked, 5);
  await onEachConnection(pool(1_000, () => Promise.resolve()), { work, most: 2, giveUp: signal });
  assertEquals(worked, 7, "of a large pool no more than was asked for");
});

Deno.test("a start waits 5 s for its rehearsal, no longer, and says in the log why one failed", async () => {
  const clock = createFakeClock();
  const { written, log } = lines();
  const never = new Promise<void>(() => {});
  const held = { ...pool(2, () => never), kind: "postgres", scopedStatement: () => never } as unknown as Database;
  let over = false;
  const rehearsed = rehearse({ db: held, isOfApi: false, clock, log }).then(() => over = true);
  await clock.advance(4_999);
  assertEquals(over, false);
  await clock.advance(1);
  await rehearsed;
  assertEquals(written.length, 1);
  assert(/start\.not_rehearsed/.test(written[0]!) && /5000 ms/.test(written[0]!), written[0]);

  const away = { ...held, scopedStatement: () => Promise.reject(new Error("away")) } as unknown as Database;
  await rehearse({ db: away, isOfApi: false, clock, log });
  assertEquals(written.length, 2);
  assert(/start\.not_rehearsed/.test(written[1]!) && /away/.test(written[1]!), written[1]);
});
