/** Uninstalls under load: each is answered at once, no step begins after its answer, and nothing is left under way. */

import { assert, assertEquals } from "@std/assert";
import { allAttempts } from "../../src/flows/store/attempts.ts";
import type { TokenInput } from "../../src/simulator/tokens.ts";
import { ask } from "../http/door.ts";
import { DATABASE_KIND, stopSharedDatabase } from "../support/database.ts";
import { startSink } from "../support/sink.ts";
import { eventually, OPERATOR_KEY, startWorld } from "../support/world.ts";

Deno.test.afterAll(stopSharedDatabase);

const EVENT = "TIMER_STOPPED";
/** 200 uninstalls on a server, where transactions meet; the embedded database has one at a time. */
const [WORKSPACES, ROUNDS] = DATABASE_KIND === "postgres" ? [8, 25] : [2, 5];
const SENDERS = 3;
/** Runs under way at an uninstall, at least. */
const BUSY = 2;

const FLOW = {
  name: "Two creates",
  trigger_event_types: [EVENT],
  actions: ["first", "second"].map((id) => ({
    id,
    operation_id: "createTimeEntry",
    body: { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z", description: id },
  })),
};

Deno.test(`${WORKSPACES * ROUNDS} uninstalls under deliveries and runs: all answered 200, nothing begins afterwards`, async () => {
  const sink = startSink();
  const calls: { key: string; token: string; atMs: number }[] = [];
  const onCall = new Map<string, () => void>();
  sink.answer = ({ method, headers }) => {
    if (method !== "POST") return Response.json([]);
    const token = headers["x-addon-token"]!;
    calls.push({ key: headers["idempotency-key"]!, token, atMs: Date.now() });
    onCall.get(token)?.();
    return Response.json({ id: crypto.randomUUID() });
  };
  const world = await startWorld({
    moreDomains: sink.url,
    env: {
      PROFILES: "clockify_addon",
      AUTO_BOOTSTRAP_ON_INSTALL: "false",
      POLL_MINUTES: "0",
      RATE_LIMIT_ENABLED: "false",
      WEBHOOK_RATE_LIMIT_RPS: "10000",
      MAX_RUNS_PER_MINUTE: "60000",
      JOB_LEASE_SECONDS: "3",
    },
  });
  const { sql } = world.database.db;
  const base = world.url("clockify_addon");
  const { addonKey } = world.serving.core.listeners[0]!.app;
  const answeredMs = new Map<string, number>();

  async function install(workspaceId: string, addonId: string) {
    const sign = (kind: TokenInput["kind"], claims: Record<string, unknown> = {}) =>
      world.simulator.signToken({
        kind,
        addonKey,
        workspaceId,
        addonId,
        // Tokens of one second would be equal.
        claims: { jti: crypto.randomUUID(), ...claims },
        ...(kind === "installation" && { userId: "owner" }),
      });
    const call = async (path: string, body: unknown) => {
      const headers = { "x-addon-lifecycle-token": await sign("lifecycle") };
      const answer = await ask(`${base}/lifecycle/${path}`, { headers, body });
      assertEquals(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
    };
    const authToken = await sign("installation", { backendUrl: `${sink.url}/api` });
    const webhook = await sign("webhook");
    const webhooks = [{ path: `/webhooks/clockify/${EVENT}`, authToken: webhook }];
    await call("installed", { workspaceId, addonId, authToken, apiUrl: `${sink.url}/api`, webhooks });
    return { authToken, webhook, uninstall: () => call("deleted", { workspaceId, addonId }) };
  }

  async function deliver(workspaceId: string, webhook: string) {
    const { status, body } = await ask(`${base}/webhooks/clockify/${EVENT}`, {
      headers: { "clockify-signature": webhook, "clockify-webhook-event-type": EVENT },
      body: { id: crypto.randomUUID(), workspaceId },
    });
    assert([200, 401, 403].includes(status), JSON.stringify(body));
  }

  async function workspace(workspaceId: string) {
    for (let round = 0; round < ROUNDS; round++) {
      const { authToken, webhook, uninstall } = await install(workspaceId, `${workspaceId}-${round}`);
      if (round === 0) {
        const headers = { "x-api-key": OPERATOR_KEY };
        const saved = await ask(`${base}/ui/flows?workspace_id=${workspaceId}`, { headers, body: FLOW });
        assertEquals(saved.status, 201, JSON.stringify(saved.body));
      }
      const busy = Promise.withResolvers<void>();
      let seen = 0;
      onCall.set(authToken, () => ++seen === BUSY && busy.resolve());
      let installed = true;
      const senders = Array.from({ length: SENDERS }, async () => {
        while (installed) await deliver(workspaceId, webhook);
      });
      const leave = async () => {
        await busy.promise;
        await uninstall().finally(() => installed = false);
        answeredMs.set(authToken, Date.now());
      };
      await Promise.all([...senders, leave()]);
    }
  }

  try {
    await Promise.all(Array.from({ length: WORKSPACES }, (_, n) => workspace(`workspace-${n}`)));
    await eventually(async () => {
      const open = await sql`
        select 1 from job where finished_at is null and kind in ('event', 'run', 'cleanup')
        union all select 1 from run where state in ('pending', 'running', 'waiting')
        union all select 1 from event where outcome is null`;
      return open.length === 0;
    });
    const rows = await sql<{ status: string; token_sealed: string | null; generation: number }[]>`
      select status, token_sealed, generation from installation`;
    assertEquals(
      rows.map((row) => ({ ...row })),
      Array.from({ length: WORKSPACES }, () => ({ status: "uninstalled", token_sealed: null, generation: 2 * ROUNDS })),
    );
    const begun = new Map(
      (await sql<{ key: string; started_at: Date }[]>`
        select run_id || '/' || path as key, started_at from ${allAttempts(sql)} attempt`)
        .map(({ key, started_at }) => [key, started_at.getTime()]),
    );
    for (const { key, token, atMs } of calls) {
      const endMs = answeredMs.get(token)!;
      if (atMs > endMs) assert(begun.get(key)! <= endMs, `step ${key} began ${begun.get(key)! - endMs} ms too late`);
    }
    assert(calls.length >= WORKSPACES * ROUNDS * BUSY);
    const broken = world.logs.filter(({ level }) => level === "ERROR").map(({ message, error }) => [message, error]);
    assertEquals(broken, []);
  } finally {
    await world.stop();
    await sink.stop();
  }
});
