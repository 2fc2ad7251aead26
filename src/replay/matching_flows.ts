/** Which flows, as they are now, match a stored event; where none does, the reason. */

import type { Database } from "../db/db.ts";
import type { FindEntities } from "../engine/entity_lookup.ts";
import { skipReason } from "../flows/triggers/dispatch.ts";
import { createFlowCache } from "../flows/triggers/flow_cache.ts";
import { matchFlows } from "../flows/triggers/match.ts";
import { eventScope, type PendingEvent } from "../flows/triggers/pending_event.ts";
import type { ThreadTurns } from "../limits/thread_turns.ts";

/**
 * Why an event is left out: it is not there (any more, or for this workspace), its own flows were not asked yet, none
 * of its runs failed, or (flows/triggers/dispatch.ts) nothing would run. Of a failed run: its flow was deleted or is off, or
 * begins otherwise now.
 */
export type ReplaySkip =
  | "not_found"
  | "waiting"
  | "uninstalled"
  | "installation_inactive"
  | "flows_off"
  | "no_flow"
  | "flow_unreadable"
  | "flow_too_costly"
  | "flow_lookup_failed"
  | "no_match"
  | "no_failed_run"
  | "flow_off"
  | "flow_deleted"
  | "steps_changed";

export interface FlowMatcherOptions {
  db: Pick<Database, "scoped">;
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
  thread: ThreadTurns;
  /** What conditions look up. */
  findEntities: FindEntities;
}

/** Of what was left out the first of these is named. */
const LEFT_OUT = {
  unreadable: "flow_unreadable",
  too_costly: "flow_too_costly",
  lookup_failed: "flow_lookup_failed",
} as const;

export function createFlowMatcher({ db, flowsEnabled, thread, findEntities }: FlowMatcherOptions) {
  const cache = createFlowCache(db);
  const enabledFor = async (installationId: number, { active, addon }: PendingEvent) =>
    active && await flowsEnabled({ id: installationId, addon });

  return {
    /** The flows that would run for the event; `reason` where there are none. */
    matching: async (
      installationId: number,
      event: PendingEvent,
    ): Promise<{ flows: { id: number; name: string }[]; reason: ReplaySkip | undefined }> => {
      const enabled = await enabledFor(installationId, event);
      const loaded = enabled ? await cache.load(installationId, event) : [];
      await thread.pace(String(installationId))();
      const { matched, leftOut } = await matchFlows(loaded, eventScope(event), {
        find: (queries) => findEntities(installationId, queries),
      });
      const facts = { enabled, listening: loaded.length, matched: matched.length };
      const reason = leftOut.length > 0
        ? Object.entries(LEFT_OUT).find(([word]) => leftOut.some(({ why }) => why === word))![1]
        : skipReason(event, facts) as ReplaySkip | null;
      return { flows: matched.map(({ id, name }) => ({ id, name })), reason: reason ?? undefined };
    },
    /** Why nothing runs in the workspace at all; undefined where flows run. */
    whyNone: async (installationId: number, event: PendingEvent): Promise<ReplaySkip | undefined> => {
      if (await enabledFor(installationId, event)) return undefined;
      return event.active ? "flows_off" : "installation_inactive";
    },
  };
}
