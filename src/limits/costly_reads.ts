/**
 * Costly reads (searches by field, exports, overview, dry runs): few at once, and fewer for members than for admins.
 */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Budget, BudgetState } from "./limits.ts";
import { createPlaces, type Places } from "./places.ts";

/** The caller. */
export interface Reader {
  /** Profile and workspace. */
  workspace: string;
  /** Kind and name of the login. */
  login: string;
  isMember: boolean;
}

export interface CostlyReads {
  /**
   * Does `work` in one of the places, after a short wait where all are in use. Throws RATE_LIMITED with
   * `details.retryInMs`. `goesOn`: it is the next part of a read that was admitted before, so it costs nothing more and
   * waits longer.
   */
  run<T>(reader: Reader, work: () => Promise<T>, options?: { goesOn?: boolean }): Promise<T>;
  /** What the reader's workspace may still ask for, beside the places. */
  look(reader: Reader): BudgetState;
}

/**
 * Reads of a workspace at once: one search has the thread and a connection for a second, and two are a person with two
 * tabs.
 */
const OF_WORKSPACE = 2;
/** Reads of all its members at once: one is left for its admins and for operators. */
const OF_MEMBERS = 1;
/** Reads of all workspaces at once: each holds a page of bodies in memory, and has its slices of the one thread. */
const IN_ALL = 8;
/** A page of the console asks for some at once. */
const WAITING_OF_LOGIN = 4;
const WAITING_OF_WORKSPACE = 16;
const WAITING_IN_ALL = 256;
const WAIT_MS = 1_500;
/** In the middle of a file. */
const LONG_WAIT_MS = 60_000;
const RETRY_MS = 2_000;

type Guest = Reader & { goesOn: boolean };

export type CostlyPlaces = Places<Guest>;

/** One for the process: its thread and its memory are one. */
export function createCostlyPlaces(clock: Clock): CostlyPlaces {
  return createPlaces<Guest>({
    clock,
    keyOf: ({ workspace }) => workspace,
    fits: (who, inside) => {
      const { all, ofWorkspace, ofMembers } = count(who, inside);
      return all < IN_ALL && ofWorkspace < OF_WORKSPACE && (!who.isMember || ofMembers < OF_MEMBERS);
    },
    mayWait: (who, waiting) => {
      // Bounded by the number of files in progress (http/api/export.ts).
      if (who.goesOn) return true;
      const { all, ofWorkspace, ofLogin } = count(who, waiting);
      return all < WAITING_IN_ALL && ofWorkspace < WAITING_OF_WORKSPACE && ofLogin < WAITING_OF_LOGIN;
    },
    waitMs: WAIT_MS,
    refusal: ({ isMember }) =>
      busy(
        isMember
          ? "a costly read of the workspace's members is in progress"
          : "as many as are allowed at once are in progress",
      ),
  });
}

/** `budget`: what costs more than a request draws from it too, members and admins of a workspace apart. */
export function createCostlyReads(
  { places, budget, onRefused }: { places: CostlyPlaces; budget: Budget; onRefused(): void },
): CostlyReads {
  const keyOf = ({ workspace, isMember }: Reader) => `${workspace}:${isMember ? "members" : "admins"}`;
  return {
    look: (reader) => budget.look(keyOf(reader)),
    run: async (reader, work, { goesOn = false } = {}) => {
      if (!goesOn) {
        const retryInMs = budget.take(keyOf(reader));
        if (retryInMs > 0) throw busy("the workspace reached its rate limit for them", retryInMs);
      }
      let leave: () => void;
      try {
        leave = await places.enter({ ...reader, goesOn }, goesOn ? { waitMs: LONG_WAIT_MS } : {});
      } catch (error) {
        onRefused();
        throw error;
      }
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

function count(who: Reader, others: Iterable<Reader>) {
  const counts = { all: 0, ofWorkspace: 0, ofMembers: 0, ofLogin: 0 };
  for (const { workspace, isMember, login } of others) {
    counts.all++;
    if (workspace !== who.workspace) continue;
    counts.ofWorkspace++;
    if (isMember) counts.ofMembers++;
    if (login === who.login) counts.ofLogin++;
  }
  return counts;
}

function busy(why: string, retryInMs = RETRY_MS): AppError {
  return new AppError("RATE_LIMITED", `Cannot serve this costly read now: ${why}; try again`, {
    retryable: true,
    details: { retryInMs },
  });
}
