/** Tests of the chained audit: who may read it, what it finds, and that no row is altered, taken out or put in unseen. */

import { Buffer } from "node:buffer";
import { assertEquals, assertMatch } from "@std/assert";
import { verifyIn } from "../../../src/app/audit_command.ts";
import { auditLines } from "../../../src/cli/database.ts";
import { createHome } from "../../../src/access/home.ts";
import { appendAudit, hashOf } from "../../../src/access/audit.ts";
import { sealAudit } from "../../../src/access/audit_seal.ts";
import { type StoredRow, verifyAudit } from "../../../src/access/audit_store.ts";
import type { Database, TransactionSql } from "../../../src/db/db.ts";
import { chainPage, revokedTokenPage } from "../../../src/retention/api_pages.ts";
import { eventually } from "../../support/world.ts";
import type { Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const world = apiWorldOfFile();
const { api, addAgent } = world;

const db = () => world.world().database.db;
const homeId = async () => (await createHome(db())()).installationId;
const inHome = async <T>(work: (sql: TransactionSql, id: number) => Promise<T>) => {
  const id = await homeId();
  return await db().scoped({ installationIds: [id] }, (sql) => work(sql, id));
};
/** Once all that was written is sealed. */
type Within = Pick<Database, "scoped">;
const inTransaction = (sql: TransactionSql): Within => ({ scoped: (_, work) => work(sql) });
const proof = async () => {
  await sealAudit(db(), await homeId());
  return await verifyAudit(db(), await homeId(), { pageRows: 3 });
};

Deno.test("GET /api/v1/audit has each change by its caller, found by every filter, in pages with a true total", async () => {
  const { id } = await addAgent({ name: "audited" });
  await api(`/agents/${id}`, { method: "PUT", body: { description: "changed" } });
  await api(`/agents/${id}`, { method: "DELETE" });
  const list = async (query: string) => (await api(`/audit?${query}`)).body;
  const all = await list(`entity_id=${id}`);
  assertEquals([all.total, all.items.map(({ action }: Json) => action)], [3, ["delete", "update", "create"]]);
  const [, update, create] = all.items;
  assertEquals(update.previous_sha256, create.sha256);
  assertMatch(create.sha256, /^[0-9a-f]{64}$/);
  assertEquals([create.entity_type, create.number + 1], ["agent", update.number]);
  const second = await list(`entity_id=${id}&page=2&page_size=2`);
  assertEquals([second.items.length, second.total, second.total_pages], [1, 3, 2]);
  for (
    const query of [
      `actor=${create.actor}`,
      `user=${create.actor}`,
      "action=create",
      "entity_type=agent",
      `from=${create.timestamp}`,
    ]
  ) assertEquals((await list(`entity_id=${id}&${query}`)).items.at(-1).action, "create", query);
  for (const query of ["actor=x", "user=x", "action=x", "entity_type=x", "entity_id=x", `to=${create.timestamp}`]) {
    assertEquals((await list(query.startsWith("entity_id") ? query : `entity_id=${id}&${query}`)).total, 0, query);
  }
  assertEquals((await api("/audit?from=soon")).status, 400);
});

Deno.test("a row that is altered, taken out or put in is found, and named as the first that does not fit", async () => {
  for (let made = 0; made < 4; made++) await addAgent();
  const whole = await proof();
  assertEquals(whole.ok, true, JSON.stringify(whole));
  const last = whole.ok ? whole.last! : 0;
  const write = (sql: TransactionSql, id: number) =>
    appendAudit(sql, { installationId: id, at: 0 }, {
      actor: "x",
      action: "x",
      entityType: "x",
      entityId: "x",
      changes: {},
    });
  // Each in a transaction that is undone.
  const faults: [string, (sql: TransactionSql, id: number, db: Within) => Promise<unknown>, string][] = [
    [
      "altered",
      (sql, id) => sql`update api_audit set actor = 'x' where installation_id = ${id} and number = ${last - 1}`,
      `row ${last - 1}: it is not what its hash was made of`,
    ],
    [
      "taken out",
      (sql, id) => sql`delete from api_audit where installation_id = ${id} and number = ${last - 1}`,
      `row ${last}: rows are missing between ${last - 2} and it`,
    ],
    [
      "put in",
      async (sql, id) => {
        await sql`update api_audit set number = ${last + 1} where installation_id = ${id} and number = ${last}`;
        await sql`
          insert into api_audit select installation_id, ${last}, at, actor, action, entity_type, entity_id, changes, request_id,
            previous_sha256, sha256 from api_audit where installation_id = ${id} and number = ${last - 1}`;
      },
      `row ${last}: it does not have the hash of the row before it`,
    ],
    [
      "two in each other's place",
      async (sql, id) => {
        for (const [from, to] of [[last, 0], [last - 1, last], [0, last - 1]]) {
          await sql`update api_audit set number = ${to!} where installation_id = ${id} and number = ${from!}`;
        }
      },
      `row ${last - 1}: it does not have the hash of the row before it`,
    ],
    [
      "the last, altered with its hash",
      async (sql, id) => {
        const [row] = await sql<StoredRow[]>`
          select number, at, 'x' as actor, action, entity_type as "entityType", entity_id as "entityId",
            changes::text as changes, request_id as "requestId", previous_sha256 as "previousSha256"
          from api_audit where installation_id = ${id} and number = ${last}`;
        const forged = hashOf({ ...row!, at: new Date(row!.at).toISOString() }, row!.previousSha256);
        await sql`
          update api_audit set actor = 'x', sha256 = ${Buffer.from(forged)}
          where installation_id = ${id} and number = ${last}`;
      },
      `row ${last}: it has another hash than was noted`,
    ],
    [
      "the last, taken out",
      (sql, id) => sql`delete from api_audit where installation_id = ${id} and number = ${last}`,
      `row ${last}: it is missing at the end`,
    ],
    [
      "all, taken out",
      (sql, id) => sql`delete from api_audit where installation_id = ${id}`,
      `row 1: it and those up to ${last} are missing at the end`,
    ],
    [
      "the last, taken out before others are sealed",
      async (sql, id, db) => {
        await sql`delete from api_audit where installation_id = ${id} and number = ${last}`;
        await write(sql, id);
        await sealAudit(db, id);
      },
      `row ${last + 1}: rows are missing between ${last - 1} and it`,
    ],
    ["written", write, "unbroken, 1 not sealed yet"],
    [
      "altered before it is sealed",
      async (sql, id) => {
        await write(sql, id);
        await sql`update api_audit_unsealed set actor = 'y' where installation_id = ${id}`;
      },
      "the row of 1970-01-01T00:00:00.000Z that is not sealed yet: it is not as it was written",
    ],
    [
      "altered before it is sealed, afterwards",
      async (sql, id, db) => {
        await write(sql, id);
        await sql`update api_audit_unsealed set actor = 'y' where installation_id = ${id}`;
        await sealAudit(db, id);
      },
      `row ${last + 1}: it is not what its hash was made of`,
    ],
  ];
  for (const [name, damage, said] of faults) {
    let found: string | undefined;
    await inHome(async (sql, id) => {
      const within = inTransaction(sql);
      await damage(sql, id, within);
      const result = await verifyAudit(within, id, { pageRows: 2 });
      found = result.ok ? `unbroken, ${result.unsealed} not sealed yet` : `${result.at}: ${result.problem}`;
      throw new Undone();
    }).catch((error) => {
      if (!(error instanceof Undone)) throw error;
    });
    assertEquals(found, said, name);
  }
  assertEquals(await proof(), whole, "as it was");
});

Deno.test("what retention takes goes from the old end, never the newest row, and the rest is unbroken", async () => {
  for (let made = 0; made < 4; made++) await addAgent();
  assertEquals((await proof()).ok, true);
  await inHome(async (sql, id) => {
    // Of an instance whose clock is late: young, between old ones.
    const rows = await sql<
      { number: number }[]
    >`select number from api_audit where installation_id = ${id} order by number`;
    const young = rows[2]!.number;
    await sql`update api_audit set at = at - interval '400 days' where installation_id = ${id} and number <> ${young}`;
    const request = { installationId: id, days: 365, limit: 1, cursor: undefined };
    const first = await chainPage(sql, request);
    assertEquals([first.deleted, first.next], [{ api_audit: 1 }, []]);
    assertEquals((await chainPage(sql, { ...request, limit: 10 })).deleted, { api_audit: 1 });
    const [kept] = await sql<{ first: number }[]>`
      select min(number) as first from api_audit where installation_id = ${id}`;
    assertEquals(kept!.first, young);
    await sql`update api_audit set at = at - interval '400 days' where installation_id = ${id} and number = ${young}`;
    await chainPage(sql, { ...request, limit: 500 });
    const left = await sql<{ number: number }[]>`select number from api_audit where installation_id = ${id}`;
    assertEquals(left.map(({ number }) => number), [rows.at(-1)!.number]);
    await appendAudit(sql, { installationId: id, at: Date.now() }, {
      actor: "x",
      action: "x",
      entityType: "x",
      entityId: "x",
      changes: { b: 1, a: [1.0, 1e3, "é"] },
    });
    await sealAudit(inTransaction(sql), id);
    const [next] = await sql<{ number: number }[]>`
      select max(number) as number from api_audit where installation_id = ${id}`;
    assertEquals(next!.number, rows.at(-1)!.number + 1, "numbers go on");
    await sql`delete from api_audit where installation_id = ${id} and number < ${next!.number}`;
  });
  const result = await proof();
  assertEquals([result.ok, result.ok && result.rows], [true, 1], "from the oldest row that is kept");
});

Deno.test("rows are sealed by the program itself, in the order in which they were written", async () => {
  const ids = [(await addAgent()).id, (await addAgent()).id];
  const sealed = await eventually(async () => {
    const rows = await db().sql<{ entity_id: string; number: number }[]>`
      select entity_id, number from api_audit where entity_id in (${ids[0]}, ${ids[1]}) order by number`;
    return rows.length === 2 && rows;
  });
  assertEquals(sealed.map(({ entity_id }) => entity_id), ids);
  assertEquals(sealed[1]!.number - sealed[0]!.number, 1);
});

Deno.test("audit verify says how many rows hold, or which is the first row that does not fit", async () => {
  const { first, rows } = await proof() as { first: number; rows: number };
  assertEquals(await said(), [true, `  ${rows} rows, unbroken: ${first} to ${first + rows - 1}`]);
  await inHome((sql, id) => sql`update api_audit set action = 'y' where installation_id = ${id} and number = ${first}`);
  assertEquals(await said(), [false, `  broken at row ${first}: it is not what its hash was made of`]);
  await inHome((sql, id) => sql`delete from api_audit where installation_id = ${id}`);
});

/** Whether it holds, and the line that says so. */
async function said(): Promise<[boolean, string]> {
  const proof = await verifyIn(db());
  return [proof!.ok, auditLines(proof)[0]!];
}

Deno.test("retention takes revoked tokens that have ended by themselves", async () => {
  await inHome(async (sql, id) => {
    for (const hours of [-1, 1]) {
      await sql`
        insert into api_token_revoked (installation_id, jti_sha256, expires_at)
        values (${id}, decode(${hours < 0 ? "aa" : "bb"}, 'hex'), now() + ${hours}::int * interval '1 hour')`;
    }
    const page = await revokedTokenPage(sql, { installationId: id, days: 1, limit: 10, cursor: undefined });
    assertEquals(page, { deleted: { api_token_revoked: 1 }, next: undefined });
    await sql`delete from api_token_revoked where installation_id = ${id}`;
  });
});

Deno.test("a sweep takes old rows and ended tokens of the API, and counts them", async () => {
  for (let made = 0; made < 3; made++) await addAgent();
  await sealAudit(db(), await homeId());
  const last = await inHome(async (sql, id) => {
    const [row] = await sql<{ number: number }[]>`
      select max(number) as number from api_audit where installation_id = ${id}`;
    await sql`
      update api_audit set at = at - interval '366 days' where installation_id = ${id} and number < ${row!.number}`;
    await sql`
      insert into api_token_revoked (installation_id, jti_sha256, expires_at)
      values (${id}, decode('cc', 'hex'), now() - interval '1 hour')`;
    return row!.number;
  });
  const { serving } = world.world();
  const swept = await serving.core.retention[0]!.sweep(Math.floor(Date.now() / 3_600_000) + 1);
  assertEquals([swept!.errors, swept!.deleted.api_token_revoked], [{}, 1]);
  const [left] = await inHome((sql, id) =>
    sql<{ first: number }[]>`select min(number) as first from api_audit where installation_id = ${id}`
  );
  assertEquals([left!.first, (swept!.deleted.api_audit ?? 0) >= 2], [last, true]);
});

class Undone extends Error {}
