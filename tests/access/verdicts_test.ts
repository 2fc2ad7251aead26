/** Tests of what is known of a login for a few seconds: what another instance revokes ends here by then. */

import { assertEquals } from "@std/assert";
import type { ApiCaller } from "../../src/access/roles.ts";
import { createVerdicts, type Verdict, VERDICT_MS } from "../../src/access/verdicts.ts";
import { systemClock } from "../../src/base/clock.ts";

function scene() {
  let ms = 0;
  let stored: Verdict | undefined;
  let reads = 0;
  const verdicts = createVerdicts({ ...systemClock, now: () => ms, monotonicMs: () => ms });
  return {
    verdicts,
    pass: (more: number) => void (ms += more),
    store: (verdict: Verdict | undefined) => void (stored = verdict),
    reads: () => reads,
    ask: () => verdicts.callerOf("login", () => Promise.resolve((reads++, stored))),
  };
}
const caller: ApiCaller = { kind: "key", name: "a", role: "viewer" };

Deno.test("a login is read once in 5 s, so that what another instance revoked ends by then; an unknown one each time", async () => {
  const { pass, store, reads, ask } = scene();
  assertEquals([await ask(), await ask(), reads()], [undefined, undefined, 2]);
  store({ caller });
  assertEquals([await ask(), await ask(), reads()], [caller, caller, 3]);
  store(undefined);
  pass(VERDICT_MS - 1);
  assertEquals(await ask(), caller);
  pass(1);
  assertEquals(await ask(), undefined);
});

Deno.test("what this instance revokes ends at once, also where it was asked for before; a login ends with its time", async () => {
  const { verdicts, pass, store, ask } = scene();
  store({ caller, expiresAt: 1_000 });
  const late = Promise.withResolvers<Verdict>();
  const before = verdicts.callerOf("login", () => late.promise);
  store(undefined);
  verdicts.forget();
  late.resolve({ caller });
  assertEquals([await before, await ask()], [caller, undefined]);
  store({ caller, expiresAt: 1_000 });
  assertEquals(await ask(), caller);
  pass(1_000);
  assertEquals(await ask(), undefined);
});
