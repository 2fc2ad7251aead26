/** What people need to call Clockify by hand, over one database. */

import { createEntityTurns, type EntityTurns } from "../actions/entity_turns.ts";
import type { Database } from "../db/db.ts";
import { ENTITY_TYPES, type EntityType } from "../entities/names.ts";
import type { NameLookup } from "../entities/lookup.ts";
import { createExecutor, type Executor } from "../explorer/execute.ts";
import { createExplorerHistory, type ExplorerHistory } from "../explorer/history.ts";
import { createExplorerPlaces } from "../explorer/places.ts";
import { createSavedCalls, type SavedCalls } from "../explorer/saved.ts";
import { readsOnly, unrecorded } from "../explorer/reads_only.ts";
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
  { db, keyring, credentials, names, turns = createEntityTurns() }: {
    /** The database for what people ask for. */
    db: Database;
    keyring: Keyring;
    credentials: CredentialSource;
    names: NameLookup;
    /** Those of the flows' writes. */
    turns?: EntityTurns;
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
      guard: readsOnly,
      changes: unrecorded,
      places: createExplorerPlaces(clock),
      turns,
      clock,
    }),
    history: createExplorerHistory({ db, keyring }),
    saved: createSavedCalls({ db, keyring }),
  };
}
