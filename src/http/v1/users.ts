/** /api/v1/users: people who log in by a password, or by tokens of another issuer. */

import type { Hono } from "hono";
import { z } from "zod";
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from "../../access/passwords.ts";
import { API_ROLES } from "../../access/roles.ts";
import { type ApiUser, type ApiUserStore, userUnknown } from "../../access/users.ts";
import type { Clock } from "../../base/clock.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { idFrom, uuid } from "./ids.ts";
import { loginName } from "./keys.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf, finderOf } from "./resource.ts";

export interface UserRoutesDeps extends ApiAuthDeps {
  users: ApiUserStore;
  body: BodyLimits;
  clock: Clock;
}

const PATH = "/api/v1/users";
const password = z.string().min(MIN_PASSWORD_CHARS).max(MAX_PASSWORD_CHARS);
const ID = { user_id: z.string().meta({ description: "Id of the user" }) };

const user = z.object({
  id: uuid,
  name: z.string(),
  role: z.enum(API_ROLES),
  has_password: z.boolean().meta({ description: "Without one, only tokens of another issuer count" }),
  disabled: z.boolean(),
  created_at: instant,
  updated_at: instant,
}).meta({ id: "ApiUser" });

const EXAMPLE = {
  id: "0c2b8c1e-7a4d-4b7e-9c55-0a1b2c3d4e5f",
  name: "ada@example.com",
  role: "editor",
  has_password: true,
  disabled: false,
  created_at: "2026-11-29T09:00:00.000Z",
  updated_at: "2026-11-29T09:00:00.000Z",
} as const;

const changed = (id: string) => z.object({ message: z.string(), timestamp: instant, data: user }).meta({ id });
const changeExample = (message: string) => ({ message, timestamp: "2026-11-29T10:00:00.000Z", data: EXAMPLE });

const createUser = defineRoute({
  method: "post",
  path: PATH,
  tag: "Access",
  summary: "Make a user",
  about: "Names are unique, so that a request which is sent twice makes one. Of a password scrypt alone is stored.",
  who: "api_admin",
  // No Idempotency-Key, which would keep a quick hash of a body with a password.
  creates: false,
  body: {
    schema: z.strictObject({ name: loginName, role: z.enum(API_ROLES), password: password.optional() }),
    refusal: "Cannot create the user",
    example: { name: "ada@example.com", role: "editor", password: "correct horse battery" },
  },
  answer: { status: 201, about: "The user", schema: user, example: EXAMPLE },
  problems: ["CONFLICT"],
});

const listUsers = defineRoute({
  method: "get",
  path: PATH,
  tag: "Access",
  summary: "Users, by name",
  who: "api_admin",
  query: z.object(pageQuery),
  answer: {
    status: 200,
    about: "A page of users",
    schema: listOf(user),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const getUser = defineRoute({
  method: "get",
  path: `${PATH}/{user_id}`,
  tag: "Access",
  summary: "One user",
  who: "api_admin",
  params: ID,
  answer: { status: 200, about: "The user", schema: user, example: EXAMPLE },
  problems: ["NOT_FOUND"],
});

const updateUser = defineRoute({
  method: "put",
  path: `${PATH}/{user_id}`,
  tag: "Access",
  summary: "Change a user",
  about:
    "Absent fields keep their values. A new password, and disabled: true, end all tokens of the user: at once in " +
    "this process, and within 5 s in others, as a new role counts. A user may not take the last active admin away: 409.",
  who: "api_admin",
  params: ID,
  body: {
    schema: z.strictObject({ role: z.enum(API_ROLES), disabled: z.boolean(), password }).partial(),
    refusal: "Cannot change the user",
    example: { disabled: true },
  },
  answer: { status: 200, about: "The user", schema: user, example: { ...EXAMPLE, disabled: true } },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const deleteUser = defineRoute({
  method: "delete",
  path: `${PATH}/{user_id}`,
  tag: "Access",
  summary: "Delete a user",
  about: "Tokens that were issued here end with it; those of another issuer then count by their own role.",
  who: "api_admin",
  params: ID,
  answer: {
    status: 200,
    about: "It is deleted",
    schema: changed("ApiUserDeleted"),
    example: changeExample('User "ada@example.com" is deleted'),
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const endTokens = defineRoute({
  method: "post",
  path: `${PATH}/{user_id}/revoke_tokens`,
  tag: "Access",
  summary: "Revoke all tokens of a user",
  about: "Those that were issued before are refused; the user may log in again.",
  who: "api_admin",
  creates: false,
  params: ID,
  answer: {
    status: 200,
    about: "They are revoked",
    schema: changed("ApiUserTokensRevoked"),
    example: changeExample('Tokens of "ada@example.com" are revoked'),
  },
  problems: ["NOT_FOUND"],
});

export const userRoutes = [createUser, listUsers, getUser, updateUser, deleteUser, endTokens];

export function mountUsers(app: Hono<AppEnv>, deps: UserRoutesDeps): void {
  const { users, clock, verdicts } = deps;
  const installation = async () => (await deps.home()).installationId;
  const find = finderOf({ home: deps.home, find: users.find, unknown: userUnknown });
  const answer = (message: string, data: ApiUser) => {
    verdicts.forget();
    return { message, timestamp: new Date(clock.now()).toISOString(), data: userJson(data) };
  };

  mount(app, deps, createUser, async ({ c, login, body }) => {
    const given = await body();
    const by = byOf(c, login);
    const made = await users.create(await installation(), given, by);
    // Tokens of another issuer that name it counted by themselves.
    verdicts.forget();
    return userJson(made);
  });

  mount(app, deps, listUsers, async ({ query }) => {
    const { users: found, total } = await users.list(await installation(), rangeOf(query));
    return pageOf(found.map(userJson), query, total);
  });

  mount(app, deps, getUser, async ({ params }) => {
    return userJson(await find(params.user_id));
  });

  mount(app, deps, updateUser, async ({ c, login, params, body }) => {
    const id = idFrom(params.user_id, userUnknown);
    const by = byOf(c, login);
    const options = { by, keepsAdmin: login.kind === "user" };
    const updated = await users.update(await installation(), id, await body(), options);
    verdicts.forget();
    return userJson(updated);
  });

  mount(app, deps, deleteUser, async ({ c, login, params }) => {
    const id = idFrom(params.user_id, userUnknown);
    const options = { by: byOf(c, login), keepsAdmin: login.kind === "user" };
    const gone = await users.remove(await installation(), id, options);
    return answer(`User "${gone.name}" is deleted`, gone);
  });

  mount(app, deps, endTokens, async ({ c, login, params }) => {
    const id = idFrom(params.user_id, userUnknown);
    const found = await users.endTokens(await installation(), id, byOf(c, login));
    return answer(`Tokens of "${found.name}" are revoked`, found);
  });
}

function userJson({ id, name, role, hasPassword, disabledAt, createdAt, updatedAt }: ApiUser) {
  return {
    id,
    name,
    role,
    has_password: hasPassword,
    disabled: disabledAt !== null,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
