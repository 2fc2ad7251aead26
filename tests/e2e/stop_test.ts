/** SIGTERM and SIGINT under work: what is in flight is answered, claims are given back, the process ends within 5 s. */

import { assertEquals, assertMatch } from "@std/assert";
import { endsWithin } from "../support/program.ts";
import { startProgramScene } from "../support/program_scene.ts";
import { EFFECT, effects, installFlow, newIds, type SignedEvents, statusOf } from "../support/signed_events.ts";
import { eventually } from "../support/world.ts";

/** What platforms give a process between SIGTERM and SIGKILL at least. */
const LIMIT_MS = 5_000;

/** A delivery whose headers and half of whose body are sent; `finish` sends the rest and gives the answer's text. */
async function halfSent(events: SignedEvents, port: number, id: string) {
  const { path, headers } = events.request(port);
  const body = events.body(id);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = Object.entries({ host: "127.0.0.1", "content-length": body.length, connection: "close", ...headers });
  const head = `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  const write = async (text: string) => {
    const writer = connection.writable.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  };
  await write(head + body.slice(0, 10));
  return {
    finish: async () => {
      await write(body.slice(10));
      return await new Response(connection.readable).text();
    },
    abandon: () => connection.close(),
  };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} answers deliveries in flight, gives a hanging run back and exits 0 within 5 s`, async () => {
    const { simulator, start, stop } = await startProgramScene();
    try {
      const program = await start();
      const port = program.ports.universal_webhook!;
      const events = await installFlow(simulator, port);
      await simulator.addFault({ kind: "hang", ...EFFECT });
      const [hanging, late, ...others] = newIds(22);
      assertEquals(await statusOf(events.send(port, hanging!)), 200);
      await eventually(() => Promise.resolve(effects(simulator).has(hanging!)));

      const slow = await halfSent(events, port, late!);
      // The request counts as under way once its headers are read: the scrape itself is the other one.
      await eventually(async () => {
        const response = await fetch(`http://127.0.0.1:${port}/metrics`);
        return /^\S*api_requests_in_progress\{.*\} 2$/m.test(await response.text());
      });
      const answers = others.map((id) =>
        events.send(port, id).then(async (response) => {
          await response.body?.cancel();
          return response.status === 200;
        }, () => false)
      );
      program.kill(signal);
      const ended = endsWithin(program, LIMIT_MS);
      await eventually(() => Promise.resolve(program.log().some(({ message }) => message === "stop.started")));
      assertMatch(await slow.finish(), /^HTTP\/1.1 200 /, "a delivery whose first half came before the signal");
      const stored = await Promise.all(answers);
      const accepted = [hanging!, late!, ...others.filter((_, index) => stored[index])];
      assertEquals((await ended).code, 0);
      assertEquals(program.log().at(-1)?.message, "stop.finished");

      // At once: the lease of 25 s was given back, so the next process need not wait for its end.
      await simulator.clearFaults();
      const next = await start();
      await eventually(() => Promise.resolve(accepted.every((id) => effects(simulator).get(id)?.done)));
      // The first call may have its effect when the fault ends: that it is sent again is awaited for itself.
      const keys = await eventually(() => {
        const { keys } = effects(simulator).get(hanging!)!;
        return Promise.resolve(keys.length >= 2 && keys);
      });
      assertEquals(keys.length, 2, "the interrupted call was sent again");
      assertEquals(new Set(keys).size, 1, "with the same Idempotency-Key");
      next.kill(signal);
      assertEquals((await endsWithin(next, LIMIT_MS)).code, 0);
    } finally {
      await stop();
    }
  });
}

Deno.test("SIGTERM gives claims back although a sender never finishes its request", async () => {
  const { simulator, start, stop } = await startProgramScene();
  try {
    const program = await start();
    const port = program.ports.universal_webhook!;
    const events = await installFlow(simulator, port);
    await simulator.addFault({ kind: "hang", ...EFFECT });
    const [hanging, never] = newIds(2);
    assertEquals(await statusOf(events.send(port, hanging!)), 200);
    await eventually(() => Promise.resolve(effects(simulator).has(hanging!)));
    const slow = await halfSent(events, port, never!);
    program.kill("SIGTERM");
    assertEquals((await endsWithin(program, LIMIT_MS)).code, 0);
    slow.abandon();

    await simulator.clearFaults();
    const next = await start();
    await eventually(() => Promise.resolve(effects(simulator).get(hanging!)?.keys.length === 2));
    assertEquals(new Set(effects(simulator).get(hanging!)!.keys).size, 1);
    next.kill("SIGTERM");
    assertEquals((await endsWithin(next, LIMIT_MS)).code, 0);
  } finally {
    await stop();
  }
});
