/** What people need to call Clockify by hand, over one database. */

import type { EntityTurns } from "../actions/entity_turns.ts";
import type { ChangeRecorder } from "../changes/recorder.ts";
import type { Database } from "../db/db.ts";
import { ENTITY_TYPES, type EntityType } from "../entities/names.ts";
import type { NameLookup } from "../entities/lookup.ts";
import { createExecutor, type Executor } from "../explorer/execute.ts";
import { createExplorerHistory, type ExplorerHistory } from "../explorer/history.ts";
import { createExplorerPlaces } from "../explorer/places.ts";
import { createSavedCalls, type SavedCalls } from "../explorer/saved.ts";
import type { Guard } from "../guard/guard.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { Shared } from "./shared.ts";

/** Calls by hand: how they are executed, and what is kept of them. */
export interface Explorer {
  executor: Executor;
  history: ExplorerHistory;
  saved: SavedCalls;
}

export function createExplorer(
  { db, keyring, credentials, names, guard, turns, changes }: {
    /** The database for what people ask for. */
    db: Database;
    keyring: Keyring;
    credentials: CredentialSource;
    names: NameLookup;
    guard: Guard;
    /** Those of the flows' writes. */
    turns: EntityTurns;
    /** The journal of writes. */
    changes: Pick<ChangeRecorder, "write">;
  },
  { catalogue, client, clock }: Pick<Shared, "catalogue" | "client" | "clock">,
): Explorer {
  return {
    executor: createExecutor({
      catalogue,
      client,
      credentials,
      names: {
        types: new Set<string>(ENTITY_TYPES),
        search: (installation, { type, ...query }) =>
          names.search(installation, { ...query, type: type as EntityType }),
      },
      guard,
      changes,
      places: createExplorerPlaces(clock),
      turns,
      clock,
    }),
    history: createExplorerHistory({ db, keyring }),
    saved: createSavedCalls({ db, keyring }),
  };
}
