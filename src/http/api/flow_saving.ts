/** What routes that read and save flows share: the flow of the path, its entity tag, its checks, and its answers. */

import type { Context } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import { AppError } from "../../base/errors.ts";
import { calledFlowHints } from "../../flows/analysis/called_flows.ts";
import { conflictHints } from "../../flows/analysis/conflicts.ts";
import { eventLookupHints } from "../../flows/analysis/looked_up_for_event.ts";
import type { Fault } from "../../engine/faults.ts";
import type { FlowDefinition } from "../../flows/shape/definition.ts";
import { parseFlow, type ParseFlowDeps } from "../../flows/parse/parse_flow.ts";
import { type FlowSecrets, hideFlowSecrets } from "../../flows/secrets.ts";
import { type Flow, type FlowState, type FlowStore, flowUnknown } from "../../flows/store/store.ts";
import { storedWarnings } from "../../flows/analysis/stored_warnings.ts";
import type { PublicationGuard } from "../../guard/guard.ts";
import type { PolicyStore } from "../../guard/policy.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { Installation } from "../../installations/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import { timingJson } from "./schedule_view.ts";
import type { AuthDeps } from "../server/login.ts";
import type { BodyLimits } from "../server/body.ts";

export interface FlowSavingDeps extends AuthDeps {
  flows: FlowStore;
  secrets: FlowSecrets;
  settings: Pick<SettingsSource, "of">;
  /** What a flow is checked against when it is saved. */
  parse: ParseFlowDeps;
  catalogue: Catalogue;
  guard: PublicationGuard;
  policies: Pick<PolicyStore, "read">;
  /** For the next firings of schedules. */
  clock: Clock;
  body: BodyLimits;
}

/** For the contracts of routes whose answer is a flow. */
export const ETAG = {
  ETag: 'For If-Match: the version, as in "4"; "4.1" where the flow was switched on or off once since it was published',
};
export const IF_MATCH = { "if-match": z.string().optional().meta({ description: "ETag of the flow as it was read" }) };

/** The state of the flow as an entity tag (RFC 9110 section 8.8.3). */
export function etagOf({ version, switched }: FlowState): string {
  return switched === 0 ? `"${version}"` : `"${version}.${switched}"`;
}

/**
 * Throws PRECONDITION_FAILED when If-Match names another state than the stored one (RFC 9110 section 13.1.1). For a change
 * that leaves the flow on or off as it is, `switchStays`, the version alone counts: what it changes did not change meanwhile.
 */
export function requireVersion(
  c: Context<AppEnv>,
  flow: FlowState & { id: number },
  { switchStays = false }: { switchStays?: boolean } = {},
): void {
  const wanted = ifMatch(c);
  if (wanted === undefined || wanted.includes("*") || wanted.includes(etagOf(flow))) return;
  if (switchStays && wanted.some((tag) => /^"(\d+)(?:\.\d+)?"$/.exec(tag)?.[1] === String(flow.version))) return;
  throw changedMeanwhile(flow);
}

export function changedMeanwhile(flow: FlowState & { id: number }): AppError {
  return new AppError(
    "PRECONDITION_FAILED",
    `Cannot change flow "${flow.id}": If-Match names another version than ${etagOf(flow)}; read the flow again`,
  );
}

/** The entity tags of the request's If-Match; undefined without one. */
export function ifMatch(c: Context<AppEnv>): string[] | undefined {
  return c.req.header("if-match")?.split(",").map((tag) => tag.trim());
}

/**
 * For the failure of a write: with If-Match, or If-None-Match, a change that came between our read and the write is answered as one of before, by
 * what `changed` gives.
 */
export function refusedChange(c: Context<AppEnv>, changed: () => AppError) {
  return (error: unknown): never => {
    const isConflict = error instanceof AppError && error.code === "CONFLICT";
    const isConditional = c.req.header("if-match") !== undefined || c.req.header("if-none-match") !== undefined;
    throw isConflict && isConditional ? changed() : error;
  };
}

/** What this installation's flows are checked against now. */
export async function parseDeps(
  installation: Installation,
  { parse, profile, settings }: FlowSavingDeps,
): Promise<ParseFlowDeps> {
  const genericHttp = profile.features.genericHttpActions && (await settings.of(installation)).genericHttpActions;
  return { ...parse, genericHttp };
}

/** What a flow is saved beside. */
interface Saving {
  all: Flow[];
  /** By the settings. */
  flowsOn: boolean;
}

export async function readSaving(installation: Installation, { flows, settings }: FlowSavingDeps): Promise<Saving> {
  const [all, { flows: flowsOn }] = await Promise.all([flows.list(installation.id), settings.of(installation)]);
  return { all, flowsOn };
}

/** The flow as saved; beside it `warnings` of path and message, where something may go wrong when it runs. */
export function savedJson(
  flow: Flow,
  { all, flowsOn, warnings, deps: { catalogue, clock } }: Saving & { warnings: Fault[]; deps: FlowSavingDeps },
) {
  const others = all.filter(({ id }) => id !== flow.id);
  const isOff = flow.enabled && !flowsOn;
  const off = "Flows are switched off in the settings: the flow is saved and does not run until they are on";
  const hints = [
    ...(isOff ? [{ path: "enabled", message: off }] : []),
    ...warnings,
    ...conflictHints(flow.definition, { others, catalogue }),
    ...calledFlowHints(flow, others),
    ...eventLookupHints(flow.definition, others.map(({ definition }) => definition)),
  ].map(({ path, message }) => ({ path, message }));
  return { ...flowJson(flow), ...schedulesJson(flow, clock), ...(hints.length > 0 && { warnings: hints }) };
}

export function checked(
  input: unknown,
  parse: ParseFlowDeps,
  refusal = "Cannot save the flow",
): { flow: FlowDefinition; warnings: Fault[] } {
  const result = parseFlow(input, parse);
  if (result.ok) return result;
  throw invalidFlow(result.faults, refusal);
}

/** FLOW_INVALID; `refusal` begins its sentence. */
export function invalidFlow(faults: Fault[], refusal: string): AppError {
  const { length } = faults;
  return new AppError("FLOW_INVALID", `${refusal}: ${length} ${length === 1 ? "fault" : "faults"}`, {
    details: { faults },
  });
}

export async function findFlow(
  text: string,
  installationId: number,
  deps: Pick<FlowSavingDeps, "flows">,
): Promise<Flow> {
  const id = flowId(text);
  const flow = await deps.flows.find(installationId, id);
  if (!flow) throw flowUnknown(id);
  return flow;
}

function flowId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw flowUnknown(text.slice(0, 40));
  return Number(text);
}

/** The flow as it is read later: `warnings` of what its conditions may say otherwise than was meant, of waits whose time is past and of loops that were stopped, where there are some. */
export function storedJson(flow: Flow, clock: Clock) {
  const warnings = storedWarnings(flow.definition, { loop: flow.loop, now: clock.now() });
  return { ...flowJson(flow), ...(warnings.length > 0 && { warnings }) };
}

/** The flow's schedules in words, with the next five firings; nothing for a flow without any. */
export function schedulesJson({ definition: { triggers }, enabled }: Flow, clock: Clock) {
  const now = new Date(clock.now());
  const schedules = triggers?.schedules?.map((timing) => timingJson(timing, { now, enabled }));
  return schedules && { schedules };
}

function flowJson(flow: Flow) {
  return {
    id: String(flow.id),
    ...hideFlowSecrets(flow.definition),
    version: flow.version,
    created_at: flow.createdAt.toISOString(),
    updated_at: flow.updatedAt.toISOString(),
  };
}
