/** All streams of one database: one tail per watched installation, shared by those who watch it. */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Logger } from "../telemetry/log.ts";
import { createStreamClient, type StreamClient } from "./client.ts";
import type { StreamReads } from "./read.ts";
import { startTail, type Tail, type Watcher } from "./tail.ts";
import type { StreamJson } from "./serialize.ts";

export interface StreamRequest extends Omit<Watcher, "client"> {
  installationId: number;
  /** Who asks: each may have MAX_OF_LOGIN streams, and all members of an installation MAX_OF_MEMBERS. */
  login: string;
  /** Called once, when the stream is over. */
  onClosed(): void;
}

export interface StreamHub {
  /** The body of a new stream. Throws RATE_LIMITED with `details.retryInMs`, and OVERLOADED while the program stops. */
  open(request: StreamRequest): ReadableStream<Uint8Array>;
  /** An event of the installation was committed by this process. */
  stored(installationId: number): void;
  /** The circuit breaker of a host changed, on whichever instance. */
  breaker(change: { installationId: number; host: string; state: string }): void;
  /** Aborts when stop() begins. */
  stopping: AbortSignal;
  /** Ends all streams; those that do not read are cut off. */
  stop(): Promise<void>;
}

const MAX_OF_LOGIN = 8;
const MAX_OF_INSTALLATION = 64;
/** The others are kept for admins and operators, who look while something is wrong. */
const MAX_OF_MEMBERS = 48;
const RETRY_MS = 5_000;
/** For readers to take the last message. */
const GRACE_MS = 250;

export function createStreamHub(
  { read, json, clock, log }: { read: StreamReads; json: StreamJson; clock: Clock; log: Logger },
): StreamHub {
  const tails = new Map<number, Tail>();
  const watched = new Map<number, Set<Watcher>>();
  const logins = new Map<string, number>();
  const clients = new Set<StreamClient>();
  const stopping = new AbortController();

  function follow(installationId: number, watchers: Set<Watcher>) {
    const known = tails.get(installationId);
    if (known) return known.wake();
    const tail = startTail({ installationId, read, json, clock, log }, watchers);
    tails.set(installationId, tail);
    void tail.ended.then(() => {
      tails.delete(installationId);
      // Someone may have come while the last look was in progress.
      if (watchers.size > 0) follow(installationId, watchers);
      else watched.delete(installationId);
    });
  }

  return {
    open({ installationId, login, onClosed, ...watcher }) {
      if (stopping.signal.aborted) {
        throw new AppError("OVERLOADED", "Cannot open the stream: the program stops", { retryable: true });
      }
      const watchers = watched.get(installationId) ?? new Set();
      const ofLogin = logins.get(login) ?? 0;
      const most = ofLogin >= MAX_OF_LOGIN
        ? `${MAX_OF_LOGIN} of this login`
        : watchers.size >= MAX_OF_INSTALLATION
        ? `${MAX_OF_INSTALLATION} of the workspace`
        : watcher.role === "member" && countMembers(watchers) >= MAX_OF_MEMBERS
        ? `${MAX_OF_MEMBERS} of the workspace's members`
        : undefined;
      if (most !== undefined) {
        throw new AppError("RATE_LIMITED", `Cannot open the stream: ${most} are open`, {
          retryable: true,
          details: { retryInMs: RETRY_MS },
        });
      }
      watched.set(installationId, watchers);
      logins.set(login, ofLogin + 1);
      const client = createStreamClient({
        clock,
        onClosed: () => {
          clients.delete(client);
          watchers.delete(own);
          const left = logins.get(login)! - 1;
          if (left === 0) logins.delete(login);
          else logins.set(login, left);
          onClosed();
        },
      });
      const own: Watcher = { ...watcher, client };
      clients.add(client);
      watchers.add(own);
      follow(installationId, watchers);
      return client.body;
    },
    stored: (installationId) => tails.get(installationId)?.wake(),
    breaker: ({ installationId, host, state }) =>
      tails.get(installationId)?.tell({ event: "breaker", data: JSON.stringify({ host, state }) }),
    stopping: stopping.signal,
    stop: async () => {
      stopping.abort();
      for (const client of clients) client.end("stopping");
      if (clients.size > 0) await clock.sleep(GRACE_MS);
      for (const client of clients) client.abort();
      for (const tail of tails.values()) tail.wake();
      await Promise.all([...tails.values()].map(({ ended }) => ended));
    },
  };
}

function countMembers(watchers: Iterable<Watcher>): number {
  let members = 0;
  for (const { role } of watchers) if (role === "member") members++;
  return members;
}
