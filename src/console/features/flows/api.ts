/** Flows: the list with counts, one with its definition, its changes, and the dry run of a draft on an event. */

import type { FlowJson } from "./draft/json.ts";
import { type Api, type Fault } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import type { RunState } from "../runs/api.ts";

export interface Flow {
  id: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  definition: FlowJson;
  /** What may go wrong when it runs; most of it is reported when a flow is saved. */
  warnings: Fault[];
}

export interface FlowRow extends Flow {
  stats: {
    runs24h: number;
    failed24h: number;
    lastRun: { id: string; state: RunState; createdAt: Date } | null;
    /** States of the last runs, newest first, at most 20. */
    recent: RunState[];
  };
}

export async function listFlows(api: Api, signal?: AbortSignal): Promise<FlowRow[]> {
  const { flows } = await api.get<Answer<"get_ui_flows">>("/flows", undefined, signal);
  return flows.map(({ stats, ...wire }) => ({ ...toFlow(wire), stats: toStats(stats) }));
}

export async function getFlow(api: Api, id: string, signal?: AbortSignal): Promise<Flow> {
  return toFlow(await api.get<Answer<"get_ui_flows_id">>(`/flows/${encodeURIComponent(id)}`, undefined, signal));
}

/** `token`: that the guard asked for (confirm_dialog.tsx). `draftId`: the draft of a new flow that it is. Throws NOT_FOUND where that is gone. */
export async function createFlow(
  api: Api,
  definition: FlowJson,
  { token, draftId }: { token?: string; draftId?: string } = {},
): Promise<Flow> {
  const body = { ...definition, confirm_token: token, draft_id: draftId };
  return toFlow(await api.create<Answer<"post_ui_flows">>("/flows", body));
}

/** Changes the given parts of the stored flow; `token` as for a new one. Throws PRECONDITION_FAILED when it is no longer at `version`, if one is given. */
export async function updateFlow(
  api: Api,
  id: string,
  { parts, version, token }: {
    parts: Partial<FlowJson>;
    version?: number;
    token?: string;
  },
): Promise<Flow> {
  const headers = version === undefined ? undefined : { "if-match": `"${version}"` };
  const body = { ...parts, confirm_token: token };
  return toFlow(await api.send<Answer<"put_ui_flows_id">>("PUT", `/flows/${encodeURIComponent(id)}`, body, headers));
}

/** Starts the flow by hand, and gives the id of the run. Throws REQUEST_INVALID with what is wrong with the input. */
export async function startFlow(api: Api, id: string, input: Record<string, unknown>): Promise<string> {
  const body = { input, via: "manual" };
  const { run_id } = await api.create<Answer<"post_ui_flows_id_run">>(`/flows/${encodeURIComponent(id)}/run`, body);
  return run_id;
}

/** Its runs and their history stay. */
export async function removeFlow(api: Api, id: string): Promise<void> {
  await api.send("DELETE", `/flows/${encodeURIComponent(id)}`);
}

/** The result of one rule on the event. */
export type RuleVerdict = Wire<"RuleVerdict">;

/** A field with expressions, and its value. Neither value nor problem: no value, or not known yet. */
export type DryRunValue = Wire<"DryRunAction">["values"][number];

export interface DryRunAction {
  id: string;
  index: number;
  /** Of a step that is no action at the top, or calls nothing. */
  step?: Wire<"DryRunStep">;
  wouldRun: boolean;
  request: Wire<"DryRunAction">["request"];
  problem: string | null;
  waitsFor: Wire<"DryRunAction">["waits_for"];
  sampleFrom: string | null;
  values: DryRunValue[];
  /** What it changes of a whole object; null for one that changes none. */
  change: DryRunChange | null;
  /** Of a step that reads in Clockify. */
  read?: Wire<"DryRunAction">["read"];
}

export type DryRunChange = Wire<"DryRunChange">;

/** What a draft would do on a stored event. Nothing that writes is sent. */
export interface DryRun {
  faults: Fault[];
  /** What may go wrong when it runs, and what is missing on this event. */
  warnings: Fault[];
  triggered: boolean;
  /** Null when the conditions have faults. */
  matched: boolean | null;
  rules: RuleVerdict[];
  actions: DryRunAction[];
}

/** With the `flowId` of a stored flow, results of its newest run are used for earlier steps. */
export async function dryRunFlow(
  api: Api,
  { definition, flowId, eventId }: { definition: FlowJson; flowId?: string; eventId: string },
): Promise<DryRun> {
  const named = flowId === undefined ? definition : { id: flowId, ...definition };
  const wire = await api.send<Answer<"post_ui_flows_test">>("POST", "/flows/test", {
    definition: named,
    event_id: eventId,
  });
  return {
    faults: wire.faults,
    warnings: wire.warnings,
    triggered: wire.triggered,
    matched: wire.matched,
    rules: wire.rules,
    actions: wire.actions.map(({ would_run, waits_for, sample_from, ...action }) => ({
      ...action,
      wouldRun: would_run,
      waitsFor: waits_for,
      sampleFrom: sample_from,
    })),
  };
}

export function toFlow(
  { id, version, created_at, updated_at, warnings = [], schedules: _, ...definition }: Wire<"Flow">,
): Flow {
  return {
    id,
    version,
    createdAt: new Date(created_at),
    updatedAt: new Date(updated_at),
    definition,
    warnings,
  };
}

function toStats({ runs_24h, failed_24h, last_run, recent }: Wire<"FlowStats">): FlowRow["stats"] {
  return {
    runs24h: runs_24h,
    failed24h: failed_24h,
    lastRun: last_run && { id: last_run.id, state: last_run.state, createdAt: new Date(last_run.created_at) },
    recent,
  };
}
