/** What a request for a second person would do, read out of the JSON that it was stored as. Pure. */

import type { PolicyChange, WholeGuardRequest } from "./guard_api.ts";
import { type ChangedRule, WAYS } from "./guard_words.ts";

export interface ShownCall {
  kind: "call";
  operationId: string;
  /** viewer: with the rights of who asks. */
  as: "addon" | "viewer";
  method: string;
  path: string;
  query: unknown;
  body: unknown;
}

export interface ShownStep {
  path: string;
  id: string;
  operation: string;
  grade: string;
  reason: string;
  /** As it is published; undefined where the definition has none of this id. */
  action: unknown;
}

export interface ShownFlow {
  kind: "flow";
  /** Null: the flow is made by it. */
  flowId: string | null;
  steps: ShownStep[];
  definition: unknown;
}

export interface ShownPolicy {
  kind: "policy";
  version: number;
  change: PolicyChange;
  rules: ChangedRule[];
}

export type Shown = ShownCall | ShownFlow | ShownPolicy;

type Fields = Record<string, unknown>;

/** Undefined where it has another form than the server writes: it is shown as JSON then. */
export function shownOf({ kind, shown }: Pick<WholeGuardRequest, "kind" | "shown">): Shown | undefined {
  if (!isFields(shown)) return undefined;
  return READERS[kind](shown);
}

const READERS: Record<WholeGuardRequest["kind"], (shown: Fields) => Shown | undefined> = {
  call: ({ operation_id, as, method, path, query, body }) =>
    typeof method === "string" && typeof path === "string"
      ? {
        kind: "call",
        operationId: String(operation_id),
        as: as === "viewer" ? "viewer" : "addon",
        method,
        path,
        query: query ?? null,
        body: body ?? null,
      }
      : undefined,
  flow: ({ flow_id, steps, definition }) => {
    if (!Array.isArray(steps) || !isFields(definition)) return undefined;
    return {
      kind: "flow",
      flowId: typeof flow_id === "string" ? flow_id : null,
      definition,
      steps: steps.filter(isFields).map(({ path, id, operation, grade, reason }) => ({
        path: String(path),
        id: String(id),
        operation: String(operation),
        grade: String(grade),
        reason: String(reason),
        action: stepAt(definition, String(path), id),
      })),
    };
  },
  policy: ({ version, change, left }) => {
    if (typeof version !== "number" || !isFields(change)) return undefined;
    const wanted = change as PolicyChange;
    const leaves = Array.isArray(left) ? left.filter(isFields) : [];
    const rules = WAYS.flatMap((way) =>
      (Object.entries(wanted[way] ?? {}) as [ChangedRule["grade"], ChangedRule["to"]][]).map(([grade, to]) => ({
        way,
        grade,
        from: leaves.some((one) => one.way === way && one.grade === grade) ? "second_person" as const : null,
        to,
      }))
    );
    return { kind: "policy", version, change: wanted, rules };
  },
};

/** The step of the definition at a place such as `actions[1].cases[0].actions[2]`; undefined where another one stands there. */
function stepAt(definition: Fields, path: string, id: unknown): unknown {
  const step = path.split(/[.[\]]+/).filter((key) => key !== "").reduce<unknown>(
    (part, key) =>
      (isFields(part) || Array.isArray(part)) && Object.hasOwn(part, key) ? (part as Fields)[key] : undefined,
    definition,
  );
  return isFields(step) && step.id === id ? step : undefined;
}

/** The first line of the request; a query that is no text stands below it. */
export function requestLine({ method, path, query }: ShownCall): string {
  return typeof query === "string" && query !== "" ? `${method} ${path}?${query}` : `${method} ${path}`;
}

/** The query where it is JSON and holds something. */
export function queryFields({ query }: ShownCall): unknown {
  if (query === null || typeof query === "string") return undefined;
  return isFields(query) && Object.keys(query).length === 0 ? undefined : query;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
