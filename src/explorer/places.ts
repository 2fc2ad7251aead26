/** How many calls by hand are made at once: so that those of one person, or of one workspace, keep no other waiting. */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { createPlaces } from "../limits/places.ts";

export interface Guest {
  /** Profile and workspace. */
  workspace: string;
  person: string;
  /** Reads many pages: it stays for minutes. */
  isStream: boolean;
}

export interface ExplorerPlaces {
  /** Gives what leaves the place. Throws RATE_LIMITED with `details.retryInMs`. */
  enter(guest: Guest): Promise<() => void>;
}

/** A person with two tabs, and a button pressed twice. */
const OF_PERSON = 3;
/** Each call holds its request and an answer of up to a megabyte. */
const OF_WORKSPACE = 6;
const IN_ALL = 48;
/** Streams of pages: a person has one, and a workspace leaves most of its places to single calls. */
const STREAMS_OF_PERSON = 1;
const STREAMS_OF_WORKSPACE = 2;
const STREAMS_IN_ALL = 16;
const WAITING_OF_PERSON = 5;
const WAITING_OF_WORKSPACE = 20;
const WAITING_IN_ALL = 200;
const WAIT_MS = 5_000;
const RETRY_MS = 2_000;

export function createExplorerPlaces(clock: Clock): ExplorerPlaces {
  const places = createPlaces<Guest>({
    clock,
    keyOf: ({ workspace }) => workspace,
    fits: (who, inside) => {
      const { all, ofWorkspace, ofPerson, streams } = count(who, inside);
      if (all >= IN_ALL || ofWorkspace >= OF_WORKSPACE || ofPerson >= OF_PERSON) return false;
      return !who.isStream ||
        (streams.all < STREAMS_IN_ALL && streams.ofWorkspace < STREAMS_OF_WORKSPACE &&
          streams.ofPerson < STREAMS_OF_PERSON);
    },
    mayWait: (who, waiting) => {
      // What would wait for minutes is better answered at once.
      if (who.isStream) return false;
      const { all, ofWorkspace, ofPerson } = count(who, waiting);
      return all < WAITING_IN_ALL && ofWorkspace < WAITING_OF_WORKSPACE && ofPerson < WAITING_OF_PERSON;
    },
    waitMs: WAIT_MS,
    refusal: ({ isStream }) =>
      new AppError(
        "RATE_LIMITED",
        `Cannot make the call now: as many ${
          isStream ? "streams of pages" : "calls"
        } as are allowed at once are in progress; try again`,
        { retryable: true, details: { retryInMs: RETRY_MS } },
      ),
  });
  return { enter: (guest) => places.enter(guest) };
}

function count(who: Guest, others: Iterable<Guest>) {
  const counts = { all: 0, ofWorkspace: 0, ofPerson: 0, streams: { all: 0, ofWorkspace: 0, ofPerson: 0 } };
  for (const { workspace, person, isStream } of others) {
    const isSame = workspace === who.workspace;
    for (const part of isStream ? [counts, counts.streams] : [counts]) {
      part.all++;
      if (!isSame) continue;
      part.ofWorkspace++;
      if (person === who.person) part.ofPerson++;
    }
  }
  return counts;
}
