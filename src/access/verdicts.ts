/**
 * Who calls by a key or token, known for a few seconds: a program that asks a hundred times a second costs one read of the
 * database in five. What another instance revokes ends here by then; what this one revokes, at once.
 */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import type { ApiCaller } from "./roles.ts";

export interface Verdict {
  caller: ApiCaller;
  /** When the key or token ends by itself, in milliseconds since the Unix epoch. */
  expiresAt?: number;
}

export interface Verdicts {
  /** The caller of `login` (a hash of what was sent); undefined for one that `find` does not know. Rejects as `find` does. */
  callerOf(login: string, find: () => Promise<Verdict | undefined>): Promise<ApiCaller | undefined>;
  /** After a change of keys or users. */
  forget(): void;
}

export const VERDICT_MS = 5_000;
/** Some 2 MB. */
const MAX_VERDICTS = 10_000;

export function createVerdicts(clock: Clock): Verdicts {
  const known = createBoundedCache<string, Verdict & { untilMs: number }>({ max: MAX_VERDICTS });
  /** Of forget(): an answer that was asked for before it may be of before the change. */
  let age = 0;
  return {
    callerOf: async (login, find) => {
      const isOver = ({ expiresAt }: Verdict) => expiresAt !== undefined && expiresAt <= clock.now();
      const held = known.get(login);
      if (held && clock.monotonicMs() < held.untilMs) return isOver(held) ? undefined : held.caller;
      known.delete(login);
      const [asked, untilMs] = [age, clock.monotonicMs() + VERDICT_MS];
      const found = await find();
      if (!found || isOver(found)) return undefined;
      if (asked === age) known.set(login, { ...found, untilMs });
      return found.caller;
    },
    forget: () => {
      age++;
      known.deleteWhere(() => true);
    },
  };
}
