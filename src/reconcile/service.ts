/** The search for missed events as pages see it: what it found, and the wish for one now. */

import type { AtEnd } from "../db/at_end.ts";
import type { Database } from "../db/db.ts";
import { enqueueOnce } from "../queue/enqueue.ts";
import { createReconcileStore, type ReconcileView } from "./store.ts";

export interface ReconcileService {
  /** One for each log and feed; none before the first search. */
  view(installationId: number): Promise<ReconcileView[]>;
  /** Has the installation searched now instead of at its next scheduled search. */
  request(installationId: number, options?: { atEnd?: AtEnd<void> }): Promise<void>;
}

/** `wake`: called after the commit that made the job due. */
export function createReconcileService({ db, wake }: { db: Database; wake(): void }): ReconcileService {
  return {
    view: createReconcileStore(db).view,
    request: async (installationId, { atEnd } = {}) => {
      await db.scoped({ installationIds: [installationId] }, async (sql) => {
        await enqueueOnce(sql, { kind: "reconcile", installationId, payload: { now: true } });
        await atEnd?.(sql);
      });
      wake();
    },
  };
}
