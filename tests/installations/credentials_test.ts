/** Tests of src/installations/credentials.ts: a token that was read before a reinstall is not used for what was asked after it. */

import { assertEquals } from "@std/assert";
import { createCredentials, type Found } from "../../src/installations/credentials.ts";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { tokenContext } from "../../src/secrets/contexts.ts";
import { systemClock } from "../../src/base/clock.ts";

Deno.test("find() reads the token again for work of a later generation, once, as after a reinstall at another instance", async () => {
  const keyring = await createKeyring(newKey("test"));
  let reads = 0;
  let installed = { token: "token-1", generation: 1 };
  const source = createCredentials({
    keyring,
    clock: systemClock,
    store: {
      findSealedToken: async (id) => {
        reads++;
        const { token, generation } = installed;
        const sealed = await keyring.seal(token, tokenContext(id));
        const hosts = { backendUrl: "https://api.clockify.me/api" };
        return { sealed, addon: "universal_webhook", workspaceId: "w", generation, hosts };
      },
      statusOf: () => Promise.resolve("active" as const),
    },
  });
  const tokenOf = (found: Found) => found.kind === "ready" ? found.credentials.token : found.kind;
  assertEquals(tokenOf(await source.find(7, 1)), "token-1");
  installed = { token: "token-3", generation: 3 };
  // What was asked before, or when is not known, need not look.
  assertEquals([tokenOf(await source.find(7, 1)), tokenOf(await source.find(7))], ["token-1", "token-1"]);
  assertEquals(reads, 1);
  const found = await Promise.all([source.find(7, 3), source.find(7, 3), source.find(7, 3)]);
  assertEquals(found.map(tokenOf), ["token-3", "token-3", "token-3"]);
  assertEquals(tokenOf(await source.find(7, 1)), "token-3");
  assertEquals(reads, 2);
});

Deno.test("the audit log is called where an operator says that it is served, else beside production's API alone", async () => {
  const keyring = await createKeyring(newKey("test"));
  const auditOf = async (auditBaseUrl?: string) => {
    const source = createCredentials({
      keyring,
      clock: systemClock,
      auditBaseUrl,
      store: {
        findSealedToken: async (id) => ({
          sealed: await keyring.seal("token", tokenContext(id)),
          addon: "universal_webhook",
          workspaceId: "w",
          generation: 1,
          hosts: { backendUrl: "https://euc1.clockify.me/api" },
        }),
        statusOf: () => Promise.resolve("active" as const),
      },
    });
    return (await source.get(7))!.hosts.audit;
  };
  assertEquals(await auditOf(), undefined);
  assertEquals(await auditOf("https://auditlog-api.euc1.clockify.me"), "https://auditlog-api.euc1.clockify.me/v1");
});
