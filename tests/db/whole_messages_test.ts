/** Tests of src/db/whole_messages.ts: whatever the chunks, the same bytes come out, in whole messages, each copied once. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { gather } from "../../src/db/whole_messages.ts";

function startup(): Buffer {
  const body = Buffer.from("user\0postgres\0\0");
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.byteLength);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

function message(type: string, bytes: number): Buffer {
  const made = Buffer.alloc(5 + bytes, type);
  made.writeInt32BE(4 + bytes, 1);
  return made;
}

Deno.test("gather() hands on the same bytes in whole messages, whatever the chunks", () => {
  const messages = fc.array(fc.record({ type: fc.constantFrom("P", "B", "E", "S"), bytes: fc.nat({ max: 200 }) }));
  const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
  fc.assert(fc.property(messages, cuts, (messages, cuts) => {
    const sent = [startup(), ...messages.map(({ type, bytes }) => message(type, bytes))];
    const whole = Buffer.concat(sent);
    const ends = new Set(sent.map((_, index) => Buffer.concat(sent.slice(0, index + 1)).byteLength));
    const got: Buffer[] = [];
    let came = 0;
    const push = gather((data) => {
      got.push(Buffer.from(data));
      came += data.byteLength;
      assert(ends.has(came), "ends where a message ends");
    });
    for (let at = 0, index = 0; at < whole.byteLength; index++) {
      const size = cuts[index % cuts.length]!;
      push(whole.subarray(at, at + size));
      at += size;
    }
    assert(Buffer.concat(got).equals(whole));
  }));
});

Deno.test("gather() hands a request for TLS on before the startup message, and a large message in one piece", () => {
  const got: number[] = [];
  const push = gather((data) => void got.push(data.byteLength));
  const tls = Buffer.alloc(8);
  tls.writeInt32BE(8);
  tls.writeInt32BE(80_877_103, 4);
  push(tls);
  push(startup());
  const large = message("B", 1_000_000);
  for (let at = 0; at < large.byteLength; at += 65_536) push(large.subarray(at, at + 65_536));
  push(message("S", 0));
  assertEquals(got, [8, startup().byteLength, 1_000_005, 5]);
});
