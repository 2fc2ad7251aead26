/** /ui/entities/names and /ui/entities/search: names for ids, and ids for names, of what was read of the workspace. */

import type { Context, Hono } from "hono";
import type { NameLookup } from "../../entities/lookup.ts";
import { ENTITY_TYPES, type EntityName } from "../../entities/names.ts";
import { AppError } from "../../base/errors.ts";
import { redactPayload } from "../../events/payload.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, type Login, requireLogin } from "../server/login.ts";
import { queryNumber, queryOneOf, queryText } from "../server/query.ts";

export interface EntityNameRoutesDeps extends AuthDeps {
  names: NameLookup;
}

const MAX_IDS = 100;
/** Longest query of 100 ids: Clockify's have 24 characters. */
const ID = /^[\x21-\x7e]{1,64}$/;

export function mountEntityNames(app: Hono<AppEnv>, deps: EntityNameRoutesDeps) {
  app.get("/ui/entities/names", async (c) => {
    const { installation, role } = await requireLogin(c, deps);
    const names = await deps.names.find(installation, { ids: readIds(c), type: readType(c) });
    const shown = [...names].map(([id, entity]) => [id, nameJson(entity, role)]);
    return c.json({ names: Object.fromEntries(shown) });
  });

  app.get("/ui/entities/search", async (c) => {
    const { installation, role } = await requireLogin(c, deps);
    const type = readType(c);
    const limit = queryNumber(c, "limit", { fallback: 20, min: 1, max: 50 });
    const withAddresses = role === "admin";
    const entities = await deps.names.search(installation, { q: readName(c), type, limit, withAddresses });
    return c.json({ entities: entities.map((entity) => ({ id: entity.id, ...nameJson(entity, role) })) });
  });
}

function readType(c: Context<AppEnv>) {
  return queryText(c, "type") === undefined ? undefined : queryOneOf(c, "type", ENTITY_TYPES);
}

/** `archived` and `deleted` stand only where they are true. */
function nameJson(entity: EntityName, role: Login["role"]) {
  const { type, archived, deleted } = entity;
  return { type, name: shownName(entity, role), ...archived && { archived }, ...deleted && { deleted } };
}

function readIds(c: Context<AppEnv>): string[] {
  const ids = [...new Set((c.req.query("ids") ?? "").split(",").filter((id) => id !== ""))];
  if (ids.length >= 1 && ids.length <= MAX_IDS && ids.every((id) => ID.test(id))) return ids;
  throw new AppError("REQUEST_INVALID", `Cannot read ids: 1 to ${MAX_IDS} ids with commas are due`);
}

/** A part of a name, in any script. */
function readName(c: Context<AppEnv>): string {
  const text = (c.req.query("q") ?? "").trim();
  // deno-lint-ignore no-control-regex -- they are what is refused
  if (text.length >= 1 && text.length <= 100 && text.isWellFormed() && !/[\u0000-\u001f]/.test(text)) return text;
  throw new AppError("REQUEST_INVALID", "Cannot read q: 1 to 100 printable characters are due");
}

/** A person without a name goes by a mail address, which members do not see. */
function shownName({ name }: EntityName, role: Login["role"]): unknown {
  return role === "admin" ? name : redactPayload(name);
}
