/** What undoes changes on one database: the calls it makes, and the work of its jobs. */

import type { ChangeRecorder } from "../changes/recorder.ts";
import { createChangeStore } from "../changes/store.ts";
import { createLostCreates, type LostCreates } from "../changes/lost_creates.ts";
import { createUndo, type Undo, type UndoOptions } from "../changes/undo.ts";
import { createUndoClaims } from "../changes/undo_claims.ts";
import { createUndoWork, type UndoOutcome } from "../changes/undo_jobs.ts";
import { AppError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { ClockifyClient } from "../clockify/client.ts";
import { mergeKeys } from "../actions/clockify_merge.ts";
import type { EntityTurns } from "../actions/entity_turns.ts";
import { fullReplaceOf } from "../clockify/full_replace.ts";
import type { Catalogue, HttpMethod } from "../clockify/operations.ts";
import type { Database } from "../db/db.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { JobHandler } from "../queue/worker.ts";

/** Of a person's undo, which ends by its calls' own timeouts. */
const NEVER = new AbortController().signal;

export interface UndoParts {
  undo: Undo;
  lostCreates: LostCreates;
  work: JobHandler;
}

/** A person waits for so long at most for the rate budget; a job comes back. */
const MAX_WAIT_MS = { interactive: 8_000, bulk: 2_000 };

export function createUndoParts(
  { db, recorder, catalogue, client, credentials, clock, guard, turns, onUndone }: {
    db: Database;
    recorder: ChangeRecorder;
    catalogue: Catalogue;
    client: ClockifyClient;
    credentials: Pick<CredentialSource, "find">;
    clock: Clock;
    guard?: UndoOptions["guard"];
    /** Those of the flows' writes. */
    turns: EntityTurns;
    onUndone(fact: { installationId: number; outcome: UndoOutcome }): void;
  },
): UndoParts {
  const store = createChangeStore(db);
  const caller: UndoOptions["caller"] = async ({ installation, priority, signal }, origin) => {
    const found = await credentials.find(installation.id, installation.generation);
    if (found.kind !== "ready" || found.credentials.workspaceId !== installation.workspaceId) {
      const why = found.kind === "waiting" ? found.reason : "it is not installed in the workspace";
      throw new AppError("INSTALLATION_UNKNOWN", `Cannot call Clockify for the add-on: ${why}`);
    }
    const maxWaitMs = MAX_WAIT_MS[priority];
    return ({ calls: _calls, ...sent }) =>
      client.call({ ...sent, origin, installation: found.credentials, priority, maxWaitMs, signal });
  };
  const undo = createUndo({
    store,
    claims: createUndoClaims(db),
    recorder,
    catalogue,
    guard,
    inTurn: ({ operationKey, params, entityId }, { installation: { workspaceId }, signal }, work) => {
      const [method, path] = operationKey.split(" ") as [HttpMethod, string];
      const replace = fullReplaceOf({ method, path });
      // What is no full replace overwrites nothing that it has not read.
      if (!replace) return work();
      const keys = mergeKeys({ replace, pathParams: params.path, body: [{ id: entityId }] });
      return turns.take(keys.map((key) => `${workspaceId} ${key}`), signal ?? NEVER, work);
    },
    caller,
  });
  const work = createUndoWork({
    db,
    undo,
    monotonicMs: clock.monotonicMs,
    onUndone,
    installationOf: async (id) => {
      const found = await credentials.find(id);
      if (found.kind !== "ready") return found.kind;
      const { workspaceId, generation } = found.credentials;
      return { id, workspaceId, generation };
    },
  });
  return { undo, lostCreates: createLostCreates({ db, store, catalogue, caller }), work };
}
