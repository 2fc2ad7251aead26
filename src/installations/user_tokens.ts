/**
 * Tokens of users, got by exchange for the installation's: a call made with one has that user's rights.
 * See docs/clockify-protocol.md "Calls with tokens".
 */

import type { AddonApi } from "../clockify/addon_api.ts";
import type { ClockifyAnswer } from "../clockify/client.ts";
import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { AppError, toAppError } from "../base/errors.ts";
import type { VerifiedUser } from "../verify/user.ts";
import type { Credentials } from "./credentials.ts";

/** The installation's credentials with the user's token in place of its own, or why there is none. */
export type UserCredentials =
  | { kind: "ok"; credentials: Credentials }
  | Exclude<ClockifyAnswer, { kind: "ok" }>;

export interface UserTokens {
  /** Rejects only with the reason of an aborted signal. */
  get(
    request: { installation: Credentials; userId: string; maxWaitMs: number; maxTurnMs?: number; signal: AbortSignal },
  ): Promise<UserCredentials>;
  /** To be called when Clockify refused the user's token. */
  forget(request: { installation: Credentials; userId: string }): void;
}

/** A token is replaced this long before its end, so that none ends on its way. */
const EARLY_MS = 60_000;
const MAX_CACHED = 10_000;

type Exchanged = { kind: "ok"; token: string } | Exclude<ClockifyAnswer, { kind: "ok" }>;

interface Entry {
  exchange: Promise<Exchanged>;
  /** By the monotonic clock: no longer than this. */
  untilMs: number;
  /** And not after this instant. */
  expiresAtMs: number;
}

export function createUserTokens(
  { api, verify, clock }: {
    api: AddonApi;
    /** Throws when the token is not one of this add-on's user tokens. */
    verify(token: string, profileKey: string): Promise<VerifiedUser>;
    clock: Clock;
  },
): UserTokens {
  // The installation token is part of the key: a reinstall makes a new one, and with it all user tokens of the old are void.
  const cache = createBoundedCache<string, Entry>({ max: MAX_CACHED });
  const keyOf = (installation: Credentials, userId: string) => `${installation.token} ${userId}`;

  async function exchange(
    { installation, userId, ...waits }: {
      installation: Credentials;
      userId: string;
      maxWaitMs: number;
      maxTurnMs?: number;
    },
  ): Promise<Exchanged & { expiresAtMs?: number }> {
    const answer = await api.exchangeUserToken({ installation, userId, ...waits });
    if (answer.kind !== "ok") return answer;
    // Documented as the bare string; quotes would make it JSON.
    const token = typeof answer.data === "string" ? answer.data.trim().replace(/^"(.*)"$/, "$1") : "";
    const refused = (why: string): Exchanged => {
      const error = new AppError("UPSTREAM_REJECTED", `Cannot act as user "${userId}": what Clockify gave ${why}`);
      return { kind: "refused", status: answer.status, reason: "other", retryable: false, error };
    };
    try {
      const user = await verify(token, installation.addonKey);
      if (user.userId !== userId || user.workspaceId !== installation.workspaceId) {
        return refused("is of another user or workspace");
      }
      return { kind: "ok", token, expiresAtMs: user.expiresAtMs };
    } catch (error) {
      const failure = toAppError(error);
      // The keys may be out of reach just now.
      return failure.retryable ? { kind: "failed", error: failure, sent: true } : refused("is no user token");
    }
  }

  function start(key: string, request: Parameters<typeof exchange>[0]): Entry {
    const exchanged = exchange(request);
    const entry: Entry = { exchange: exchanged, untilMs: Infinity, expiresAtMs: Infinity };
    cache.set(key, entry);
    exchanged.then(
      ({ kind, expiresAtMs = 0 }) => {
        entry.expiresAtMs = kind === "ok" ? expiresAtMs - EARLY_MS : 0;
        entry.untilMs = clock.monotonicMs() + entry.expiresAtMs - clock.now();
      },
      () => void (entry.expiresAtMs = 0),
    );
    return entry;
  }

  return {
    get: async ({ signal, ...request }) => {
      const { installation, userId } = request;
      const key = keyOf(installation, userId);
      const known = cache.get(key);
      const valid = known && known.untilMs > clock.monotonicMs() && known.expiresAtMs > clock.now();
      const { exchange } = valid ? known : start(key, request);
      // Others may wait for the same exchange, so a signal ends the waiting, not the exchange.
      const exchanged = await untilAborted(exchange, signal);
      return exchanged.kind === "ok"
        ? { kind: "ok", credentials: { ...installation, token: exchanged.token, renewToken: undefined } }
        : exchanged;
    },
    forget: ({ installation, userId }) => cache.delete(keyOf(installation, userId)),
  };
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
