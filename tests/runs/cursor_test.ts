/** Tests of the cursor of a list of runs: it comes back as it went, and no other text passes. */

import { assertEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { AppError } from "../../src/base/errors.ts";
import { decodeCursor, encodeCursor } from "../../src/runs/cursor.ts";

function refused(text: string) {
  assertThrowsLike(() => decodeCursor(text), (error) => error instanceof AppError && error.code === "REQUEST_INVALID");
}

Deno.test("decodeCursor() gives back what encodeCursor() was given", () => {
  fc.assert(fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.uuid(), (micros, id) => {
    assertEquals(decodeCursor(encodeCursor({ micros, id })), { micros, id });
  }));
});

Deno.test("decodeCursor() refuses any text that encodeCursor() does not make", () => {
  const isOurs = (text: string) => {
    try {
      return encodeCursor(decodeCursor(text)) === text;
    } catch {
      return false;
    }
  };
  const encoded = fc.string({ unit: "binary" }).map((text) => btoa(encodeURIComponent(text)));
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), encoded), (text) => {
    if (!isOurs(text)) refused(text);
  }));
  const cursor = encodeCursor({ micros: 1, id: crypto.randomUUID() });
  for (const text of ["", cursor.slice(1), `${cursor}=`, ` ${cursor}`, `${cursor}\n`, cursor.repeat(2)]) refused(text);
});
