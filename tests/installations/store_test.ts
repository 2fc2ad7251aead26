/** Tests of src/installations/store.ts: each look-up finds its installation and nobody else's. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import { createInstallationStore, requireInstalled } from "../../src/installations/store.ts";
import { tokenSha256 } from "../../src/verify/token.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import {
  ADDON,
  deleted,
  installationToken,
  installed,
  openLifecycle,
  statusChanged,
  TAG_PATH,
  webhookToken,
  WORKSPACE,
} from "./calls.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("find() tells add-ons and workspaces apart and finds uninstalled ones; the lists leave those out", async () => {
  const { db, stop } = await testDatabase();
  const store = createInstallationStore(db);
  const add = (addon: string, workspaceId: string, status?: "uninstalled" | "inactive") =>
    addInstallation(db, { addon, workspaceId, status });
  const [a1, b1] = [await add("a", "w1"), await add("b", "w1", "inactive")];
  const [c1, a2] = [await add("c", "w1", "uninstalled"), await add("a", "w2")];
  assertStrictEquals((await store.find("a", "w1"))?.id, a1);
  assertStrictEquals((await store.find("c", "w1"))?.id, c1);
  assertEquals(await store.find("b", "w2"), undefined);
  assertEquals((await store.listByWorkspace("w1")).map(({ id }) => id), [a1, b1]);
  assertEquals(await store.listByWorkspace("w3"), []);
  assertEquals((await store.list(["a", "c"])).map(({ id }) => id), [a1, a2]);
  assertEquals(await store.list([]), []);
  await stop();
});

Deno.test("findWebhook() gives the stored token of exactly that add-on, workspace, installation and path", async () => {
  const { db, stop } = await testDatabase();
  const { store, apply, read } = openLifecycle(db);
  await apply(installed());
  const { id } = await read();
  const query = { profileKey: ADDON, workspaceId: WORKSPACE, addonId: "addon-1", path: TAG_PATH };
  const found = (await store.findWebhook(query))!;
  assertEquals({ ...found, tokenSha256: [...found.tokenSha256] }, {
    installationId: id,
    generation: 1,
    event: "NEW_TAG",
    tokenSha256: [...tokenSha256(webhookToken("addon-1"))],
  });
  const others = [
    { profileKey: "api_studio" },
    { workspaceId: "other" },
    { addonId: "addon-2" },
    { path: "/webhooks/clockify/TAG_UPDATED" },
    { path: "/webhooks/of/another/version" },
  ];
  for (const other of others) assertEquals(await store.findWebhook({ ...query, ...other }), undefined);
  await apply(statusChanged("INACTIVE"));
  assert(await store.findWebhook(query), "an inactive add-on still receives");
  await apply(deleted());
  assertEquals(await store.findWebhook(query), undefined);
  await stop();
});

Deno.test("isStoredToken() knows every token that was ever stored in the workspace, whatever took its place", async () => {
  const { db, stop } = await testDatabase();
  const { store, apply } = openLifecycle(db);
  await apply(installed());
  await apply(installed({ workspaceId: "other", addonId: "addon-9" }));
  const stored = (token: string, workspaceId = WORKSPACE) =>
    store.isStoredToken({ workspaceId, tokenSha256: tokenSha256(token) });
  const first = [webhookToken("addon-1"), installationToken("addon-1"), "unused"];
  for (const token of first) assertEquals(await stored(token), true, token);
  assertEquals(await stored("a lifecycle token"), false);
  assertEquals(await stored(webhookToken("addon-1"), "other"), false);
  const renewed = [{ path: TAG_PATH, tokenSha256: tokenSha256("renewed") }];
  await apply(installed({ authToken: "another", webhooks: renewed }));
  for (const token of [...first, "another", "renewed"]) assertEquals(await stored(token), true, token);
  await apply(deleted());
  for (const token of [...first, "another", "renewed"]) assertEquals(await stored(token), true, token);
  await db.sql`delete from installation where workspace_id = ${WORKSPACE}`;
  for (const token of first) assertEquals(await stored(token), false, "gone with the installation");
  await stop();
});

Deno.test("isStoredToken() knows the tokens of an INSTALLED that a later one overtook, and of a path that stands twice", async () => {
  const { db, stop } = await testDatabase();
  const { store, apply } = openLifecycle(db);
  const stored = (token: string) => store.isStoredToken({ workspaceId: WORKSPACE, tokenSha256: tokenSha256(token) });
  const twice = ["first", "second"].map((token) => ({ path: TAG_PATH, tokenSha256: tokenSha256(token) }));
  await apply(installed({ issuedAtMs: 2_000_000, webhooks: twice }));
  const late = [{ path: TAG_PATH, tokenSha256: tokenSha256("late") }];
  assertEquals(await apply(installed({ issuedAtMs: 1_000_000, webhooks: late })), { outcome: "stale" });
  for (const token of ["first", "second", "late"]) assertEquals(await stored(token), true, token);
  const query = { profileKey: ADDON, workspaceId: WORKSPACE, addonId: "addon-1", path: TAG_PATH };
  assertEquals((await store.findWebhook(query))?.tokenSha256, tokenSha256("second"), "the last one counts");
  await stop();
});

Deno.test("findSealedToken() gives a token only while the add-on is active", async () => {
  const { db, stop } = await testDatabase();
  const { store, apply, read } = openLifecycle(db);
  await apply(installed());
  const { id } = await read();
  const found = (await store.findSealedToken(id))!;
  assertEquals({ ...found, sealed: "" }, {
    sealed: "",
    addon: ADDON,
    workspaceId: WORKSPACE,
    generation: 1,
    hosts: { backendUrl: "https://euc1.clockify.me/api" },
  });
  await apply(statusChanged("INACTIVE"));
  assertEquals(await store.findSealedToken(id), undefined);
  await apply(statusChanged("ACTIVE"));
  assert(await store.findSealedToken(id));
  assertEquals(await store.findSealedToken(id + 1), undefined);
  await stop();
});

Deno.test("requireInstalled() lets active and inactive installations pass", async () => {
  const { db, stop } = await testDatabase();
  const store = createInstallationStore(db);
  for (const status of ["active", "inactive", "uninstalled"] as const) {
    await addInstallation(db, { addon: status, workspaceId: "w1", status });
    const installation = await store.find(status, "w1");
    if (status !== "uninstalled") assertStrictEquals(requireInstalled(installation), installation);
    else assertThrowsLike(() => requireInstalled(installation), { code: "INSTALLATION_UNKNOWN" });
  }
  assertThrowsLike(() => requireInstalled(undefined), { code: "INSTALLATION_UNKNOWN" });
  await stop();
});
