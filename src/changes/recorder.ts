/** What of the journal of changes stands between who writes to Clockify and the client: each write is recorded around its call. */

import type { ClockifyAnswer } from "../clockify/client.ts";
import type { Operation } from "../clockify/operations.ts";
import type { WriteOrigin } from "./origin.ts";

/** Makes one call, counted against the budget as each other. */
export type Send = (parts: SentParts) => Promise<ClockifyAnswer>;

export interface SentParts {
  operation: Operation;
  pathParams: Record<string, unknown>;
  queryParams: Record<string, unknown>;
  body?: unknown;
  /** How many calls are needed from this one on, as far as is known (default 1): the hour's budget gives them together. */
  calls?: number;
}

/** A call to be made; one that only reads passes through and leaves no row. */
export interface Write extends Omit<SentParts, "calls"> {
  installation: { id: number };
  origin: WriteOrigin;
  /** The object as the caller has read it before (a merge), or the list of them: then it is not read once more. */
  before?: unknown;
  /** Clockify user id whose token the call is made with; absent: the add-on's own rights. */
  asUser?: string;
  /** Names the attempt of a step: the same attempt, made once more after a crash, has one row. Absent: each call its own. */
  key?: string;
  /** Of an undo: the change that it takes back. */
  undoOf?: number;
  /** Called with the ids of the rows once they are stored, before the request leaves. */
  onStored?(ids: readonly number[]): void;
}

export interface ChangeRecorder {
  /**
   * Makes the call through `send`. Before a PUT, PATCH or DELETE the object is read through it too (one more call, unless
   * `before` is handed in); a read that fails is recorded, and the write is made all the same. The row is stored before the
   * request leaves, and holds its answer afterwards; nothing stays of a request that never left. Rejects as `send` does, and
   * when the row cannot be stored: then nothing was sent.
   */
  write(write: Write, send: Send): Promise<ClockifyAnswer>;
}
