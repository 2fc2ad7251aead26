/** Tests of src/installations/lifecycle.ts: installs, reinstalls and uninstalls that repeat, come late or overtake each other. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { requireFittingKeys } from "../../src/secrets/key_check.ts";
import { tokenContext } from "../../src/secrets/contexts.ts";
import type { LifecycleCall } from "../../src/verify/lifecycle.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import * as calls from "./calls.ts";
import { deleted, installed, openLifecycle, settingsUpdated, statusChanged } from "./calls.ts";
import { addWork, readWork } from "./work.ts";

Deno.test.afterAll(stopSharedDatabase);

const STALE = { outcome: "stale" };
const UNKNOWN = { outcome: "unknown" };
const T = Date.UTC(2026, 10, 21, 12);

async function world() {
  const { db, stop } = await testDatabase();
  return { db, stop, ...openLifecycle(db) };
}

Deno.test("INSTALLED makes an active installation with its webhook, and saying it again changes nothing", async () => {
  const { stop, apply, read, findWebhook } = await world();
  const first = await apply(installed({ issuedAtMs: T }));
  const { id, installedAt, ...rest } = await read();
  assertEquals(first, { outcome: "applied", installationId: id });
  assertEquals(rest, {
    addon: calls.ADDON,
    workspaceId: calls.WORKSPACE,
    addonId: "addon-1",
    generation: 1,
    status: "active",
    hosts: { backendUrl: "https://euc1.clockify.me/api" },
    settings: {},
  });
  assertEquals((await findWebhook("addon-1"))?.event, "NEW_TAG");

  await apply(statusChanged("INACTIVE", { issuedAtMs: T }));
  assertEquals(await apply(installed({ issuedAtMs: T })), first);
  assertEquals(await read(), { ...rest, id, installedAt, status: "inactive" });
  assertEquals((await findWebhook("addon-1"))?.generation, 1);
  await stop();
});

Deno.test("INSTALLED that arrives many times at once makes one installation of generation 1", async () => {
  const { db, stop, apply, read } = await world();
  const results = await Promise.all(Array.from({ length: 10 }, () => apply(installed())));
  assertEquals(new Set(results.map((result) => JSON.stringify(result))).size, 1);
  assertEquals((await read()).generation, 1);
  assertEquals((await db.sql`select 1 from installation`).length, 1);
  await stop();
});

Deno.test("INSTALLED with a new addonId is a reinstall: the same row, a new generation, the old tokens gone", async () => {
  const { stop, apply, read, store, findWebhook } = await world();
  await apply(installed({ issuedAtMs: T }));
  await apply(settingsUpdated([{ id: "mode", value: "former" }], { issuedAtMs: T }));
  const before = await read();
  const result = await apply(installed({ addonId: "addon-2", issuedAtMs: T + 1_000, webhooks: [] }));
  assertEquals(result, { outcome: "applied", installationId: before.id });
  const after = await read();
  assertEquals([after.id, after.addonId, after.generation, after.status], [before.id, "addon-2", 2, "active"]);
  assertEquals(after.settings, {}, "its own are read next");
  assertEquals(await findWebhook("addon-1"), undefined);
  assertEquals(await findWebhook("addon-2"), undefined);
  const { sealed } = (await store.findSealedToken(before.id))!;
  assertStrictEquals(await calls.keyring.open(sealed, tokenContext(before.id)), calls.installationToken("addon-2"));

  for (
    const late of [deleted(), statusChanged("INACTIVE"), settingsUpdated([{ id: "mode", value: "late" }]), installed()]
  ) {
    assertEquals(await apply({ ...late, issuedAtMs: T + 9_000 } as LifecycleCall), STALE, late.type);
  }
  assertEquals(await read(), after, "late calls of the old installation harm nothing");
  await stop();
});

Deno.test("DELETED before its INSTALLED leaves a tombstone that the INSTALLED meets", async () => {
  const { stop, apply, store } = await world();
  assertEquals(await apply(deleted({ issuedAtMs: T + 1_000 })), UNKNOWN);
  assertEquals(await apply(installed({ issuedAtMs: T })), STALE);
  assertEquals(await store.find(calls.ADDON, calls.WORKSPACE), undefined);
  assertEquals((await apply(installed({ addonId: "addon-2" }))).outcome, "applied");
  await stop();
});

Deno.test("a replayed INSTALLED of an addonId that is over revives nothing", async () => {
  const { stop, apply, read, findWebhook } = await world();
  await apply(installed({ issuedAtMs: T }));
  await apply(deleted({ issuedAtMs: T + 1_000 }));
  assertEquals(await apply(installed({ issuedAtMs: T + 2_000 })), STALE);
  assertEquals(await apply(installed({ issuedAtMs: undefined })), STALE);
  assertEquals((await read()).status, "uninstalled");
  assertEquals(await findWebhook("addon-1"), undefined);
  await apply(installed({ addonId: "addon-2", issuedAtMs: T + 3_000 }));
  const unseen = installed({ addonId: "addon-0", issuedAtMs: T - 5_000 });
  assertEquals(await apply(unseen), STALE, "an older one that was never seen");
  assertEquals((await read()).addonId, "addon-2");
  await stop();
});

Deno.test("STATUS_CHANGED and SETTINGS_UPDATED are obeyed by time of issue, and unknown without an installation", async () => {
  const { stop, apply, read } = await world();
  assertEquals(await apply(statusChanged("INACTIVE")), UNKNOWN);
  assertEquals(await apply(settingsUpdated([])), UNKNOWN);
  await apply(installed({ issuedAtMs: T }));
  assertEquals((await apply(statusChanged("INACTIVE", { issuedAtMs: T + 2_000 }))).outcome, "applied");
  assertEquals(await apply(statusChanged("ACTIVE", { issuedAtMs: T + 1_000 })), STALE);
  assertEquals((await read()).status, "inactive");
  const mode = (value: string, issuedAtMs?: number) => settingsUpdated([{ id: "mode", value }], { issuedAtMs });
  await apply(mode("new", T + 4_000));
  assertEquals(await apply(mode("old", T + 3_000)), STALE);
  await apply(settingsUpdated([{ id: "limit", value: 5 }, { id: "list", value: ["a"] }], { issuedAtMs: T + 4_000 }));
  assertEquals((await read()).settings, { mode: "new", limit: 5, list: ["a"] });
  await apply(mode("undated"));
  assertEquals((await read()).settings.mode, "undated", "a call without a time cannot be older");
  assertEquals(await apply(mode("old", T + 3_000)), STALE, "nor does it make an older one newer");
  await apply(deleted());
  assertEquals(await apply(statusChanged("ACTIVE", { issuedAtMs: T + 9_000 })), STALE);
  assertEquals((await read()).status, "uninstalled");
  await stop();
});

Deno.test("a status and settings that overtake each other both hold in the end, in any order of arrival", async () => {
  const { db, stop, apply, read } = await world();
  const statuses = fc.array(fc.constantFrom("ACTIVE" as const, "INACTIVE" as const), { minLength: 1, maxLength: 3 });
  const sequence = fc.tuple(statuses, fc.array(fc.nat(9), { minLength: 1, maxLength: 3 })).chain(
    ([statuses, values]) => {
      const calls = fc.shuffledSubarray([
        ...statuses.map((status) => statusChanged(status)),
        ...values.map((value) => settingsUpdated([{ id: "limit", value }])),
      ], { minLength: statuses.length + values.length });
      return calls.chain((calls) => {
        const issued = calls.map((call, second) => ({ ...call, issuedAtMs: T + second * 1_000 }));
        return fc.record({
          issued: fc.constant(issued),
          arriving: fc.shuffledSubarray(issued, { minLength: issued.length }),
        });
      });
    },
  );
  await fc.assert(
    fc.asyncProperty(sequence, async ({ issued, arriving }) => {
      await db.sql`delete from installation`;
      await apply(installed({ issuedAtMs: T }));
      for (const call of arriving) await apply(call);
      const { status, settings } = await read();
      const last = (type: string) => issued.findLast((call) => call.type === type) as Record<string, unknown>;
      assertEquals(status.toUpperCase(), last("STATUS_CHANGED").status);
      assertEquals([{ id: "limit", value: settings.limit }], last("SETTINGS_UPDATED").settings);
    }),
    { numRuns: 20 },
  );
  await stop();
});

Deno.test("SETTINGS_UPDATED keeps any value, with what jsonb refuses replaced", async () => {
  const { stop, apply, read } = await world();
  await apply(installed());
  await apply(
    settingsUpdated([{ id: "text", value: 'quote " and \u{1f600}' }, { id: "odd", value: "nul \0, half \ud83d" }]),
  );
  const { settings } = await read();
  assertEquals(settings, { text: 'quote " and \u{1f600}', odd: "nul \ufffd, half \ufffd" });
  await stop();
});

Deno.test("DELETED ends the installation in its own row alone: what is under way is left to the clean-up job", async () => {
  const { db, stop, apply, read, store, findWebhook } = await world();
  await apply(installed());
  await apply(installed({ workspaceId: "other-workspace" }));
  const { id, generation } = await read();
  const other = (await store.find(calls.ADDON, "other-workspace"))!;
  for (const installationId of [id, other.id]) await addWork(db, { installationId, generation });
  const before = await readWork(db, id);
  assertEquals(await apply(deleted()), { outcome: "applied", installationId: id });

  assertEquals(await readWork(db, id), before);
  const after = await read();
  assertEquals([after.status, after.generation], ["uninstalled", generation + 1]);
  assertEquals(await store.findSealedToken(id), undefined);
  assertEquals(await findWebhook("addon-1"), undefined);
  const [row] = await db.sql`select token_sealed, token_sha256, ended_generation from installation where id = ${id}`;
  assertEquals({ ...row }, { token_sealed: null, token_sha256: null, ended_generation: generation });
  assertEquals(await apply(deleted()), { outcome: "applied", installationId: id }, "a repeat");
  assertEquals((await read()).generation, generation + 1);
  const cleanups = await db.sql`select installation_id from job where kind = 'cleanup'`;
  assertEquals(cleanups.map(({ installation_id }) => installation_id), [id]);
  assertEquals((await store.find(calls.ADDON, "other-workspace"))!.status, "active");
  await stop();
});

Deno.test("INSTALLED that is repeated without webhooks keeps their tokens; with them, or of a reinstall, it replaces them", async () => {
  const { db, stop, apply, findWebhook } = await world();
  const stored = async () => {
    const rows = await db.sql<{ path: string }[]>`select path from installation_webhook order by path`;
    return rows.map(({ path }) => path);
  };
  await apply(installed({ issuedAtMs: T }));
  const before = await findWebhook("addon-1");
  await apply(installed({ issuedAtMs: T + 1, webhooks: undefined }));
  assertEquals(await findWebhook("addon-1"), before);
  await apply(installed({ issuedAtMs: T + 2, webhooks: [] }));
  assertEquals(await stored(), []);
  await apply(installed({ issuedAtMs: T + 3 }));
  assertEquals(await stored(), [calls.TAG_PATH]);
  await apply(installed({ addonId: "addon-2", issuedAtMs: T + 4, webhooks: undefined }));
  assertEquals(await stored(), [], "the tokens of another installation");
  await stop();
});

Deno.test("the installation token is stored sealed, in plain nowhere", async () => {
  const { db, stop, apply, read, store } = await world();
  await apply(installed());
  const { id } = await read();
  const rows = await db.sql<{ text: string }[]>`
    select installation::text as text from installation union all select installation_webhook::text from installation_webhook`;
  for (const token of [calls.installationToken("addon-1"), calls.webhookToken("addon-1")]) {
    const bytes = new TextEncoder().encode(token);
    for (const form of [token, bytes.toHex(), bytes.toBase64().replaceAll("=", "")]) {
      assert(rows.every(({ text }) => !text.includes(form)), "a token in plain");
    }
  }
  const { sealed } = (await store.findSealedToken(id))!;
  assertStrictEquals(await calls.keyring.open(sealed, tokenContext(id)), calls.installationToken("addon-1"));
  await assertRejectsLike(calls.keyring.open(sealed, tokenContext(id + 1)), { code: "ENCRYPTED_VALUE_INVALID" });
  await stop();
});

Deno.test("requireFittingKeys() takes the keys of the first start and refuses others", async () => {
  const { db, stop } = await testDatabase();
  const [first, second] = [newKey("first"), newKey("second")];
  await requireFittingKeys(db, await createKeyring(first));
  await requireFittingKeys(db, await createKeyring(first));
  await requireFittingKeys(db, await createKeyring(`${second},${first}`));
  for (const wrong of [second, newKey("first")]) {
    await assertRejectsLike(requireFittingKeys(db, await createKeyring(wrong)), (error: Error & { code: string }) => {
      assertEquals(error.code, "START_FAILED");
      assert(!error.message.includes(wrong.split(":")[1]!));
      return true;
    });
  }
  await stop();
});
