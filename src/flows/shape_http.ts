/** The shape of an action of type "http": one request to another system. */

import { z } from "zod";
import { HTTP_METHODS, MAX_TIMEOUT_MS } from "../actions/http_request.ts";
import { at, type Fault, isObject } from "../engine/faults.ts";
import type { RetryPolicy } from "../engine/plan.ts";
import type { HttpFlowAction } from "./definition.ts";
import {
  defaultId,
  faultsOf,
  id,
  message,
  oneOf,
  params,
  retryOf,
  retrySchema,
  type ShapeResult,
  whole,
} from "./shape.ts";

/** Spellings of the type; the first is the one that is stored (GENERIC_HTTP is the earlier service's). */
const TYPES = ["http", "GENERIC_HTTP", "generic_http"] as const;

const url = message('must be an address or a template of one, as in "https://example.com/{{$.webhook.id}}"');

const httpActionSchema = z.strictObject({
  id: z.string(id).regex(/^[A-Za-z0-9_-]{1,64}$/, id).optional(),
  type: z.enum(TYPES),
  method: oneOf(...HTTP_METHODS).default("POST"),
  url: z.string(url).min(1, url).max(8_192, url),
  headers: params.nullish(),
  query: params.nullish(),
  body: z.unknown().optional(),
  timeout_ms: whole(100, MAX_TIMEOUT_MS).default(10_000),
  retry: retrySchema.nullish(),
  retryPolicy: retrySchema.nullish(),
  on_uncertain: oneOf("retry", "stop").optional(),
}, message('must be an action, as in {"type": "http", "url": "..."}'));

export const HTTP_ACTION_KEYS: string[] = Object.keys(httpActionSchema.shape);

/** True for an action that says it is one of these, whatever else it holds. */
export function isHttpAction(input: unknown): boolean {
  return isObject(input) && (TYPES as readonly unknown[]).includes(input.type);
}

interface HttpActionDeps {
  /** True where the workspace lets flows call other systems. */
  genericHttp?: boolean;
  /** Retry policy of actions that state none; DEFAULT_RETRY when absent. */
  httpRetry?: RetryPolicy;
}

/** The action at `index` of the flow, named `action_N` when it has no id. Of a flow that is not `enabled`, it need not be allowed. */
export function httpActionShape(
  input: unknown,
  { index, deps, enabled }: { index: number; deps: HttpActionDeps; enabled: boolean },
): ShapeResult<HttpFlowAction> & { id: string } {
  const path = at("actions", index);
  const raw = isObject(input) ? input : {};
  const id = typeof raw.id === "string" ? raw.id : defaultId(index);
  const faults: Fault[] = deps.genericHttp || !enabled ? [] : [{
    path: `${path}.type`,
    message: "is not allowed: requests to other systems are off in this workspace's settings",
  }];
  const parsed = httpActionSchema.safeParse(input);
  if (!parsed.success) return { raw, id, faults: [...faults, ...faultsOf(parsed.error, path, HTTP_ACTION_KEYS)] };
  const { method, url, headers, query, body, timeout_ms, on_uncertain, ...retries } = parsed.data;
  if (retries.retry && retries.retryPolicy) {
    faults.push({ path: `${path}.retryPolicy`, message: "cannot be combined with retry: give one of them" });
  }
  const given = retries.retry ?? retries.retryPolicy;
  const retry = given ? retryOf(given) : deps.httpRetry && {
    max_attempts: deps.httpRetry.maxAttempts,
    initial_delay_ms: deps.httpRetry.initialDelayMs,
    max_delay_ms: deps.httpRetry.maxDelayMs,
    multiplier: deps.httpRetry.multiplier,
  };
  if (retry && retry.max_delay_ms < retry.initial_delay_ms) {
    faults.push({ path: `${path}.retry.max_delay_ms`, message: "must be at least initial_delay_ms" });
  }
  const value: HttpFlowAction = {
    id,
    type: "http",
    method,
    url,
    headers: headers ?? {},
    query: query ?? {},
    ...(body === undefined ? {} : { body }),
    timeout_ms,
    ...(retry ? { retry } : {}),
    on_uncertain: on_uncertain ?? "retry",
  };
  return faults.length > 0 ? { raw, id, faults } : { raw, id, value, faults };
}
