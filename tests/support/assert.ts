/**
 * What the import map calls @std/assert, until it can be fetched: the names and the meaning of that package, so that one line
 * there swaps it. The text of a difference is node:assert's.
 */

import nodeAssert from "node:assert/strict";

/** What every check throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

// deno-lint-ignore no-explicit-any -- a class, whatever its constructor takes
type Class<T = any> = abstract new (...args: any[]) => T;

function check(holds: boolean, what: string, message?: string): asserts holds {
  if (!holds) throw new AssertionError(message === undefined ? what : `${what}: ${message}`);
}

function show(value: unknown): string {
  return Deno.inspect(value, { depth: 6, sorted: true, strAbbreviateSize: 2_000 });
}

/**
 * True when both are the same by value: 0 is -0, NaN is NaN, an object without a prototype is a plain one, a key that is
 * missing is not one that is undefined, and the order of sets and maps counts for nothing.
 */
export function equal(a: unknown, b: unknown): boolean {
  const seen = new Map<unknown, unknown>();
  return compare(a, b);

  function compare(a: unknown, b: unknown): boolean {
    if (typeof a === "number" && typeof b === "number") return a === b || (Number.isNaN(a) && Number.isNaN(b));
    if (Object.is(a, b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (!haveSameClass(a, b)) return false;
    if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
    if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
    if (a instanceof WeakMap || a instanceof WeakSet) return false;
    if (a instanceof Error && b instanceof Error && (a.message !== b.message || a.name !== b.name)) return false;
    if (seen.get(a) === b) return true;
    seen.set(a, b);
    if (a instanceof Set && b instanceof Set) return haveSameMembers([...a], [...b]);
    if (a instanceof Map && b instanceof Map) return haveSameMembers([...a], [...b]);
    const names = Reflect.ownKeys(a).filter((name) => isShown(a, name));
    if (names.length !== Reflect.ownKeys(b).filter((name) => isShown(b, name)).length) return false;
    return names.every((name) => isShown(b, name) && compare(Reflect.get(a, name), Reflect.get(b, name)));
  }

  function haveSameMembers(a: unknown[], b: unknown[]): boolean {
    if (a.length !== b.length) return false;
    const left = [...b];
    return a.every((one) => {
      const at = left.findIndex((other) => compare(one, other));
      if (at !== -1) left.splice(at, 1);
      return at !== -1;
    });
  }
}

function haveSameClass(a: object, b: object): boolean {
  return a.constructor === b.constructor || (a.constructor === Object && !b.constructor) ||
    (!a.constructor && b.constructor === Object);
}

function isShown(value: object, name: PropertyKey): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, name);
}

/** Throws unless `condition` counts as true. */
export function assert(condition: unknown, message = ""): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Throws unless `condition` counts as false. */
export function assertFalse(condition: unknown, message?: string): void {
  check(!condition, `expected a value that counts as false, got ${show(condition)}`, message);
}

/** Throws unless both are the same by value (equal()). */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    message === undefined ? difference(actual, expected) : `${message}\n${difference(actual, expected)}`,
  );
}

function difference(actual: unknown, expected: unknown): string {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    return (error as Error).message;
  }
  return `${show(actual)} is not ${show(expected)}`;
}

export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  check(!equal(actual, expected), `expected another value than ${show(actual)}`, message);
}

/** Throws unless both are the same value or object (Object.is). */
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T {
  check(Object.is(actual, expected), `expected ${show(expected)}, got ${show(actual)}`, message);
}

export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void {
  check(!Object.is(actual, expected), `expected another value than ${show(actual)}`, message);
}

/** Default tolerance: a ten-millionth of `expected`, or 1e-7 where it is 0. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, message?: string): void {
  const allowed = tolerance ?? (Number.isFinite(expected) && expected !== 0 ? Math.abs(expected * 1e-7) : 1e-7);
  const near = Object.is(actual, expected) || Math.abs(expected - actual) <= allowed;
  check(near, `expected ${expected} give or take ${allowed}, got ${actual}`, message);
}

/** Throws for null and undefined. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  check(actual !== undefined && actual !== null, `expected a value, got ${actual}`, message);
}

export function assertInstanceOf<T>(actual: unknown, type: Class<T>, message?: string): asserts actual is T {
  check(actual instanceof type, `expected an instance of ${type.name}, got ${show(actual)}`, message);
}

export function assertNotInstanceOf(actual: unknown, type: Class, message?: string): void {
  check(!(actual instanceof type), `expected no instance of ${type.name}`, message);
}

export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  check(expected.test(actual), `expected what fits ${expected}, got ${show(actual)}`, message);
}

export function assertNotMatch(actual: string, expected: RegExp, message?: string): void {
  check(!expected.test(actual), `expected nothing that fits ${expected}, got ${show(actual)}`, message);
}

export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  check(actual.includes(expected), `expected a text with ${show(expected)}, got ${show(actual)}`, message);
}

/** Throws unless each of `expected` is among `actual` by value. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, message?: string): void {
  const missing = Array.from(expected).filter((one) => !Array.from(actual).some((other) => equal(one, other)));
  check(missing.length === 0, `expected ${show(missing)} in ${show(actual)}`, message);
}

/** Throws unless `actual` has all that `expected` names, at every depth; what it has beside that counts for nothing. */
export function assertObjectMatch(
  actual: Record<PropertyKey, unknown>,
  expected: Record<PropertyKey, unknown>,
  message?: string,
): void {
  assertEquals(partOf(actual, expected), expected, message);
}

function partOf(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.map((one, index) => index < expected.length ? partOf(one, expected[index]) : one);
  }
  if (!isPlain(actual) || !isPlain(expected)) return actual;
  const named = Reflect.ownKeys(expected).filter((name) => name in actual);
  return Object.fromEntries(named.map((name) => [name, partOf(actual[name], expected[name])]));
}

function isPlain(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null && haveSameClass(value, {});
}

export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  check(actual > expected, `expected more than ${show(expected)}, got ${show(actual)}`, message);
}

export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  check(actual >= expected, `expected at least ${show(expected)}, got ${show(actual)}`, message);
}

export function assertLess<T>(actual: T, expected: T, message?: string): void {
  check(actual < expected, `expected less than ${show(expected)}, got ${show(actual)}`, message);
}

export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  check(actual <= expected, `expected at most ${show(expected)}, got ${show(actual)}`, message);
}

/** Throws unless `error` is an Error, of the class and with the part in its message where they are given. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  type?: Class<E>,
  part?: string | RegExp,
  message?: string,
): asserts error is E {
  check(error instanceof Error, `expected an Error, got ${show(error)}`, message);
  if (type) {
    check(error instanceof type, `expected an error of ${type.name}, got ${error.name}: ${error.message}`, message);
  }
  if (part === undefined) return;
  const fits = typeof part === "string" ? error.message.includes(part) : part.test(error.message);
  check(fits, `expected a message with ${show(part)}, got ${show(error.message)}`, message);
}

/** What `work` throws: anything, or an error of the class that is given, with `part` in its message. */
export function assertThrows(work: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error = Error>(
  work: () => unknown,
  type: Class<E>,
  part?: string,
  message?: string,
): E;
export function assertThrows(work: () => unknown, ...asked: Asked): unknown {
  try {
    work();
  } catch (error) {
    return fitting(error, asked);
  }
  throw new AssertionError(`expected an error, and none was thrown${suffix(asked)}`);
}

/** What the promise of `work` rejects with, checked as assertThrows() does. `work` itself must not throw. */
export function assertRejects(work: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  work: () => PromiseLike<unknown>,
  type: Class<E>,
  part?: string,
  message?: string,
): Promise<E>;
export async function assertRejects(work: () => PromiseLike<unknown>, ...asked: Asked): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = work();
  } catch (error) {
    throw new AssertionError(`expected a rejection, and it was thrown at once${suffix(asked)}`, { cause: error });
  }
  try {
    await promise;
  } catch (error) {
    return fitting(error, asked);
  }
  throw new AssertionError(`expected a rejection, and the promise was fulfilled${suffix(asked)}`);
}

type Asked = [typeOrMessage?: Class<Error> | string, part?: string, message?: string];

function fitting(error: unknown, [type, part, message]: Asked): unknown {
  if (typeof type === "function") assertIsError(error, type, part, message);
  return error;
}

function suffix([type, , message]: Asked): string {
  const said = typeof type === "string" ? type : message;
  return said === undefined ? "" : `: ${said}`;
}

export function fail(message?: string): never {
  throw new AssertionError(message === undefined ? "Failed" : `Failed: ${message}`);
}

export function unreachable(message?: string): never {
  throw new AssertionError(message === undefined ? "Unreachable" : `Unreachable: ${message}`);
}

export function unimplemented(message?: string): never {
  throw new AssertionError(message === undefined ? "Unimplemented" : `Unimplemented: ${message}`);
}
