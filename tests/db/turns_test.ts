/** Tests of src/db/turns.ts: what travels together, whose turn it is, and that an entity's deliveries keep their order. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type PreparedDelivery, prepareDelivery } from "../../src/ingest/delivery.ts";
import { createTurns } from "../../src/db/turns.ts";

const limits = { maxItems: 10, maxBytes: 1_000, smallBytes: 100 };

function delivery(name: string, { of = 1, bytes = 10, entity = name } = {}): PreparedDelivery {
  return prepareDelivery({
    installationId: of,
    generation: 1,
    eventType: "NEW_TAG",
    body: new Uint8Array(bytes),
    entityKey: entity,
    headers: {},
    requestId: name,
  });
}

const names = (batch: readonly PreparedDelivery[]) => batch.map(({ requestId }) => requestId);

Deno.test("take() gives each installation a turn: one that sent much does not stand before another", () => {
  const line = createTurns<PreparedDelivery>(limits);
  for (let i = 0; i < 30; i++) line.push(delivery(`a${i}`, { of: 1 }));
  for (let i = 0; i < 3; i++) line.push(delivery(`b${i}`, { of: 2 }));
  line.push(delivery("c0", { of: 3 }));
  const batch = line.take();
  assertEquals(names(batch), ["a0", "b0", "c0", "a1", "b1", "a2", "b2", "a3", "a4", "a5"]);
  assertEquals(line.take(), [], "the next one begins when this one has ended");
  line.ended(batch);
  assertEquals(names(line.take())[0], "a6");
});

Deno.test("take() gives one no more of a batch than it may have, and others what is left; what stays behind keeps its turn", () => {
  const few = new Set([1]);
  const line = createTurns<PreparedDelivery>({ ...limits, mostOfOne: (id) => few.has(id) ? 3 : Infinity });
  for (let i = 0; i < 9; i++) line.push(delivery(`a${i}`, { of: 1 }));
  for (let i = 0; i < 5; i++) line.push(delivery(`b${i}`, { of: 2 }));
  const take = () => {
    const batch = line.take();
    if (batch.length > 0) line.ended(batch);
    return names(batch);
  };
  assertEquals(take(), ["a0", "b0", "a1", "b1", "a2", "b2", "b3", "b4"]);
  assertEquals(take(), ["a3", "a4", "a5"], "alone in the line it is not alone in the process");
  line.push(delivery("b5", { of: 2 }));
  assertEquals(take(), ["a6", "b5", "a7", "a8"]);
  for (let i = 10; i < 16; i++) line.push(delivery(`a${i}`, { of: 1 }));
  few.clear();
  assertEquals(take().length, 6, "it has the process to itself again");
  assertEquals(take(), []);
});

Deno.test("take() bounds a batch in bytes, headers counted; what is larger travels alone, beside small ones", () => {
  const line = createTurns<PreparedDelivery>(limits);
  for (let i = 0; i < 12; i++) line.push(delivery(`large${i}`, { bytes: 400 }));
  line.push(delivery("huge", { bytes: 5_000, of: 2 }));
  line.push(delivery("small"));
  const small = line.take();
  assertEquals(names(small), ["small"]);
  const first = line.take();
  assertEquals(names(first), ["large0"], "the huge one has its turn and does not fit");
  assertEquals(line.take(), []);
  line.ended(first);
  const second = line.take();
  assertEquals(names(second), ["huge"]);
  line.push(delivery("small2"));
  assertEquals(line.take(), [], "the lane of small ones has its batch under way still");
  line.ended(small);
  assertEquals(names(line.take()), ["small2"], "a large batch under way holds up no small one");
  line.ended(second);
  assertEquals(names(line.take()), ["large1", "large2"]);

  const headers = { "x-padding": "x".repeat(300) };
  assertEquals(prepareDelivery({ ...delivery("padded"), headers }).bytes, 10 + 309);
});

Deno.test("take() never has two deliveries of an entity and type under way, and keeps their order, whatever their sizes", () => {
  const sent = fc.array(
    fc.record({
      of: fc.integer({ min: 1, max: 3 }),
      entity: fc.constantFrom("x", "y", "z"),
      bytes: fc.constantFrom(10, 90, 400, 3_000),
    }),
    { minLength: 1, maxLength: 60 },
  );
  const atOnce = fc.integer({ min: 1, max: 3 });
  fc.assert(fc.property(sent, fc.array(fc.nat({ max: 2 })), atOnce, (sent, moves, smallAtOnce) => {
    const line = createTurns<PreparedDelivery>({ ...limits, smallAtOnce });
    const underWay: PreparedDelivery[][] = [];
    const stored: string[] = [];
    const take = () => {
      const batch = line.take();
      if (batch.length === 0) return false;
      underWay.push(batch);
      const small = underWay.filter(([first]) => first!.bytes <= limits.smallBytes);
      assert(small.length <= smallAtOnce && underWay.length - small.length <= 1);
      const keys = underWay.flat().map(({ batchKey }) => batchKey);
      assertEquals(new Set(keys).size, keys.length);
      assert(batch.length === 1 || batch.reduce((sum, { bytes }) => sum + bytes, 0) <= limits.maxBytes);
      assert(batch.length <= limits.maxItems);
      return true;
    };
    const end = (index: number) => {
      const [batch] = underWay.splice(index, 1);
      stored.push(...names(batch!));
      line.ended(batch!);
    };
    const step = (move: number) => {
      if (move === 0) take();
      else if (underWay.length > 0) end(move % underWay.length);
    };
    sent.forEach((one, index) => {
      line.push(delivery(`${one.of}${one.entity} ${index}`, one));
      step(moves[index] ?? 2);
    });
    while (take() || underWay.length > 0) if (underWay.length > 0) end(0);
    assertEquals(stored.length, sent.length);
    for (const [key, ones] of Map.groupBy(stored, (name) => name.split(" ")[0])) {
      const order = ones.map((name) => Number(name.split(" ")[1]));
      assertEquals(order, order.toSorted((a, b) => a - b), key);
    }
  }));
});

Deno.test("keep() takes out what was given up, and what waited for it goes on", () => {
  const line = createTurns<PreparedDelivery>(limits);
  const gone = [delivery("a1", { entity: "a" }), delivery("a2", { entity: "a", bytes: 500 }), delivery("b1")];
  const stay = [delivery("a3", { entity: "a", bytes: 500 }), delivery("c1")];
  for (const one of [gone[0]!, gone[1]!, gone[2]!, ...stay]) line.push(one);
  line.keep((one) => stay.includes(one));
  const small = line.take();
  const large = line.take();
  assertEquals([names(small), names(large)], [["c1"], ["a3"]]);
  line.ended(small);
  line.ended(large);
  assertEquals(line.take(), []);
});
