/** Stand-in for @std/assert over node:assert/strict, behind the same name in the import map: one line there swaps it. */

import nodeAssert from "node:assert/strict";

/** Throws unless `condition` is true. */
export function assert(condition: unknown, message?: string): asserts condition {
  nodeAssert.ok(condition, message);
}

/** Throws unless both are deeply and strictly equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, message);
}

// deno-lint-ignore no-explicit-any -- a class of errors, whatever its constructor takes
type ErrorClass<E extends Error> = new (...args: any[]) => E;

/** The error that `work` throws, which must be an `ErrorClass` and hold `part` in its message where they are given. */
export function assertThrows<E extends Error = Error>(
  work: () => unknown,
  errorClass?: ErrorClass<E>,
  part?: string,
): E {
  try {
    work();
  } catch (error) {
    return checked(error, errorClass, part);
  }
  return nodeAssert.fail("expected an exception, but nothing was thrown");
}

/** The error that the promise of `work` rejects with, checked as assertThrows() does. */
export async function assertRejects<E extends Error = Error>(
  work: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  part?: string,
): Promise<E> {
  try {
    await work();
  } catch (error) {
    return checked(error, errorClass, part);
  }
  return nodeAssert.fail("expected a rejection, but the promise was fulfilled");
}

function checked<E extends Error>(error: unknown, errorClass?: ErrorClass<E>, part = ""): E {
  nodeAssert.ok(error instanceof (errorClass ?? Error), `expected ${errorClass?.name ?? "an Error"}, got ${error}`);
  nodeAssert.ok(error.message.includes(part), `expected a message with "${part}", got "${error.message}"`);
  return error as E;
}
