/** /ui/entities/names and /ui/entities/search: names for ids, and ids for names, of what was read of the workspace. */

import type { Hono } from "hono";
import { z } from "zod";
import type { NameLookup } from "../../entities/lookup.ts";
import { ENTITY_TYPES, type EntityName } from "../../entities/names.ts";
import { AppError } from "../../base/errors.ts";
import { redactPayload } from "../../events/payload.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf, wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";

export interface EntityNameRoutesDeps extends AuthDeps {
  names: NameLookup;
}

const MAX_IDS = 100;
/** Longest query of 100 ids: Clockify's have 24 characters. */
const ID = /^[\x21-\x7e]{1,64}$/;

const nameFields = {
  type: z.string().meta({ description: "tag, project, user, ..." }),
  name: z.string().meta({ description: "Members do not see mail addresses" }),
  archived: z.literal(true).optional(),
  deleted: z.literal(true).optional(),
};

const getNames = defineRoute({
  method: "get",
  path: "/ui/entities/names",
  tag: "Entities",
  summary: "Names of entities by id",
  about: "Ids that nothing is known of are absent.",
  who: "member",
  query: z.object({
    ids: z.string().optional().meta({ description: `1 to ${MAX_IDS} ids with commas; needed` }),
    type: oneOf("Assumed for ids that are not known", ENTITY_TYPES),
    cached: oneOf("true: only what was read before, Clockify is not asked", ["true", "false"]),
  }),
  answer: {
    status: 200,
    about: "The names",
    schema: z.object({ names: z.record(z.string(), z.object(nameFields).meta({ id: "EntityName" })) }),
    example: { names: { "64c777ddd3fcab07cfbb210c": { type: "tag", name: "Sprint 1" } } },
  },
});

const searchEntities = defineRoute({
  method: "get",
  path: "/ui/entities/search",
  tag: "Entities",
  summary: "Entities whose name holds a text",
  who: "member",
  query: z.object({
    type: oneOf("One type", ENTITY_TYPES),
    limit: wholeNumber("Rows", { fallback: 20, min: 1, max: 50 }),
    q: z.string().optional().meta({ description: "A part of the name, in any script; needed" }),
  }),
  answer: {
    status: 200,
    about: "Those whose name begins with it first",
    schema: z.object({ entities: z.array(z.object({ id: z.string(), ...nameFields }).meta({ id: "NamedEntity" })) }),
    example: { entities: [{ id: "64c777ddd3fcab07cfbb210c", type: "tag", name: "Sprint 1" }] },
  },
});
export const entityNameRoutes = [getNames, searchEntities];

export function mountEntityNames(app: Hono<AppEnv>, deps: EntityNameRoutesDeps) {
  mount(app, deps, getNames, async ({ c, login: { installation, role }, query: { ids, type, cached } }) => {
    // Who is signed in to another add-on asks Clockify nothing by this one's token.
    const cachedOnly = cached === "true" || c.env.beside !== undefined;
    const names = await deps.names.find(installation, { ids: readIds(ids), type, cachedOnly });
    return { names: Object.fromEntries([...names].map(([id, entity]) => [id, nameJson(entity, role)])) };
  });

  mount(app, deps, searchEntities, async ({ login: { installation, role }, query: { q, type, limit } }) => {
    const withAddresses = role === "admin";
    const entities = await deps.names.search(installation, { q: readName(q), type, limit, withAddresses });
    return { entities: entities.map((entity) => ({ id: entity.id, ...nameJson(entity, role) })) };
  });
}

/** `archived` and `deleted` stand only where they are true. */
function nameJson(entity: EntityName, role: Login["role"]) {
  const { type, archived, deleted } = entity;
  return { type, name: shownName(entity, role), ...archived && { archived }, ...deleted && { deleted } };
}

function readIds(text = ""): string[] {
  const ids = [...new Set(text.split(",").filter((id) => id !== ""))];
  if (ids.length >= 1 && ids.length <= MAX_IDS && ids.every((id) => ID.test(id))) return ids;
  throw new AppError("REQUEST_INVALID", `Cannot read ids: expected 1 to ${MAX_IDS} ids with commas`);
}

/** A part of a name, in any script. Throws REQUEST_INVALID. */
export function readName(q = ""): string {
  const text = q.trim();
  // deno-lint-ignore no-control-regex -- they are what is refused
  if (text.length >= 1 && text.length <= 100 && text.isWellFormed() && !/[\u0000-\u001f]/.test(text)) return text;
  throw new AppError("REQUEST_INVALID", "Cannot read q: expected 1 to 100 printable characters");
}

/** A person without a name goes by a mail address, which members do not see. */
function shownName({ name }: EntityName, role: Login["role"]): string {
  return role === "admin" ? name : redactPayload(name) as string;
}
