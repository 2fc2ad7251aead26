/**
 * The connection to Redis: reconnects by itself, reports quickly that Redis is away, and never makes a request fail.
 */

import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";

export type RedisStatus = "connecting" | "ready" | "away";

export interface Redis {
  status(): RedisStatus;
  /**
   * Runs a Lua script and gives its answer. Undefined when Redis is away, refuses, or says nothing for 250 ms, after
   * which it counts as away until a new connection answers. Never rejects.
   */
  run(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>;
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** redis:// or rediss://, with a password where the server wants one. */
  url: string;
  clock: Clock;
  /** Called at each change; `reason` is a code such as ECONNREFUSED or WRONGPASS, without address or password. */
  onStatus(status: "ready" | "away", reason?: string): void;
}

/** A budget is asked for in the middle of a request or before a call out: past this the process decides by itself. */
const COMMAND_MS = 250;
const CONNECT_MS = 1_000;
const RECONNECT = { initialDelayMs: 100, maxDelayMs: 5_000, multiplier: 2 };

/** Waits for the first connection as long as for a command, so that a Redis that is there is in use from the start. */
export async function openRedis({ url, clock, onStatus }: RedisOptions): Promise<Redis> {
  // Loaded where it is used: it takes a fifth of a start.
  const { createClient } = await import("@redis/client");
  type Client = Awaited<ReturnType<typeof connect>>;
  const stopping = new AbortController();
  let status: RedisStatus = "connecting";
  let current: { client: Client; lose(error: unknown): void } | undefined;

  const within = async <T>(work: Promise<T>, ms: number): Promise<T> => {
    const end = new AbortController();
    // In two halves: when this process itself stood still, the answer is there and only waits to be read.
    const late = clock.sleep(ms / 2, end.signal).then(() => clock.sleep(ms / 2, end.signal)).then(() => {
      throw Object.assign(new Error("no answer"), { code: "TIMEOUT" });
    });
    late.catch(() => {});
    work.catch(() => {});
    try {
      return await Promise.race([work, late]);
    } finally {
      end.abort();
    }
  };

  // The driver's own reconnecting is off: one loop here decides, by the clock that was handed in.
  async function connect(lose: (error: unknown) => void) {
    const client = createClient({
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false },
    });
    client.on("error", lose);
    try {
      await within(client.connect(), CONNECT_MS);
      await within(client.ping(), COMMAND_MS);
      return client;
    } catch (error) {
      close(client);
      throw error;
    }
  }

  function enter(next: "ready" | "away", error?: unknown) {
    if (status === next) return;
    status = next;
    onStatus(next, error === undefined ? undefined : reasonOf(error));
  }

  async function stayConnected(onFirst: () => void) {
    for (let attempt = 1; !stopping.signal.aborted; attempt++) {
      try {
        const lost = Promise.withResolvers<unknown>();
        const client = await connect(lost.resolve);
        current = { client, lose: lost.resolve };
        if (stopping.signal.aborted) lost.resolve(undefined);
        else enter("ready");
        onFirst();
        attempt = 0;
        const error = await lost.promise;
        current = undefined;
        close(client);
        if (!stopping.signal.aborted) enter("away", error);
      } catch (error) {
        enter("away", error);
        onFirst();
      }
      const pauseMs = RECONNECT.initialDelayMs + backoffMs(Math.max(1, attempt), RECONNECT);
      await clock.sleep(pauseMs, stopping.signal).catch(() => {});
    }
  }

  const first = Promise.withResolvers<void>();
  const running = stayConnected(first.resolve);
  await within(first.promise, COMMAND_MS).catch(() => {});
  return {
    status: () => status,
    run: async (script, keys, values) => {
      const used = current;
      if (used === undefined) return undefined;
      try {
        return await within(
          used.client.eval(script, { keys: [...keys], arguments: values.map(String) }),
          COMMAND_MS,
        );
      } catch (error) {
        used.lose(error);
        return undefined;
      }
    },
    stop: async () => {
      stopping.abort();
      current?.lose(undefined);
      await running;
    },
  };
}

function close(client: { destroy(): void }) {
  try {
    client.destroy();
  } catch {
    // The connection had closed itself.
  }
}

/** The code of a socket or server error: its message may quote the address. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string") return code;
  return /^[A-Z]{3,}/.exec(String(message))?.[0] ?? "CONNECTION_LOST";
}
