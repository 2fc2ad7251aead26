/** Flows as a file: what leaves a workspace, and what of it has to be said again in another one. Pure. */

import { secretPlaces } from "../../actions/http_secrets.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import { isObject } from "../../engine/faults.ts";
import { REDACTED } from "../../telemetry/redact.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { operationOf } from "../parse/results.ts";
import { hideFlowSecrets, mayHoldSecrets } from "../secrets.ts";
import { everyStep } from "../shape/steps.ts";

type Fields = Record<string, unknown>;

export const FLOW_FILE = { format: "timewire.flows", version: 1 } as const;
/** Flows of one file. */
export const MAX_FILE_FLOWS = 100;
/** Of a file as JSON. */
export const MAX_FILE_BYTES = 1_000_000;

/** A flow of a file: its definition without whether it is on, with the id it had and the secrets that are to be given. */
export interface FiledFlow extends Fields {
  /** As another flow of the file names it in `flow_id`. */
  id: string;
  name: string;
  trigger_event_types: string[];
  actions: unknown[];
  secrets: string[];
}

export interface FlowFile {
  format: typeof FLOW_FILE.format;
  version: typeof FLOW_FILE.version;
  exported_at: string;
  workspace_id: string;
  flows: FiledFlow[];
  /** Entities that the flows name, by id. */
  names: Record<string, { type: string; name: string }>;
}

/** What takes the place of what the file says, by what it says. */
export interface FileMapping {
  /** Ids of entities. */
  entities: Readonly<Record<string, string>>;
  /** Names of sources. */
  sources: Readonly<Record<string, string>>;
  /** Ids of flows that are not in the file, which others run. */
  flows: Readonly<Record<string, string>>;
  /** By the id of the flow in the file and its place, as in `3 actions[0].headers.Authorization`. */
  secrets: Readonly<Record<string, string>>;
}

const ID = /[0-9a-f]{24}/g;
const SOURCE = /^custom:([a-z0-9_-]{1,50})/;

/** A stored definition as a file has it: masks in the place of secrets, each of them named. */
export function toFiled(id: number, { enabled: _, ...definition }: FlowDefinition): FiledFlow {
  const hidden = hideFlowSecrets(definition);
  const secrets = placesOf(hidden).filter(({ value }) => value === REDACTED).map(({ path }) => path);
  return { id: String(id), ...hidden, secrets };
}

/** The definition that is checked and saved: switched off, with what the mapping says in the place of what the file says. */
export function fromFiled({ id, secrets: _, ...filed }: FiledFlow, mapping: FileMapping): Fields {
  const ids = (text: string) =>
    text.replaceAll(ID, (id) => Object.hasOwn(mapping.entities, id) ? mapping.entities[id]! : id);
  const definition = mapTexts(filed, ids) as Fields;
  const source = (type: unknown) =>
    typeof type === "string"
      ? type.replace(
        SOURCE,
        (all, name) => Object.hasOwn(mapping.sources, name) ? `custom:${mapping.sources[name]}` : all,
      )
      : type;
  const sources = (types: unknown) => Array.isArray(types) ? types.map(source) : types;
  definition.trigger_event_types = sources(definition.trigger_event_types);
  for (const step of stepsOf(definition)) {
    if (isObject(step.event)) step.event.event_types = sources(step.event.event_types);
    if (step.type === "run_flow" && Object.hasOwn(mapping.flows, String(step.flow_id))) {
      step.flow_id = Number(mapping.flows[String(step.flow_id)]);
    }
  }
  for (const { path, value, set } of placesOf(definition)) {
    const given = mapping.secrets[`${id} ${path}`];
    if (value === REDACTED && given !== undefined) set(given);
  }
  return { ...definition, enabled: false };
}

/** What a flow of a file needs of the workspace that it comes into. */
export function needsOf(filed: FiledFlow, { catalogue }: { catalogue: Catalogue }) {
  const { id: _, secrets: __, ...definition } = filed;
  const steps = [...stepsOf(definition)];
  const types = [
    definition.trigger_event_types,
    ...steps.map(({ event }) => isObject(event) ? event.event_types : undefined),
  ];
  const sources = types.flatMap((list) => Array.isArray(list) ? list : [])
    .flatMap((type) => typeof type === "string" ? SOURCE.exec(type)?.[1] ?? [] : []);
  const operations = steps.flatMap(({ type, operation_id: name }) =>
    typeof name === "string" && (type === undefined || type === "clockify") && !operationOf(catalogue, name)
      ? [name]
      : []
  );
  return {
    entities: unique(JSON.stringify(definition).match(ID) ?? []),
    sources: unique(sources),
    operations: unique(operations),
    flows: unique(
      steps.flatMap(({ type, flow_id }) => type === "run_flow" && flow_id !== undefined ? [String(flow_id)] : []),
    ),
    secrets: placesOf(definition).filter(({ value }) => value === REDACTED).map(({ path }) => path),
  };
}

/**
 * The flows in an order in which each stands behind those of the file that it runs; `circle` has the ids of some that run each
 * other, where there is none.
 */
export function inOrder(flows: readonly FiledFlow[]): { order: FiledFlow[]; circle: string[] } {
  const byId = new Map(flows.map((flow) => [flow.id, flow]));
  const order: FiledFlow[] = [];
  const seen = new Set<string>();
  const circle: string[] = [];
  const visit = (flow: FiledFlow, above: readonly string[]) => {
    if (above.includes(flow.id)) return void circle.push(...above.slice(above.indexOf(flow.id)));
    if (seen.has(flow.id)) return;
    seen.add(flow.id);
    for (const step of stepsOf(flow)) {
      const run = step.type === "run_flow" ? byId.get(String(step.flow_id)) : undefined;
      if (run && (!seen.has(run.id) || above.includes(run.id) || run === flow)) visit(run, [...above, flow.id]);
    }
    order.push(flow);
  };
  for (const flow of flows) visit(flow, []);
  return { order, circle: unique(circle) };
}

function* stepsOf({ actions }: { actions?: unknown }): Generator<Fields> {
  for (const { step } of everyStep<unknown>(Array.isArray(actions) ? actions : [])) if (isObject(step)) yield step;
}

function placesOf({ actions }: { actions?: unknown }) {
  return [...everyStep<unknown>(Array.isArray(actions) ? actions : [])].flatMap(({ step, place }) =>
    mayHoldSecrets(step) ? secretPlaces(step).map((one) => ({ ...one, path: `${place}.${one.path}` })) : []
  );
}

/** A copy with each text changed; keys stay. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((part) => mapTexts(part, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapTexts(part, change)]));
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}
