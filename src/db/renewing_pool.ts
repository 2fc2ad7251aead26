/**
 * A driver pool that is replaced after a connection was lost. postgres 3.4.9 leaves parts of a dead connection's state
 * behind: its pool can shrink for good, a statement can hang, and a transaction whose connection the server ends throws
 * where it cannot be caught (porsager/postgres issues 1066, 1154, 1208). A fresh pool has none of it.
 */

import { systemClock } from "../base/clock.ts";
import type { PoolUsage, Sql } from "./db.ts";

/** A driver pool that outlives its connections. */
export interface RenewingPool {
  /** Always the present pool, also for those who keep it. */
  sql: Sql;
  /** What its connections do now. */
  usage(): PoolUsage;
  /** Ends the present pool. */
  stop(): Promise<void>;
}

/** At most one new pool in this time: a database that is away loses every connection that is tried. */
const MIN_AGE_MS = 1_000;
/** What still runs on the old pool then is given up: it hangs, or its connection is half dead. */
const LAST_STATEMENTS_MS = 4_000;
const STOP_SECONDS = 2;

/** A transaction that waits for a connection. */
interface Waiting {
  sinceMs: number;
  go(): void;
  giveUp(error: Error): void;
}

/** `open` makes a driver of `size` connections that calls `onclose` when one of them is lost. */
export function createRenewingPool(open: (onclose: () => void) => Sql, size: number): RenewingPool {
  let stopping = false;
  let renewing = false;
  let bornMs = -Infinity;
  const renew = () => {
    if (stopping || renewing) return;
    renewing = true;
    const waitMs = Math.max(0, bornMs + MIN_AGE_MS - systemClock.monotonicMs());
    void (waitMs === 0 ? Promise.resolve() : systemClock.sleep(waitMs)).then(() => {
      renewing = false;
      if (stopping) return;
      const old = current;
      bornMs = systemClock.monotonicMs();
      current = open(closeHandler());
      void old.end({ timeout: LAST_STATEMENTS_MS / 1000 }).catch(() => {});
      // The old pool answers nothing that is still in line for a connection of it, so the line is kept here.
      const late = bornMs - LAST_STATEMENTS_MS;
      while (line.length > 0 && line[0]!.sinceMs < late) line.shift()!.giveUp(away());
      free = size;
      while (free > 0 && line.length > 0) {
        free--;
        line.shift()!.go();
      }
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

  /** Connections of the present pool that no transaction has. */
  let free = size;
  const line: Waiting[] = [];
  const begin = async (...args: Parameters<Sql["begin"]>): Promise<unknown> => {
    if (free > 0 || stopping) free--;
    else {
      await new Promise<void>((go, giveUp) => void line.push({ sinceMs: systemClock.monotonicMs(), go, giveUp }));
    }
    const pool = current;
    try {
      return await pool.begin(...args);
    } finally {
      // A place in a replaced pool went with it.
      if (pool === current) {
        const next = line.shift();
        if (next) next.go();
        else free = Math.min(size, free + 1);
      }
    }
  };

  const sql = new Proxy((() => {}) as unknown as Sql, {
    apply: (_, __, args: Parameters<Sql>) => current(...args),
    get: (_, name) => name === "begin" ? begin : Reflect.get(current, name),
  });
  const forget = catchDriverFaults(renew);
  return {
    sql,
    usage: () => ({ inUse: size - Math.max(0, free), free: Math.max(0, free), waiting: line.length }),
    stop: async () => {
      stopping = true;
      forget();
      for (const waiting of line.splice(0)) waiting.giveUp(away());
      await current.end({ timeout: STOP_SECONDS });
    },
  };
}

const away = () =>
  Object.assign(new Error("Cannot begin the transaction: connection lost"), { code: "CONNECTION_CLOSED" });

const faultHandlers = new Set<() => void>();

/** Errors that the driver throws in a callback of its own would end the process: they count as lost connections. */
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
