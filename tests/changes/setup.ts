/** Actions against the fake Clockify whose writes are recorded in a database, with the undo of them. */

import { assert, assertEquals } from "@std/assert";
import { createChangeRecorder } from "../../src/changes/recorder.ts";
import { createChangeWriter } from "../../src/changes/change_rows.ts";
import { type Change, type ChangeStore, createChangeStore } from "../../src/changes/store.ts";
import { createUndo, type Undo, type Undone, type UndoOptions, type UndoRequest } from "../../src/changes/undo.ts";
import { createUndoClaims } from "../../src/changes/undo_claims.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import type { Database } from "../../src/db/db.ts";
import { type ActionScene, type Json, startActionScene } from "../support/action_scene.ts";
import { testDatabase } from "../support/database.ts";

export interface ChangeScene extends ActionScene {
  db: Database;
  store: ChangeStore;
  undo: Undo;
  /** With the person's key for calls that no add-on may make. */
  apiKey: string;
  installationId: number;
  /** Runs an action that must succeed; gives its newest change. */
  write(input: Json, options?: { apiKey?: string }): Promise<Change>;
  /** All changes, newest first. */
  changes(): Promise<Change[]>;
  /** Undoes as the owner does. */
  take(change: { id: number }, options?: Partial<UndoRequest> & { apiKey?: string }): Promise<Undone>;
  request(change: { id: number }, options?: Partial<UndoRequest>): UndoRequest;
  /** An undo with other parts. */
  undoWith(options: Partial<UndoOptions>): Undo;
}

export async function startChangeScene(): Promise<ChangeScene> {
  const database = await testDatabase();
  const { db } = database;
  const recorder = createChangeRecorder({ rows: createChangeWriter(db), catalogue: builtinCatalogue() });
  const scene = await startActionScene({ changes: recorder });
  const { workspaceId, ownerId } = scene;
  const [installation] = await db.sql<{ id: number }[]>`
    insert into installation (addon, workspace_id, addon_id, status, hosts)
    values ('universal_webhook', ${workspaceId}, 'a', 'active', '{}') returning id`;
  // The scene's actions act for installation 1.
  assertEquals(installation!.id, 1);
  const store = createChangeStore(db);
  let apiKey: string | undefined;
  const parts: UndoOptions = {
    store,
    claims: createUndoClaims(db),
    recorder,
    catalogue: builtinCatalogue(),
    caller: (_request, origin) => Promise.resolve((sent) => scene.send({ ...sent, origin, apiKey })),
  };
  const undo = createUndo(parts);
  const ownerKey = await scene.simulator.apiKey({ workspaceId, userId: ownerId });
  const changes = async () => {
    const page = await store.list(1, {}, { limit: 1_000 });
    const whole = await store.whole(1, page.changes.map(({ id }) => id));
    return page.changes.map(({ id }) => whole.get(id)!);
  };
  const request: ChangeScene["request"] = ({ id }, options) => ({
    installation: { id: 1, workspaceId },
    changeId: id,
    person: ownerId,
    priority: "interactive",
    ...options,
  });
  return {
    ...scene,
    db,
    store,
    undo,
    apiKey: ownerKey,
    installationId: 1,
    changes,
    request,
    write: async (input, options) => {
      await scene.done(input, options);
      const [newest] = await changes();
      assert(newest);
      return newest;
    },
    take: async (change, { apiKey: key, ...options } = {}) => {
      apiKey = key;
      try {
        return await undo.undo(request(change, options));
      } finally {
        apiKey = undefined;
      }
    },
    undoWith: (options) => createUndo({ ...parts, ...options }),
    stop: async () => {
      await scene.stop();
      await database.stop();
    },
  };
}
