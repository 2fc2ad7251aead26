/** GET /ui/flows/where-used: which flows and drafts name an operation, an entity, a secret, a source or another flow, and where. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { FlowDrafts } from "../../flows/store/drafts.ts";
import type { FlowStore } from "../../flows/store/store.ts";
import { type Use, usesOf, type Wanted } from "../../flows/analysis/where_used.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { refuseOtherMethods } from "./other_methods.ts";
import { id } from "./schemas.ts";

export interface WhereUsedDeps extends AuthDeps {
  flows: Pick<FlowStore, "list">;
  drafts: Pick<FlowDrafts, "list">;
  catalogue: Catalogue;
}

/** What can be looked for, and what a value of it looks like. */
const KINDS = {
  operation: { about: "operationId or METHOD /path of an operation of Clockify", form: /^[\x20-\x7e]{1,200}$/ },
  entity: { about: "Id of a tag, a project or another entity of Clockify", form: /^[0-9a-f]{24}$/ },
  secret: { about: "Name of the field that holds it, as in Authorization", form: /^[\x20-\x7e]{1,200}$/ },
  source: { about: "Name of a source", form: /^[a-z0-9_-]{1,50}$/ },
  flow: { about: "Id of a flow that others run", form: /^[1-9]\d{0,14}$/ },
} as const;
type Kind = keyof typeof KINDS;

const place = z.object({
  path: z.string().meta({ example: "actions[1].body.tagIds.$add" }),
  words: z.string().meta({ description: "What it does there" }),
});

const whereUsed = defineRoute({
  method: "get",
  path: "/ui/flows/where-used",
  tag: "Flows",
  summary: "Which flows and drafts name an operation, an entity, a secret, a source or a flow",
  about:
    "Exactly one of them is asked for. Of each flow at most 50 places are named; earlier versions are not looked through.",
  who: "member",
  costly: true,
  query: z.object(
    Object.fromEntries(
      Object.entries(KINDS).map(([kind, { about }]) => [kind, z.string().optional().meta({ description: about })]),
    ) as Record<Kind, z.ZodOptional<z.ZodString>>,
  ),
  answer: {
    status: 200,
    about: "The flows that name it, by id, each with its draft behind it",
    schema: z.object({
      kind: z.enum(["operation", "entity", "secret", "source", "flow"]),
      value: z.string(),
      total: z.int(),
      uses: z.array(z.object({
        flow_id: id,
        name: z.string(),
        enabled: z.boolean(),
        is_draft: z.boolean().meta({ description: "It is the flow's draft that names it" }),
        places: z.array(place),
      })),
    }).meta({ id: "WhereUsed" }),
    example: {
      kind: "entity",
      value: "64c777ddd3fcab07cfbb210c",
      total: 1,
      uses: [{
        flow_id: "3",
        name: "Mark long entries",
        enabled: true,
        is_draft: false,
        places: [{ path: "actions[1].body.tagIds.$add", words: "names it" }],
      }],
    },
  },
});
export const whereUsedRoutes = [whereUsed];

export function mountWhereUsed(app: Hono<AppEnv>, deps: WhereUsedDeps) {
  mount(app, deps, whereUsed, async ({ login, query }) => {
    const wanted = wantedOf(query);
    const installationId = login.installation.id;
    const uses = await deps.costly.run(readerOf(login), () => findUses(installationId, wanted, deps));
    return {
      ...wanted,
      total: uses.length,
      uses: uses.map(({ flowId, ...use }) => ({ flow_id: String(flowId), ...use })),
    };
  });
  refuseOtherMethods(app, whereUsed.path, "GET");
}

export interface FlowUse {
  flowId: number;
  name: string;
  enabled: boolean;
  is_draft: boolean;
  places: Use[];
}

/** In all flows of the installation and in their drafts. */
export async function findUses(
  installationId: number,
  wanted: Wanted,
  { flows, drafts, catalogue, thread }: WhereUsedDeps,
): Promise<FlowUse[]> {
  const pace = thread.pace(String(installationId));
  const [list, drafted] = [await flows.list(installationId), await drafts.list(installationId)];
  const uses: FlowUse[] = [];
  for (const { id: flowId, name, enabled, definition } of list) {
    const facts = { flowId, name, enabled };
    for (const [one, is_draft] of [[definition, false], [drafted.get(flowId), true]] as const) {
      if (!one) continue;
      await pace();
      const places = usesOf({ ...one }, wanted, { catalogue });
      if (places.length > 0) uses.push({ ...facts, is_draft, places });
    }
  }
  return uses;
}

function wantedOf(query: Partial<Record<Kind, string>>): Wanted {
  const asked = (Object.keys(KINDS) as Kind[]).filter((kind) => query[kind] !== undefined);
  const [kind] = asked;
  if (kind === undefined || asked.length > 1) {
    throw new AppError(
      "REQUEST_INVALID",
      `Cannot look for uses: expected exactly one of ${Object.keys(KINDS).join(", ")}`,
    );
  }
  const value = query[kind]!;
  if (!KINDS[kind].form.test(value)) {
    throw new AppError("REQUEST_INVALID", `Cannot look for uses: ${kind} is no such value`);
  }
  return { kind, value };
}
