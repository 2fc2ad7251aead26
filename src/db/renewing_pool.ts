/**
 * A driver pool that is replaced after a connection was lost. postgres 3.4.9 leaves parts of a dead connection's state
 * behind: its pool can shrink for good, a statement can hang, and a transaction whose connection the server ends throws
 * where nobody can catch it (porsager/postgres issues 1066, 1154, 1208). A fresh pool has none of it.
 */

import { systemClock } from "../clock.ts";
import type { Sql } from "./db.ts";

export interface RenewingPool {
  /** Always the present pool, also for those who keep it. */
  sql: Sql;
  stop(): Promise<void>;
}

/** At most one new pool in this time: a database that is away loses every connection that is tried. */
const MIN_AGE_MS = 1_000;
/** What still runs on the old pool then is given up: it hangs, or its connection is half dead. */
const LAST_STATEMENTS_SECONDS = 4;
const STOP_SECONDS = 2;

/** `open` makes a driver that calls `onclose` when a connection of it is lost. */
export function createRenewingPool(open: (onclose: () => void) => Sql): RenewingPool {
  let stopping = false;
  let renewing = false;
  let bornMs = -Infinity;
  const renew = () => {
    if (stopping || renewing) return;
    renewing = true;
    const waitMs = Math.max(0, bornMs + MIN_AGE_MS - systemClock.now());
    void (waitMs === 0 ? Promise.resolve() : systemClock.sleep(waitMs)).then(() => {
      renewing = false;
      if (stopping) return;
      const old = current;
      bornMs = systemClock.now();
      current = open(closeHandler());
      void old.end({ timeout: LAST_STATEMENTS_SECONDS }).catch(() => {});
    });
  };
  /** One per pool: connections that a replaced pool closes are none of the present one's. */
  function closeHandler(): () => void {
    const handler: () => void = () => {
      if (handler === present) renew();
    };
    present = handler;
    return handler;
  }
  let present: (() => void) | undefined;
  let current = open(closeHandler());

  const sql = new Proxy((() => {}) as unknown as Sql, {
    apply: (_, __, args: Parameters<Sql>) => current(...args),
    get: (_, name) => Reflect.get(current, name),
  });
  const forget = catchDriverFaults(renew);
  return {
    sql,
    stop: async () => {
      stopping = true;
      forget();
      await current.end({ timeout: STOP_SECONDS });
    },
  };
}

const faultHandlers = new Set<() => void>();

/** Errors that the driver throws in a callback of its own would end the process: they are taken as lost connections. */
function catchDriverFaults(onFault: () => void): () => void {
  if (faultHandlers.size === 0) globalThis.addEventListener("error", takeDriverFault);
  faultHandlers.add(onFault);
  return () => {
    faultHandlers.delete(onFault);
    if (faultHandlers.size === 0) globalThis.removeEventListener("error", takeDriverFault);
  };
}

function takeDriverFault(event: ErrorEvent) {
  const stack = event.error instanceof Error ? event.error.stack ?? "" : "";
  if (!/\/postgres\/(?:[\d.]+\/)?src\/connection\.js/.test(stack.split("\n").slice(0, 3).join("\n"))) return;
  event.preventDefault();
  for (const onFault of faultHandlers) onFault();
}
