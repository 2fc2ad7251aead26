/** The scope: the values that expressions can name while a flow is matched or a step is prepared. */

import { REDACTED } from "../telemetry/redact.ts";
import { isSecretHeader } from "../telemetry/secret_names.ts";
import { isTimeZone, UTC } from "./zone.ts";

/** Output of a finished step; `id` is the step's id in the plan. */
export interface StepResult {
  /** Unique in the plan. */
  id: string;
  /** JSON; null where it has none. */
  output: unknown;
}

/** One that stands at `$.action_2_result` too where `number` is 2. */
export interface NamedResult extends StepResult {
  /** From 1; absent in flows with steps of other kinds. */
  number?: number;
}

/** What is known of the add-on in its workspace. */
export interface InstallationFacts {
  /** Clockify's id. */
  workspaceId: string;
  /** IANA name; UTC where Clockify's is not known. */
  timeZone: string;
}

/** What is known of the event beside its body: what flows find at `$.delivery`. */
export interface DeliveryFacts {
  /** Of the event. */
  id: string;
  /** Of the event: NEW_TAG, or custom:shop. */
  type: string;
  /** Clockify's id. */
  workspaceId: string;
  /** ISO 8601, UTC. */
  receivedAt: string;
  /** The type that its sender named; null for Clockify's own events. */
  custom_type: string | null;
  /** The custom source it came by; null for Clockify's own events. */
  source: string | null;
  /** The query of its address; a repeated name has the list of its values. Secrets are redacted. */
  query: Readonly<Record<string, string | string[]>>;
  /** As its sender said; null where it did not. */
  content_type: string | null;
  /** Of the request: POST; null for Clockify's own events. */
  method: string | null;
  /** Where the request of another system came from, as TRUSTED_PROXIES has it; null for Clockify's own events. */
  remote_address: string | null;
  /** By names in lower case; those that hold secrets are left out. */
  headers: Readonly<Record<string, string>>;
}

/** Fields of `$.delivery`. */
export const DELIVERY_FIELDS: readonly (keyof DeliveryFacts)[] = [
  "id",
  "type",
  "workspaceId",
  "receivedAt",
  "custom_type",
  "source",
  "query",
  "content_type",
  "headers",
  "method",
  "remote_address",
];

/** Where a stored event has them: beside its headers, under names that no header can have. */
export const METHOD_NAME = ":method";
/** Name of what holds the address that a delivery came from; no header has a colon. */
export const REMOTE_ADDRESS_NAME = ":remote-address";

/** What paths begin with. */
export interface Scope {
  /** Undefined where there is no such part. */
  [root: string]: unknown;
}

/** First names of paths that only steps find. */
export const STEP_ROOTS: readonly string[] = ["vars", "error", "approval"];

/** First names of paths, beside `action_N_result`. `event` is another name of `webhook`. */
export const SCOPE_ROOTS: readonly string[] = [
  "webhook",
  "event",
  "delivery",
  "steps",
  "workflow",
  "loop",
  "installation",
  ...STEP_ROOTS,
];

/** What flows find at the roots, for their authors; `workflow` is never there in a flow. */
export const FLOW_ROOTS: readonly { path: string; description: string }[] = [
  { path: "$.webhook", description: "The body of the event" },
  { path: "$.event", description: "Another name of $.webhook" },
  { path: "$.delivery", description: `The event beside its body: ${DELIVERY_FIELDS.join(", ")}` },
  { path: "$.action_1_result", description: "What the first action got; $.action_2_result the second, and so on" },
  { path: "$.steps", description: "The same by the id of the action, as in $.steps.find_tag.output" },
  {
    path: "cache",
    description:
      'In {{ }}: an entity of the workspace by its name or id, as in cache.tag("urgent").id or cache.user(webhook.userId).name',
  },
  { path: "$.installation", description: "The add-on in this workspace: workspaceId, timeZone" },
  { path: "$.vars", description: "Variables that a step before set, as in $.vars.total" },
  {
    path: "$.loop",
    description: "In a loop: item, index (from 0), total, is_first, is_last, and parent, the loop around",
  },
  { path: "$.error", description: "In on_error: code, message and step of what failed" },
  { path: "$.approval", description: "In ask and remind of an approval: link and id" },
];

const ACTION_RESULT = /^action_([1-9]\d{0,3})_result$/;

/** True when a path may begin with `name`. */
export function isScopeRoot(name: string): boolean {
  return SCOPE_ROOTS.includes(name) || ACTION_RESULT.test(name);
}

/** 2 for `action_2_result`, undefined for any other name. */
export function actionNumber(name: string): number | undefined {
  const found = ACTION_RESULT.exec(name);
  return found ? Number(found[1]) : undefined;
}

/** Parts of a scope; what is left out is missing to every path. */
export interface ScopeParts {
  /** Of the event, or the run's input. */
  body: unknown;
  /** Facts beside the body. */
  delivery?: DeliveryFacts;
  /** InstallationFacts. */
  installation?: unknown;
  /** Of a workflow. */
  workflow?: unknown;
  /** LoopFacts of the innermost loop. */
  loop?: unknown;
  /** By name. */
  vars?: unknown;
  /** Code, message and step, in on_error. */
  error?: unknown;
  /** Link and id, in ask and remind. */
  approval?: unknown;
}

/**
 * The scope of an event's body and the outputs so far, in the order of the steps: the k-th output is found at
 * `$.action_k_result` and at `$.steps.<id>.output`.
 */
export function buildScope({ results, ...parts }: ScopeParts & { results: readonly StepResult[] }): Scope {
  return stepScope({ ...parts, results: results.map((result, index) => ({ ...result, number: index + 1 })) });
}

/** The scope with these results alone. */
export function stepScope({ results, body, ...parts }: ScopeParts & { results: readonly NamedResult[] }): Scope {
  // No prototype: a step may have any id.
  const scope: Scope = Object.create(null);
  const steps: Record<string, { output: unknown }> = Object.create(null);
  Object.assign(scope, parts);
  scope.webhook = scope.event = body;
  scope.steps = steps;
  for (const { id, output, number } of results) {
    steps[id] = { output };
    if (number !== undefined) scope[`action_${number}_result`] = output;
  }
  return scope;
}

/** The facts of an installation; `timeZone` is what Clockify says, which may be nothing or a name that is none. */
export function installationFacts(
  { workspaceId, timeZone }: { workspaceId: string; timeZone?: string | null },
): InstallationFacts {
  return { workspaceId, timeZone: isTimeZone(timeZone) ? timeZone : UTC };
}

/** The time zone that days are counted in. */
export function timeZoneOf({ installation }: Scope): string {
  const { timeZone } = (installation ?? {}) as Partial<InstallationFacts>;
  return timeZone ?? UTC;
}

/** The facts of an event, in the spelling that expressions see. `headers` is JSON, which is parsed when it is asked for. */
export function deliveryFacts(
  { id, type, workspaceId, receivedAt, customType, source, query, headers }: {
    id: number;
    type: string;
    workspaceId: string;
    receivedAt: Date;
    customType: string | null;
    source: string | null;
    query: Record<string, string | string[]> | null;
    headers: string;
  },
): DeliveryFacts {
  let parsed: Record<string, string> | undefined;
  const open = () => parsed ??= JSON.parse(headers) as Record<string, string>;
  return {
    id: String(id),
    type,
    workspaceId,
    receivedAt: receivedAt.toISOString(),
    custom_type: customType,
    source,
    query: query ?? {},
    get content_type() {
      return open()["content-type"] ?? null;
    },
    get method() {
      return open()[METHOD_NAME] ?? null;
    },
    get remote_address() {
      return open()[REMOTE_ADDRESS_NAME] ?? null;
    },
    get headers() {
      return Object.fromEntries(
        Object.entries(open()).filter(([name, value]) =>
          value !== REDACTED && !name.startsWith(":") && !isSecretHeader(name)
        ),
      );
    },
  };
}

/** Sets an own key: one named `__proto__` too, which would otherwise change the prototype. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
