/** GET /ui/search: anything of the workspace by a part of its name or by its id. */

import type { Hono } from "hono";
import { z } from "zod";
import { redactPayload } from "../../events/payload.ts";
import { FOUND_KINDS, type SearchStore } from "../../overview/search.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { readName } from "./entity_names.ts";
import { instant } from "./schemas.ts";

export interface SearchRoutesDeps extends AuthDeps {
  search: SearchStore;
}

export const found = z.object({
  kind: z.enum(FOUND_KINDS),
  id: z.string(),
  type: z.string().nullable().meta({ description: "Of an entity or event its type, of a run its state" }),
  name: z.string().nullable().meta({ description: "Members do not see mail addresses" }),
  at: instant.nullable().meta({ description: "Of an event or run: when it began" }),
}).meta({ id: "Found" });
export const searchQuery = {
  q: z.string().optional().meta({ description: "A part of a name in any script, or an id; needed" }),
  limit: wholeNumber("Rows of each kind", { fallback: 8, min: 1, max: 20 }),
};

const searchAll = defineRoute({
  method: "get",
  path: "/ui/search",
  tag: "Workspace",
  summary: "Anything of the workspace by name or id",
  about: "Events and runs are found by their whole id, all else by a part of the name too.",
  who: "member",
  costly: true,
  query: z.object(searchQuery),
  answer: {
    status: 200,
    about: "What has it as its id first, then flows, sources and entities whose name holds it",
    schema: z.object({
      found: z.array(found),
    }),
    example: {
      found: [{ kind: "entity" as const, id: "64c777ddd3fcab07cfbb210c", type: "tag", name: "Sprint 1", at: null }],
    },
  },
});
export const searchRoutes = [searchAll];

export function mountSearch(app: Hono<AppEnv>, deps: SearchRoutesDeps) {
  mount(app, deps, searchAll, async ({ login, query: { q, limit } }) => {
    const { installation, role } = login;
    const wanted = { q: readName(q), limit, withAddresses: role === "admin" };
    const found = await deps.costly.run(readerOf(login), () => deps.search.search(installation.id, wanted));
    return {
      found: found.map(({ name, at, ...one }) => ({
        ...one,
        name: role === "admin" ? name : redactPayload(name) as typeof name,
        at: at?.toISOString() ?? null,
      })),
    };
  });
}
