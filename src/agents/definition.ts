/** Agents: programs that steps of workflows send messages to. Their JSON, as the documents have it. */

import { z } from "zod";
import { isPrintable, NOT_PRINTABLE } from "../base/unprintable.ts";
import { CONNECTION_HEADERS } from "../egress/connection_headers.ts";

/** The program's own header where none is named. */
export const DEFAULT_KEY_HEADER = "X-API-Key";
/** Of the connection or of the message (call.ts): a key there would not arrive, or end the request elsewhere than it ends. */
const NOT_FOR_KEYS = [
  ...CONNECTION_HEADERS,
  ..."accept content-type idempotency-key user-agent x-correlation-id".split(" "),
];

const delay = z.int().min(100).max(3_600_000);

export const retryShape = z.strictObject({
  /** Attempts after the first, 0 to 10. */
  max_retries: z.int().min(0).max(10).default(3),
  initial_delay_ms: delay.default(1_000),
  max_delay_ms: z.int().min(1_000).max(3_600_000).default(30_000),
  backoff_multiplier: z.number().min(1).max(100).default(2),
}).refine(({ initial_delay_ms, max_delay_ms }) => max_delay_ms >= initial_delay_ms, {
  path: ["max_delay_ms"],
  message: "must be at least initial_delay_ms",
});

/** Of an agent's circuit breaker, over the CIRCUIT_BREAKER_ variables: absent fields are as they say. */
export const breakerShape = z.strictObject({
  enabled: z.boolean(),
  failure_threshold: z.int().min(1).max(1_000),
  failure_rate_threshold: z.number().min(0).max(1),
  timeout_seconds: z.int().min(1).max(3_600),
  half_open_max_calls: z.int().min(1).max(100),
  window_size_seconds: z.int().min(10).max(3_600),
}).partial();

const secret = z.string().min(1).max(8_192).regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces");
const bearer = z.strictObject({ token: secret });
const apikey = z.strictObject({
  key: secret,
  header_name: z.string().regex(/^[A-Za-z0-9-]{1,100}$/, "must be the name of a header")
    .refine((name) => !NOT_FOR_KEYS.includes(name.toLowerCase()), "is set by the request itself: name another header")
    .default(DEFAULT_KEY_HEADER),
});

/** An address that the program calls, by the egress rules. */
export const targetUrl = z.url({ protocol: /^https?$/ }).max(2_000).refine((text) => {
  const url = URL.parse(text);
  // One that is none has its fault already.
  return url === null || (url.username === "" && url.password === "");
}, "must carry no user and no password");

const fields = {
  url: targetUrl,
  description: z.string().max(2_000).nullish(),
  auth_type: z.enum(["none", "bearer", "apikey"]),
  auth_config: z.union([bearer, apikey, z.null()]).optional(),
  /** Of one call. */
  timeout_ms: z.int().min(1_000).max(300_000),
  retry_config: retryShape,
  /** null: as the variables say. */
  circuit_breaker_config: breakerShape.nullish(),
  status: z.enum(["active", "inactive"]),
};

/** What POST takes. */
export const newAgentShape = z.strictObject({
  name: z.string().trim().min(1).max(255).refine(isPrintable, NOT_PRINTABLE),
  ...fields,
  auth_type: fields.auth_type.default("none"),
  timeout_ms: fields.timeout_ms.default(30_000),
  retry_config: retryShape.prefault({}),
  status: fields.status.default("active"),
}).superRefine((given, ctx) => checkAuth(given, ctx));

/** What PUT takes: absent fields keep their values. */
export const agentPatchShape = z.strictObject(fields).partial().superRefine((given, ctx) => {
  if (given.auth_type !== undefined) checkAuth({ ...given, auth_type: given.auth_type }, ctx);
  else if (given.auth_config) {
    ctx.addIssue({ code: "custom", path: ["auth_type"], message: "is needed with auth_config" });
  }
});

export type NewAgent = z.output<typeof newAgentShape>;
export type AgentPatch = z.output<typeof agentPatchShape>;
export type RetryConfig = z.output<typeof retryShape>;
export type BreakerConfig = z.output<typeof breakerShape>;
export type AuthType = NewAgent["auth_type"];

function checkAuth(
  { auth_type, auth_config }: { auth_type: AuthType; auth_config?: unknown },
  ctx: z.core.$RefinementCtx,
): void {
  const wrong = (message: string) => ctx.addIssue({ code: "custom", path: ["auth_config"], message });
  const has = (name: string) => typeof auth_config === "object" && auth_config !== null && name in auth_config;
  if (auth_type === "none" && auth_config) wrong("must be null where auth_type is none");
  if (auth_type === "bearer" && !has("token")) wrong("needs a token where auth_type is bearer");
  if (auth_type === "apikey" && !has("key")) wrong("needs a key where auth_type is apikey");
}
