/**
 * The driver, postgres 3.4.9, without the ways on which a statement reaches a connection that serves another transaction,
 * or none at all and seems done.
 *
 * It was asked for, so its faults are closed here. A scoped transaction of one insert on three connections took 0.54 ms
 * with the guards, 0.53 ms without, and 0.36 ms with pg 8.23.1 (median, the server on the same busy machine of two cores).
 */

import postgres from "postgres";
import type { Sql } from "./db.ts";
import { asStatement, createBegin, type Make } from "./transaction.ts";

/** Takes the text of each statement that is sent, without its values. */
export type OnStatement = (statement: string) => void;

export type DriverOptions = postgres.Options<Record<string, postgres.PostgresType>> & { onStatement?: OnStatement };

/** Opens the driver with the settings both databases share. */
export function openDriver({ onStatement, ...options }: DriverOptions): Sql {
  const driver = postgres({
    ...(onStatement && { debug: (_: number, statement: string) => onStatement(statement) }),
    // Array types are not looked up: batches travel as one JSON or text parameter, so a connection opens in one trip.
    fetch_types: false,
    onnotice: () => {},
    max_lifetime: null,
    types: {
      bigint: { to: 20, from: [20], parse: Number, serialize: String },
    },
    ...options,
  }) as unknown as Sql;
  encodeAfreshOnRetry(driver);
  const { types, typed, json, array, listen, end } = driver;
  const make: Make = driver as never;
  // What is left out (reserve, subscribe, largeObject, file, notify) sends around the guards.
  return Object.assign((...args: unknown[]) => alone(make(...args)), {
    types,
    typed,
    json,
    array,
    listen,
    end,
    unsafe: (...args: Parameters<Sql["unsafe"]>) => alone(driver.unsafe(...args)),
    begin: createBegin(driver),
  }) as unknown as Sql;
}

/** A statement outside of a transaction. */
function alone<T>(made: T): T {
  const statement = asStatement(made);
  if (!statement) return made;
  // Nothing travels behind it: a BEGIN that did would find no room to reserve the connection, and leave it to the next
  // statement with its transaction open (the driver says UNSAFE_TRANSACTION then, and continues).
  statement.options.onexecute = () => false;
  const { resolve } = statement;
  statement.resolve = (result) => {
    // Handed to a socket that was lost but not yet closed, it was never sent: the answer it gets is that of the log-in on
    // the next socket. A statement that the server ran has a command.
    if ((result as { command?: unknown } | undefined)?.command !== null) resolve(result);
    else statement.reject(Object.assign(new Error("Cannot run the statement: connection lost"), { code: LOST }));
  };
  return made;
}

const LOST = "CONNECTION_CLOSED";

/**
 * A statement whose plan a change of the schema made stale is sent a second time by the driver, with parameters that it
 * encoded already: encoded again, true becomes false and bytes become their own hexadecimal text. Without them it encodes
 * the values as they were given.
 */
function encodeAfreshOnRetry(driver: Sql) {
  const prototype = Object.getPrototypeOf(driver`select`);
  if (Object.hasOwn(prototype, "retried")) return;
  const reasons = new WeakMap<object, unknown>();
  Object.defineProperty(prototype, "retried", {
    get(this: object) {
      return reasons.get(this);
    },
    set(this: { parameters: unknown }, reason: unknown) {
      reasons.set(this, reason);
      this.parameters = undefined;
    },
  });
}
