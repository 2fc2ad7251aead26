/**
 * What one cheap request may cost: strangers, members, admins and senders do their worst, one after another, while others
 * ask for the program's health and send deliveries. Their answers, and its memory, are what is looked at.
 *
 * ABUSE_MINUTES repeats the list for so long, and holds the memory of its end against that of its first rounds.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type AbuseScene, PROFILE, startAbuseScene, statuses } from "../support/abuse_scene.ts";
import { DATABASE_KIND } from "../support/database.ts";

/** What others may wait at most, and three times what the machine itself made them wait meanwhile. */
const HEALTH_MS = 300;
const ACK_MS = 1_000;
const PEAK_MB = { postgres: 512, embedded: 1_024 }[DATABASE_KIND];
const MINUTES = Number(Deno.env.get("ABUSE_MINUTES") ?? 0);

let scene: AbuseScene;

interface Abuse {
  who: "stranger" | "sender" | "member" | "admin";
  what: string;
  /** Fails when an answer is not as it should be; gives what is worth a line. */
  run(): Promise<unknown>;
}

const MB = 1_048_576;
const letters = (count: number) => "abcdefghij".repeat(Math.ceil(count / 10)).slice(0, count);

/** Connections that have sent `head` and no more, held until the program has had time to make something of it. */
async function held(count: number, head: string, extra: Uint8Array = new Uint8Array()) {
  const open: Deno.TcpConn[] = [];
  const bytes = new TextEncoder().encode(head);
  for (let begun = 0; begun < count; begun += 50) {
    open.push(
      ...await Promise.all(Array.from({ length: Math.min(50, count - begun) }, async () => {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: scene.port });
        await connection.write(bytes).catch(() => {});
        return connection;
      })),
    );
  }
  await Promise.all(open.map(async (connection) => {
    for (let sent = 0; sent < extra.length;) {
      const more = await connection.write(extra.subarray(sent)).catch(() => 0);
      if (more === 0) break;
      sent += more;
    }
  }));
  await pause(2_000);
  for (const connection of open) connection.close();
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

const half = (path: string, headers: Record<string, string> = {}, length = 5 * MB) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n` +
  Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("") + "\r\n{";

const many = (count: number, request: (index: number) => Promise<Response>) =>
  statuses(Array.from({ length: count }, (_, index) => request(index)));

const token = () => crypto.randomUUID().replaceAll("-", "");

function deliver(fields: Record<string, unknown>) {
  const { abuser, base, deliveryPath } = scene;
  const body = JSON.stringify({ id: token().slice(0, 24), workspaceId: abuser.workspaceId, ...fields });
  return fetch(base + deliveryPath, { method: "POST", headers: abuser.delivery, body });
}

/** Delivered whatever the rates say, by asking again; gives the event's id. */
async function delivered(fields: Record<string, unknown>): Promise<string> {
  for (;;) {
    const answer = await deliver(fields);
    const body = await answer.json();
    if (answer.status === 200) return body.webhookId;
    assert([429, 503].includes(answer.status), JSON.stringify(body));
    await pause(Number(answer.headers.get("retry-after") ?? 1) * 1_000);
  }
}

async function ask(
  path: string,
  { as = "admin", ...init }: { as?: "admin" | "member"; method?: string; body?: unknown },
) {
  const answer = await fetch(scene.base + path, {
    method: init.method ?? "GET",
    headers: { ...scene.abuser[as], ...(init.body !== undefined && { "content-type": "application/json" }) },
    body: init.body === undefined ? undefined : JSON.stringify(init.body),
  });
  return { status: answer.status, text: await answer.text() };
}

const asMember = (path: string) => fetch(scene.base + path, { headers: scene.abuser.member });

/** A flow that listens for the event while `work` goes on. */
async function withFlow(flow: Record<string, unknown>, work: () => Promise<void>): Promise<unknown> {
  const saved = await ask("/ui/flows", {
    method: "POST",
    body: { name: "abuse", enabled: true, trigger_event_types: ["TIMER_STOPPED"], ...flow },
  });
  // Refused on save is as good.
  if (saved.status === 422) return JSON.parse(saved.text).faults;
  assertEquals(saved.status, 201, saved.text.slice(0, 500));
  await work();
  const removed = await ask(`/ui/flows/${JSON.parse(saved.text).id}`, { method: "DELETE" });
  assert(removed.status < 300, removed.text);
  return undefined;
}

const TAG = { operation_id: "createNewTag", body: { name: "x" } };

async function decided(id: string) {
  for (;;) {
    const { status, text } = await ask(`/ui/webhooks/${id}`, {});
    if (status === 200 && JSON.parse(text).outcome !== "waiting") return;
    await pause(100);
  }
}

const ABUSES: Abuse[] = [
  ...["/webhooks/custom/none-abcdefghijklmnopqrstuvwxyz", "/lifecycle/installed", "/webhooks/time-entries"].map(
    (path): Abuse => ({
      who: "stranger",
      what: `200 bodies of 5 MB begun with one byte at ${path}`,
      run: () => held(200, half(path)),
    }),
  ),
  {
    who: "stranger",
    what: "1,000 requests whose headers do not end",
    run: () => held(1_000, "POST /webhooks/custom/x HTTP/1.1\r\nhost: x\r\n"),
  },
  {
    who: "stranger",
    what: "40 bodies of 5 MB held before their last byte, under a token that is none",
    run: () =>
      held(
        40,
        half("/webhooks/clockify/TIMER_STOPPED", { "clockify-signature": token() }),
        new TextEncoder().encode(letters(5 * MB - 2)),
      ),
  },
  {
    who: "stranger",
    what: "3,000 random tokens and source keys",
    run: async () => {
      for (let round = 0; round < 10; round++) {
        const seen = await many(300, (index) => {
          const [path, headers] = index % 2 === 0
            ? [scene.deliveryPath, { "clockify-signature": token(), "clockify-webhook-event-type": "TIMER_STOPPED" }]
            : [`/webhooks/custom/${token()}`, {}];
          return fetch(scene.base + path, { method: "POST", headers: headers as Record<string, string>, body: "{}" });
        });
        assertEquals(seen[200], undefined);
      }
    },
  },
  {
    who: "stranger",
    what: "1,500 garbage logins, and a good one from the same address",
    run: async () => {
      for (let round = 0; round < 3; round++) {
        const seen = await many(
          500,
          () =>
            fetch(`${scene.base}/ui/webhooks`, { headers: { "x-addon-token": `eyJhbGciOiJSUzI1NiJ9.e30.${token()}` } }),
        );
        assertEquals(seen[200], undefined);
      }
      assertEquals((await ask("/ui/webhooks?limit=1", {})).status, 200);
    },
  },
  {
    who: "stranger",
    what: "400 looks at /metrics at once",
    run: () => many(400, () => fetch(`${scene.base}/metrics`)),
  },
  {
    who: "stranger",
    what: "300 bodies of 0.5 MB of JSON without a token",
    run: async () => {
      const body = JSON.stringify({ list: Array.from({ length: 40_000 }, (_, index) => `item ${index}`) });
      for (const path of ["/lifecycle/installed", "/webhooks/time-entries"]) {
        await many(
          150,
          () => fetch(scene.base + path, { method: "POST", headers: { "content-type": "application/json" }, body }),
        );
      }
    },
  },
  {
    who: "stranger",
    what: "20 bodies in chunks of one byte, at the name of a source that is none",
    run: () => {
      const head = "POST /webhooks/custom/anything HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" +
        `x-workspace-id: ${"a".repeat(24)}\r\ntransfer-encoding: chunked\r\n\r\n`;
      return held(20, head, new TextEncoder().encode("1\r\na\r\n".repeat(100_000)));
    },
  },
  {
    who: "stranger",
    what: "1,000 times the documentation",
    run: async () => {
      for (const path of ["/openapi.json", "/docs"]) await many(500, () => fetch(scene.base + path));
    },
  },
  {
    who: "sender",
    what: "ten deliveries of 5 MB of empty lists",
    run: () => {
      const lists = Array(1_700_000).fill("[]").join();
      return many(
        10,
        () =>
          fetch(scene.base + scene.deliveryPath, {
            method: "POST",
            headers: scene.abuser.delivery,
            body: `[${lists}]`,
          }),
      );
    },
  },
  {
    who: "sender",
    what: "60 deliveries of 5 MB at once",
    run: async () => {
      const text = letters(4.9 * MB);
      const seen = await many(60, () => deliver({ text }));
      assertEquals(Object.keys(seen).filter((status) => !["200", "429", "503"].includes(status)), []);
      return seen;
    },
  },
  {
    who: "member",
    what: "60 searches of 64 kB events by a path of wildcards",
    run: async () => {
      const seen = await many(60, () => asMember("/ui/webhooks?field=$.*.*.*&value=x"));
      assertEquals(Object.keys(seen).filter((status) => !["200", "429", "503"].includes(status)), []);
      return seen;
    },
  },
  {
    who: "member",
    what: "an event of 4 MB of letters opened 20 times",
    run: () => many(20, () => asMember(`/ui/webhooks/${large}`)),
  },
  {
    who: "member",
    what: "what flows make of an event of 1 MB, 40 times",
    run: () => many(40, () => asMember(`/ui/webhooks/${medium}/flows`)),
  },
  {
    who: "member",
    what: "1,000 streams",
    run: async () => {
      const ends = new AbortController();
      const seen = await Promise.all(Array.from({ length: 1_000 }, async () => {
        const answer = await fetch(`${scene.base}/ui/stream`, { headers: scene.abuser.member, signal: ends.signal });
        if (answer.status !== 200) await answer.body?.cancel();
        return answer.status;
      }));
      assert(seen.filter((status) => status === 200).length <= 8, "places of one login");
      const admin = await fetch(`${scene.base}/ui/stream`, { headers: scene.abuser.admin, signal: ends.signal });
      assertEquals(admin.status, 200, "an admin's live view has its place");
      await pause(500);
      ends.abort();
    },
  },
  {
    who: "admin",
    what: "a pattern of 400 repeats over each item of an event of 1 MB",
    run: () =>
      withFlow({
        conditions: {
          type: "ALL",
          rules: [{ field: "$.webhook.items[*]", operator: "matches", value: "a.{200}b.{200}[x-z]" }],
        },
        actions: [TAG],
      }, async () => decided(await delivered({ items: Array.from({ length: 200 }, () => "ab".repeat(2_500)) }))),
  },
  {
    who: "admin",
    what: "200 rules that look everywhere in an event of 0.3 MB",
    run: () =>
      withFlow({
        conditions: {
          type: "ANY",
          rules: Array.from(
            { length: 100 },
            (_, index) => ({ field: `$.webhook..x${index}`, operator: "==", value: "y" }),
          ),
        },
        actions: [TAG],
      }, async () => decided(await delivered(bushy(20_000)))),
  },
  {
    who: "admin",
    what: "400 templates that look everywhere in an event of 0.3 MB",
    run: () =>
      withFlow({
        actions: [{
          ...TAG,
          body: { name: Array.from({ length: 400 }, (_, index) => `{{$.webhook..z${index}}}`).join("") },
        }],
      }, async () => decided(await delivered(bushy(20_000)))),
  },
];

/** An object of so many values. */
function bushy(count: number): Record<string, unknown> {
  const lists = Array.from(
    { length: count / 100 },
    (_, at) => Array.from({ length: 100 }, (_, index) => `v${at}.${index}`),
  );
  return { lists };
}

let large: string;
let medium: string;

Deno.test("a program and its others start", async () => {
  scene = await startAbuseScene();
  for (let at = 0; at < 220; at++) {
    await delivered({ rows: Array.from({ length: 700 }, (_, row) => ({ row, text: letters(70), at })) });
  }
  large = await delivered({ text: letters(4 * MB) });
  medium = await delivered({ items: Array.from({ length: 200 }, () => letters(5_000)) });
});

/** Whether the others waited no longer than they may. */
async function isBorne({ who, what, run }: Abuse): Promise<boolean> {
  let said: unknown;
  const { looks, healthMs, ackMs, controlMs, unlike } = await scene.during(async () => void (said = await run()));
  console.log(
    `${who}: ${what}: ${
      said === undefined ? "" : `${JSON.stringify(said)}, `
    }health ${healthMs} ms, ack ${ackMs} ms, machine ${controlMs} ms (${looks} looks), ` +
      `${await scene.residentMb()} MB, at most ${await scene.peakMb()} MB`,
  );
  assertEquals(unlike, [], "answers to the others");
  return healthMs <= HEALTH_MS + 3 * controlMs && ackMs <= ACK_MS + 3 * controlMs;
}

async function suffer(abuse: Abuse): Promise<void> {
  assert(await isBorne(abuse), "the others waited too long");
}

for (const abuse of ABUSES) Deno.test(`${abuse.who}: ${abuse.what}`, () => suffer(abuse));

Deno.test(`memory stayed below ${PEAK_MB} MB, and 5 s later all is as before`, async () => {
  await pause(5_000);
  await suffer({ who: "admin", what: "nothing", run: () => pause(1_000) });
  const peakMb = await scene.peakMb();
  assert(peakMb < PEAK_MB, `${peakMb} MB`);
  const metrics = await (await fetch(`${scene.base}/metrics`)).text();
  assertMatch(metrics, /./);
  assertEquals(PROFILE in scene.program.ports, true);
});

if (MINUTES > 0) {
  Deno.test(`${MINUTES} minutes of it: memory stays flat`, async () => {
    const until = performance.now() + MINUTES * 60_000;
    const residents: number[] = [];
    let borne = 0;
    let looks = 0;
    while (performance.now() < until) {
      for (const abuse of ABUSES) {
        borne += Number(await isBorne(abuse));
        looks++;
      }
      await pause(5_000);
      residents.push(await scene.residentMb());
      console.log(
        `after round ${residents.length}: ${residents.at(-1)} MB; ${looks - borne} of ${looks} waits too long`,
      );
    }
    const [early, late] = [residents.slice(0, 3), residents.slice(-3)].map((some) => Math.max(...some));
    assert(late! <= early! + 64, `${early} MB in the first rounds, ${late} MB in the last`);
  });
}

Deno.test("the program ends by SIGTERM", async () => {
  scene.program.kill("SIGTERM");
  assertEquals((await scene.program.ended).code, 0);
  await scene.stop();
});
