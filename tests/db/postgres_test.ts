/** Tests of src/db/postgres.ts and db.ts: the contract, lost connections, and what counts as a database that is away. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { describeUrl } from "../../src/db/address.ts";
import { databaseError, isUnavailable, retryRolledBack } from "../../src/db/db.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { startChild } from "../support/child.ts";
import { SERVER_URL, testDatabase } from "../support/database.ts";
import { databaseContract } from "./contract.ts";
import { within } from "./within.ts";

databaseContract({
  name: "postgres",
  missing: SERVER_URL ? undefined : "DATABASE_URL names no server",
  open: testDatabase,
  openAgain: ({ url }) => openPostgres({ url: url!, poolSize: 2, applicationName: "timewire-tests" }),
});

const sqlError = (code: string) => Object.assign(new Error(`failed with ${code}`), { code });

Deno.test({
  name: "transaction() whose connection the server ends rejects, and the process and its pool live on",
  // The embedded database serves all connections from one backend, which cannot end alone.
  ignore: !SERVER_URL,
  fn: async () => {
    const child = await startChild(new URL("../support/dying_connection.ts", import.meta.url), { SERVER: SERVER_URL! });
    assertEquals(child.ready.left, false);
    assert(isUnavailable({ code: child.ready.code }), child.ready.code);
    assertEquals((await child.status).success, true);
  },
});

Deno.test({
  name: "the pool keeps its size when the server ends its connections under load",
  ignore: !SERVER_URL,
  fn: async () => {
    const name = `victim_${crypto.randomUUID().slice(0, 8)}`;
    const db = openPostgres({ url: SERVER_URL!, poolSize: 4, applicationName: name });
    const killer = openPostgres({ url: SERVER_URL!, poolSize: 1, applicationName: "timewire-tests" });
    let over = false;
    const load = Array.from({ length: 32 }, async () => {
      while (!over) await db.sql`select ${"x".repeat(50)}`.catch(() => {});
    });
    for (let kill = 0; kill < 8; kill++) {
      await killer.sql`select pg_sleep(0.1)`;
      await killer.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name}`;
    }
    await killer.sql`select pg_sleep(0.5)`;
    over = true;
    await within(Promise.all(load), "the statements under way");
    const asked = await Promise.all(
      Array.from({ length: 4 }, () => db.sql`select pg_backend_pid() as pid, pg_sleep(0.1)`),
    );
    await db.stop();
    await killer.stop();
    assertEquals(new Set(asked.map(([row]) => row!.pid)).size, 4, "connections in use");
  },
});

Deno.test("isUnavailable() tells a database that is away from a fault of the statement", () => {
  const away = ["08006", "53100", "53300", "57P01", "57P03", "25006", "CONNECT_TIMEOUT", "ECONNREFUSED", "EPIPE"];
  for (const code of away) {
    assert(isUnavailable(sqlError(code)), code);
    assertEquals((databaseError(sqlError(code)) as { code: string }).code, "DATABASE_UNAVAILABLE");
  }
  for (
    const error of [sqlError("23505"), sqlError("22P02"), sqlError("40P01"), new Error("other"), undefined, "text"]
  ) {
    assert(!isUnavailable(error));
    assertStrictEquals(databaseError(error), error);
  }
  for (const code of ["22021", "22P05"]) {
    assertEquals((databaseError(sqlError(code)) as { code: string }).code, "REQUEST_INVALID", code);
  }
});

Deno.test("retryRolledBack() runs the work again after a deadlock, a few times, and never after another fault", async () => {
  const failing = (codes: string[]) => {
    let runs = 0;
    const work = () => {
      const code = codes[runs++];
      return code === undefined ? Promise.resolve(runs) : Promise.reject(sqlError(code));
    };
    return { work, runs: () => runs };
  };
  assertEquals(await retryRolledBack(failing(["40P01", "40001"]).work), 3);
  const stubborn = failing(Array(9).fill("40P01"));
  await assertRejectsLike(retryRolledBack(stubborn.work), { code: "40P01" });
  assertEquals(stubborn.runs(), 5);
  const broken = failing(["23505"]);
  await assertRejectsLike(retryRolledBack(broken.work), { code: "23505" });
  assertEquals(broken.runs(), 1);
});

Deno.test("describeUrl() names host and database, never the password", () => {
  assertEquals(
    describeUrl("postgres://user:secret@db.example:6543/timewire?sslmode=require"),
    "db.example:6543/timewire",
  );
  assertEquals(describeUrl("postgres://user:secret@db.example/timewire"), "db.example:5432/timewire");
  assert(!describeUrl("not a url with secret").includes("secret"));
});
