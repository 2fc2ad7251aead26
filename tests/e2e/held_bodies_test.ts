/** Bodies that do not end, or are large and many at once: memory is bounded, and known senders are served all the while. */

import { assert, assertEquals } from "@std/assert";
import { ask, type Json } from "../http/door.ts";
import { SERVER_URL } from "../support/database.ts";
import { type Held, type HeldRequest, holdBodies, resetMost, residentBytes } from "../support/held_bodies.ts";
import { HURRIED } from "../support/child.ts";
import type { Program } from "../support/program.ts";
import { startProgramScene } from "../support/program_scene.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";

const EVENT = "NEW_TIME_ENTRY";
const MB = 1_048_576;
const LARGEST = 5_242_880;
/** How much a stranger's attack may add. */
const MOST_GROWTH_BYTES = 64 * MB;
/** With PostgreSQL, whatever known senders send. */
const MOST_BYTES = 512 * MB;

/** Some 300 bytes. */
const ENTRY = {
  id: 0,
  description: "Survey of the northern quay, second day",
  billable: true,
  tagIds: ["5f3a2b9c8d7e6f5a4b3c2d1e", "5f3a2b9c8d7e6f5a4b3c2d1f"],
  timeInterval: { start: "2026-11-16T08:00:00Z", end: "2026-11-16T17:00:00Z", duration: "PT9H" },
  userId: "5f3a2b9c8d7e6f5a4b3c2d20",
};

interface Scene {
  program: Program;
  universal: string;
  addon: string;
  port(of: "universal" | "addon"): number;
  /** Address of a source whose bodies are signed, and its sender's delivery. */
  source: { path: string; send(): Promise<number> };
  /** Sends an event as Clockify does, of one of four installations, with these values in it. */
  deliver(sender?: number, more?: string): Promise<{ status: number; retryAfter: string | null; body: Json }>;
  metric(name: string): Promise<number>;
}

const ADDRESSES = { "x-forwarded-for": "203.0.113.9" };

async function withScene(work: (scene: Scene) => Promise<void>) {
  const { simulator, start, stop } = await startProgramScene({
    ...HURRIED,
    PROFILES: "universal_webhook,clockify_addon",
    TRUSTED_PROXIES: "127.0.0.1",
  });
  try {
    const program = await start();
    const universal = `http://127.0.0.1:${program.ports.universal_webhook}`;
    const addon = `http://127.0.0.1:${program.ports.clockify_addon}`;
    const workspaces = await simulator.workspaces();
    const senders: { base: string; workspaceId: string; token: string }[] = [];
    for (const base of [universal, addon]) {
      for (const { id: workspaceId } of workspaces.slice(0, 2)) {
        const { lifecycle, webhooks } = await simulator.install({ manifestUrl: `${base}/manifest`, workspaceId });
        assertEquals(lifecycle.status, 200);
        senders.push({ base, workspaceId, token: webhooks.find(({ event }) => event === EVENT)!.authToken });
      }
    }
    const made = await ask(`${universal}/ui/sources?workspace_id=${workspaces[0]!.id}`, {
      headers: { "x-api-key": OPERATOR_KEY },
      body: { name: "shop", preset: "github" },
    });
    assertEquals(made.status, 201, JSON.stringify(made.body));
    const path = new URL(made.body.url).pathname;
    const deliver: Scene["deliver"] = async (sender = 0, more = "") => {
      const { base, workspaceId, token } = senders[sender]!;
      const answer = await ask(`${base}/webhooks/clockify/${EVENT}`, {
        headers: { "clockify-signature": token, "clockify-webhook-event-type": EVENT, ...ADDRESSES },
        body: `{"id":"${crypto.randomUUID()}","workspaceId":"${workspaceId}","more":[${more}]}`,
      });
      return { status: answer.status, retryAfter: answer.headers.get("retry-after"), body: answer.body };
    };
    await work({
      program,
      universal,
      addon,
      port: (of) => program.ports[of === "addon" ? "clockify_addon" : "universal_webhook"]!,
      source: {
        path,
        send: async () => {
          const body = JSON.stringify({ action: crypto.randomUUID() });
          const signed = await hmac(made.body.secret, body);
          const headers = { "x-hub-signature-256": `sha256=${signed}`, "x-forwarded-for": "198.51.100.7" };
          return (await ask(universal + path, { headers, body })).status;
        },
      },
      deliver,
      metric: async (name) => {
        // Each listener shows its own add-on; what is the whole process's stands on both, and counts once.
        const texts = await Promise.all(
          [universal, addon].map(async (base) => (await ask(`${base}/metrics`)).body as string),
        );
        const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line.startsWith(name));
        const values = new Map(lines.map((line) => line.split(" ") as [series: string, value: string]));
        return [...values.values()].reduce((sum, value) => sum + Number(value), 0);
      },
    });
  } finally {
    await stop();
  }
}

async function hmac(secret: string, body: string): Promise<string> {
  const text = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", text.encode(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, text.encode(body))).toHex();
}

/** The statuses with which all of an attack's requests were answered. */
function statuses({ answers }: Held): number[] {
  return [...answers.keys()].sort();
}

const total = ({ answers }: Held) => [...answers.values()].reduce((sum, count) => sum + count, 0);

Deno.test("bodies that strangers declare, begin or send all but the end of take 64 MB at most, and keep no known sender out", async () => {
  await withScene(async ({ program, port, source, deliver, metric }) => {
    for (let i = 0; i < 300; i++) assertEquals((await deliver()).status, 200);
    const begun = (of: "universal" | "addon", path: string, headers = {}): HeldRequest => ({
      port: port(of),
      path,
      headers,
      declared: LARGEST,
      sent: 1,
    });
    const forged = { "clockify-signature": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjbG9ja2lmeSJ9.c2ln" };
    const unsigned = { "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
    const spread = (index: number) => ({ ...unsigned, "x-forwarded-for": `192.0.2.${index % 250}` });

    // Refused by their head alone: with how many connections, and the status that each gets at once.
    const refused: Record<string, [count: number, status: number, request: HeldRequest]> = {
      "a source that is none": [200, 404, begun("universal", `/webhooks/custom/none-${"a".repeat(26)}`)],
      "an install without a token": [200, 401, begun("addon", "/lifecycle/installed")],
      "an install with a forged token": [200, 401, begun("addon", "/lifecycle/installed", forged)],
      "a category without a token": [200, 401, begun("addon", "/webhooks/time")],
      "a category with a forged token": [200, 401, begun("addon", "/webhooks/time", forged)],
      "a source without its proof": [20, 401, begun("universal", source.path)],
      "half-open ones": [1_000, 401, { ...begun("universal", "/ui/flows"), declared: undefined }],
    };
    for (const [name, [count, status, request]] of Object.entries(refused)) {
      await attack(name, () => holdBodies(count, () => request), async (held) => {
        await eventually(() => Promise.resolve(total(held) === count));
        assertEquals(statuses(held), [status], name);
      });
    }

    // Of a source whose proof is in the body: some are held, in bounded memory.
    const held: Record<string, [count: number, request: (index: number) => HeldRequest]> = {
      "half-open, one address": [1_000, () => begun("universal", source.path, unsigned)],
      "half-open, 250 addresses": [1_000, (index) => begun("universal", source.path, spread(index))],
      "half-open and small": [
        1_000,
        (index) => ({ ...begun("universal", source.path, spread(index)), declared: 9_000 }),
      ],
      "half-open by chunks": [1_000, (i) => ({ ...begun("universal", source.path, spread(i)), declared: undefined })],
      "whole but for a byte": [60, (i) => ({ ...begun("universal", source.path, spread(i)), sent: LARGEST - 1 })],
    };
    for (const [name, [count, request]] of Object.entries(held)) {
      await attack(name, () => holdBodies(count, request), async (attackers) => {
        for (const status of statuses(attackers)) assert([429, 503, 408].includes(status), `${name}: ${status}`);
        // Bodies of other strangers make room once they are slow: its sender comes through, at the latest by trying again.
        await eventually(async () => await source.send() === 200);
      });
    }
    assert(await metric("request_bodies_refused_total") > 0);

    async function attack(name: string, begin: () => Promise<Held>, meanwhile: (held: Held) => Promise<void>) {
      await resetMost(program.pid);
      const before = (await residentBytes(program.pid)).now;
      const attackers = await begin();
      for (let i = 0; i < 20; i++) assertEquals((await deliver()).status, 200, name);
      await meanwhile(attackers);
      for (let i = 0; i < 20; i++) assertEquals((await deliver()).status, 200, name);
      const { most } = await residentBytes(program.pid);
      attackers.release();
      await eventually(async () => await metric("request_body_bytes") === 0);
      assert(most - before < MOST_GROWTH_BYTES, `${name}: ${Math.round((most - before) / MB)} MB more`);
    }
  });
});

Deno.test("60 deliveries of 5.2 MB at once: 512 MB at most, and what is refused says when to come back", async () => {
  await withScene(async ({ program, deliver, metric }) => {
    let small = 300;
    for (let i = 0; i < small; i++) assertEquals((await deliver()).status, 200);
    await resetMost(program.pid);
    const values = {
      "one text": `"${"x".repeat(LARGEST - 1_000)}"`,
      "time entries": Array.from({ length: 17_000 }, (_, id) => JSON.stringify({ ...ENTRY, id })).join(),
    };
    let storedInAll = 0;
    for (const senders of [1, 4]) {
      for (const [name, more] of Object.entries(values)) {
        const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => deliver(index % senders, more)));
        const { most } = await residentBytes(program.pid);
        for (const { status, retryAfter, body } of answers) {
          assert([200, 429, 503].includes(status), JSON.stringify(body));
          if (status !== 200) assert(Number(retryAfter) > 0);
        }
        storedInAll += answers.filter(({ status }) => status === 200).length;
        if (SERVER_URL) assert(most < MOST_BYTES, `${name}: ${Math.round(most / MB)} MB`);
        assertEquals((await deliver()).status, 200);
        small++;
      }
    }
    assert(storedInAll > 0);
    // Nothing behind a refusal; what is shown is up to 5 s old.
    await eventually(async () => await metric("webhooks_received_total") >= small + storedInAll);
    assertEquals([await metric("webhooks_received_total"), await metric("request_body_bytes")], [
      small + storedInAll,
      0,
    ]);
  });
});
