/** /api/v1/keys: what programs call the API with. */

import type { Hono } from "hono";
import { z } from "zod";
import { type ApiKey, type ApiKeyStore, keyUnknown } from "../../access/keys.ts";
import { API_ROLES } from "../../access/roles.ts";
import type { Clock } from "../../base/clock.ts";
import { AppError } from "../../base/errors.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { idFrom, uuid } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf } from "./resource.ts";

export interface KeyRoutesDeps extends ApiAuthDeps {
  apiKeys: ApiKeyStore;
  body: BodyLimits;
  clock: Clock;
}

const PATH = "/api/v1/keys";
const REFUSAL = "Cannot create the key";

export const loginName = z.string().trim().min(1).max(100)
  // No pattern: the document would show it with its flag, which fits nothing.
  .refine((name) => !/\p{C}/u.test(name), "must have no control characters");

const key = z.object({
  id: uuid,
  name: z.string(),
  prefix: z.string().meta({ description: "Its first characters, to know it by" }),
  role: z.enum(API_ROLES),
  created_by: z.string(),
  created_at: instant,
  expires_at: instant.nullable(),
  last_used_at: instant.nullable().meta({ description: "To the minute" }),
  revoked_at: instant.nullable(),
}).meta({ id: "CallerKey" });

const EXAMPLE = {
  id: "5f1d6c1e-7a4d-4b7e-9c55-0a1b2c3d4e5f",
  name: "nightly report",
  prefix: "tw_Yb3kQ9",
  role: "operator",
  created_by: "ops",
  created_at: "2026-11-29T09:00:00.000Z",
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
} as const;

const createKey = defineRoute({
  method: "post",
  path: PATH,
  tag: "Access",
  summary: "Make an API key",
  about: "The key is in this answer alone: only its hash is stored. A name is in use by one key at a time, so that a " +
    "request which is sent twice makes one.",
  who: "api_admin",
  // No Idempotency-Key: the answer that it would keep has the key.
  creates: false,
  body: {
    schema: z.strictObject({
      name: loginName,
      role: z.enum(API_ROLES),
      expires_at: z.iso.datetime({ offset: true }).nullish(),
    }),
    refusal: REFUSAL,
    example: { name: "nightly report", role: "operator" },
  },
  answer: {
    status: 201,
    about: "The key",
    schema: key.extend({ key: z.string() }).meta({ id: "NewCallerKey" }),
    example: { ...EXAMPLE, key: "tw_Yb3kQ9" + "x".repeat(37) },
  },
  problems: ["CONFLICT"],
});

const listKeys = defineRoute({
  method: "get",
  path: PATH,
  tag: "Access",
  summary: "API keys, the newest first",
  about: "Those that were revoked stay for 90 days.",
  who: "api_admin",
  query: z.object(pageQuery),
  answer: {
    status: 200,
    about: "A page of keys",
    schema: listOf(key),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const revokeKey = defineRoute({
  method: "delete",
  path: `${PATH}/{key_id}`,
  tag: "Access",
  summary: "Revoke an API key",
  about: "It ends at once in this process, and within 5 s in others.",
  who: "api_admin",
  params: { key_id: z.string().meta({ description: "Id of the key" }) },
  answer: {
    status: 200,
    about: "It is revoked",
    schema: z.object({ message: z.string(), timestamp: instant, data: key }).meta({ id: "CallerKeyRevoked" }),
    example: {
      message: 'Key "nightly report" is revoked',
      timestamp: "2026-11-29T10:00:00.000Z",
      data: { ...EXAMPLE, revoked_at: "2026-11-29T10:00:00.000Z" },
    },
  },
  problems: ["NOT_FOUND"],
});

export const keyRoutes = [createKey, listKeys, revokeKey];

export function mountApiKeys(app: Hono<AppEnv>, deps: KeyRoutesDeps): void {
  const { apiKeys, clock, verdicts } = deps;
  const installation = async () => (await deps.home()).installationId;

  mount(app, deps, createKey, async ({ c, login, body }) => {
    const given = await body();
    if (given.expires_at && Date.parse(given.expires_at) <= clock.now()) {
      throw new AppError("REQUEST_INVALID", REFUSAL, {
        details: { faults: [{ path: "expires_at", message: "must be in the future" }] },
      });
    }
    const by = byOf(c, login);
    const { made, key } = await apiKeys.create(await installation(), given, by);
    return { ...keyJson(made), key };
  });

  mount(app, deps, listKeys, async ({ query }) => {
    const { keys, total } = await apiKeys.list(await installation(), rangeOf(query));
    return pageOf(keys.map(keyJson), query, total);
  });

  mount(app, deps, revokeKey, async ({ c, login, params }) => {
    const id = idFrom(params.key_id, keyUnknown);
    const revoked = await apiKeys.revoke(await installation(), id, {
      ...byOf(c, login),
    });
    verdicts.forget();
    return {
      message: `Key "${revoked.name}" is revoked`,
      timestamp: new Date(clock.now()).toISOString(),
      data: keyJson(revoked),
    };
  });
}

function keyJson({ createdBy, createdAt, expiresAt, lastUsedAt, revokedAt, ...key }: ApiKey) {
  return {
    ...key,
    created_by: createdBy,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    last_used_at: lastUsedAt?.toISOString() ?? null,
    revoked_at: revokedAt?.toISOString() ?? null,
  };
}
