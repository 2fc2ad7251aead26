/** Checks of an error by more than its class: a code, a part of its message, its details. What is thrown is found by @std/assert. */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";

/**
 * What an error must be like: a pattern that its text (`name: message`) fits, properties each equal by value, or, where a
 * pattern is given for one, a text that fits; or a function that checks it and says `true`.
 */
// deno-lint-ignore no-explicit-any -- whatever the error is taken for
export type Like = RegExp | ((error: any) => boolean) | { [name: string]: unknown };

/** Throws unless `work` throws something that is like `like`. */
export function assertThrowsLike(work: () => unknown, like: Like, message?: string): void {
  requireLike(assertThrows(work, message), like, message);
}

/** Throws unless the promise, or the one that a function gives, rejects with something that is like `like`. */
export async function assertRejectsLike(
  work: PromiseLike<unknown> | (() => PromiseLike<unknown>),
  like: Like,
  message?: string,
): Promise<void> {
  requireLike(await assertRejects(typeof work === "function" ? work : () => work, message), like, message);
}

function requireLike(error: unknown, like: Like, message?: string): void {
  if (like instanceof RegExp) return assertMatch(String(error), like, message);
  if (typeof like === "function") return assert(like(error) === true, message ?? `not like it: ${String(error)}`);
  for (const [name, expected] of Object.entries(like)) {
    const actual = Reflect.get(error as object, name);
    const what = `${name} of ${String(error)}${message === undefined ? "" : `: ${message}`}`;
    if (expected instanceof RegExp && typeof actual === "string") assertMatch(actual, expected, what);
    else assertEquals(actual, expected, what);
  }
}
