/** The draft of a flow on the server: read with what is published, saved at the state it was read in, published, discarded. */

import { type Api, ApiError, type Fault } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import { type Flow, getFlow, toFlow } from "./api.ts";
import { withDefaults } from "./draft/defaults.ts";
import type { FlowJson } from "./draft/json.ts";

export interface StoredDraft {
  /** Of its state, for the next change. */
  tag: string;
  /** The version that it is a change of. */
  baseVersion: number;
  /** The version that was published when it was read. */
  presentVersion: number;
  /** The earlier version that it repeats. */
  restoredFrom: number | null;
  /** Name or id; null: not known. */
  author: string | null;
  updatedAt: Date;
  definition: Record<string, unknown>;
  /** What keeps it from being published. */
  faults: Fault[];
  warnings: Fault[];
}

/** A flow as the server has it: what is published, and what is worked on beside it. */
export interface StoredFlow {
  flow: Flow;
  draft: StoredDraft | null;
}

export async function readStored(api: Api, id: string, signal?: AbortSignal): Promise<StoredFlow> {
  const [flow, { draft }] = await Promise.all([
    getFlow(api, id, signal),
    api.get<Answer<"get_ui_flows_id_versions">>(`${pathOf(id)}/versions`, { limit: 1 }, signal),
  ]);
  if (!draft) return { flow, draft: null };
  const read = api.tagged<Answer<"get_ui_flows_id_draft">>("GET", `${pathOf(id)}/draft`, { signal });
  return {
    flow,
    draft: await read.then(({ answer, tag }) => toDraft(answer, tag), (problem) => {
      // Discarded or published between the two requests.
      if (problem instanceof ApiError && problem.code === "NOT_FOUND") return null;
      throw problem;
    }),
  };
}

/**
 * Replaces the draft of the `tag`; null: makes one where there is none. Throws PRECONDITION_FAILED where the draft is another
 * one by now, and FLOW_INVALID for what flows have no field for.
 */
export async function saveDraft(
  api: Api,
  id: string,
  { definition, baseVersion, tag }: { definition: Omit<FlowJson, "enabled">; baseVersion: number; tag: string | null },
): Promise<StoredDraft> {
  const saved = await api.tagged<Answer<"put_ui_flows_id_draft">>("PUT", `${pathOf(id)}/draft`, {
    body: { definition, base_version: baseVersion },
    headers: tag === null ? { "if-none-match": "*" } : { "if-match": `"${tag}"` },
  });
  return toDraft(saved.answer, saved.tag);
}

export async function discardDraft(api: Api, id: string): Promise<void> {
  await api.send("DELETE", `${pathOf(id)}/draft`);
}

/**
 * Publishes the draft of the `tag`, with the `token` that the guard asked for. Throws FLOW_INVALID where it cannot be published
 * today, PRECONDITION_FAILED where the draft is another one by now, and CONFLICT where another version was published since it was
 * begun.
 */
export async function publishDraft(
  api: Api,
  id: string,
  { tag, note, token }: { tag?: string; note?: string; token?: string },
): Promise<Flow> {
  const body = { draft_tag: tag, note: note || undefined, confirm_token: token };
  return toFlow(await api.create<Answer<"post_ui_flows_id_publish">>(`${pathOf(id)}/publish`, body));
}

/** What of it the editor shows; what a program left out, or wrote in another shape, is empty. */
export function definitionOf({ flow, draft }: StoredFlow): FlowJson {
  if (!draft) return flow.definition;
  return { ...wholeDefinition(draft.definition), enabled: flow.definition.enabled };
}

/** Of a draft: a new flow is on once it is saved. */
export function wholeDefinition(given: Record<string, unknown>): FlowJson {
  const list = (value: unknown) => Array.isArray(value) ? value : [];
  const whole = withDefaults({
    ...given,
    name: typeof given.name === "string" ? given.name : "",
    trigger_event_types: list(given.trigger_event_types).map(String),
    conditions: given.conditions ?? null,
    actions: list(given.actions),
    ordered: given.ordered === true,
  });
  return { ...whole, enabled: true };
}

function pathOf(id: string): string {
  return `/flows/${encodeURIComponent(id)}`;
}

function toDraft(wire: Wire<"FlowDraft">, tag: string): StoredDraft {
  return {
    tag,
    baseVersion: wire.base_version,
    presentVersion: wire.present_version,
    restoredFrom: wire.restored_from,
    author: wire.author_name ?? wire.author,
    updatedAt: new Date(wire.updated_at),
    definition: wire.definition,
    faults: wire.faults,
    warnings: wire.warnings,
  };
}
