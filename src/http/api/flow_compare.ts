/** GET /ui/flows/{id}/compare: what differs between two versions of a flow, or between its draft and a version, in sentences. */

import type { Hono } from "hono";
import { z } from "zod";
import { compareFlows, type FlowChange } from "../../flows/compare/compare.ts";
import type { FlowDefinition } from "../../flows/shape/definition.ts";
import { comparedFlow, idsIn, stepWordsOf } from "../../flows/compare/compared.ts";
import type { EntityNames } from "../../entities/names.ts";
import { parseFlow } from "../../flows/parse/parse_flow.ts";
import type { FlowVersions } from "../../flows/store/versions.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { readerOf } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { type DraftPlace, draftUnknown, type FlowDraftRoutesDeps, toBeChecked } from "./flow_drafts.ts";
import { findFlow } from "./flow_saving.ts";
import { FLOW_PARAM, versionOf } from "./flow_versions.ts";
import { runViewOf } from "./run_view.ts";
import { anyJson, id } from "./schemas.ts";
import { createShow } from "./shown_json.ts";

export interface FlowCompareDeps extends FlowDraftRoutesDeps {
  versions: FlowVersions;
  /** Of what was read: Clockify is not asked. */
  entityNames: Pick<EntityNames, "find">;
}

/** Changes that an answer names. */
const MAX_CHANGES = 500;
const MAX_VALUE_CHARS = 20_000;
const MAX_SHOWN_CHARS = 1_000_000;
const DRAFT = { version: null, is_draft: true, present: false };
const SIDE = 'the number of a version, "published" or "draft"';

const side = (about: string, fallback: "published" | "draft") =>
  z.string().optional().transform((text, ctx): string => {
    if (text === undefined) return fallback;
    if (/^(?:published|draft|[1-9]\d{0,8})$/.test(text)) return text;
    ctx.addIssue(SIDE);
    return z.NEVER;
  }).meta({ description: `${about}: ${SIDE}`, type: "string", default: fallback });

const compared = z.object({
  version: z.int().nullable().meta({ description: "null: the draft" }),
  is_draft: z.boolean(),
  present: z.boolean().meta({ description: "It is the version that new runs begin with" }),
});

const flowChange = z.object({
  path: z.string().meta({
    description: "In the later definition; of what was removed, in the earlier one",
    example: "actions[1].body.tagIds",
  }),
  kind: z.enum(["added", "removed", "changed", "moved"]),
  words: z.string().meta({ description: "A sentence" }),
  before: anyJson,
  after: anyJson,
}).meta({ id: "FlowChange" });

const compareVersions = defineRoute({
  method: "get",
  path: "/ui/flows/{id}/compare",
  tag: "Flows",
  summary: "What differs between two versions of a flow",
  about:
    "Steps are known by their ids: one that moved is `moved`, with its place before and after. Secrets are masked; that one is " +
    "another one is said. At most " +
    `${MAX_CHANGES} changes are named; long values are cut, as {"truncated": true, "text": "..."}.`,
  who: "member",
  costly: true,
  params: FLOW_PARAM,
  query: z.object({ from: side("Earlier", "published"), to: side("Later", "draft") }),
  answer: {
    status: 200,
    about: "The changes, in the order of the later definition, what was removed last",
    schema: z.object({
      flow_id: id,
      from: compared,
      to: compared,
      total: z.int(),
      changes: z.array(flowChange),
    }).meta({ id: "FlowComparison" }),
    example: {
      flow_id: "3",
      from: { version: 4, is_draft: false, present: true },
      to: { version: null, is_draft: true, present: false },
      total: 1,
      changes: [{
        path: "actions[1].body.tagIds",
        kind: "changed",
        words: 'Step 2 "Add tag" now adds the tag "long entry" (before: "short")',
        before: { $add: "64c777ddd3fcab07cfbb210d" },
        after: { $add: "64c777ddd3fcab07cfbb210c" },
      }],
    },
  },
  problems: ["NOT_FOUND"],
});
export const flowCompareRoutes = [compareVersions];

export function mountFlowCompare(app: Hono<AppEnv>, deps: FlowCompareDeps) {
  mount(app, deps, compareVersions, async ({ login, params, query }) => {
    const { installation } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    return await deps.costly.run(readerOf(login), async () => {
      const from = await readSide(query.from, { flow, login, deps });
      const to = await readSide(query.to, { flow, login, deps });
      const [before, after] = [comparedFlow(from.opened), comparedFlow(to.opened)];
      const words = await wordsFor([before.definition, after.definition], { login, deps });
      await deps.thread.pace(String(installation.id))();
      const changes = compareFlows(before, after, words);
      const show = createShow({ maxChars: MAX_SHOWN_CHARS });
      return {
        flow_id: String(flow.id),
        from: from.side,
        to: to.side,
        total: changes.length,
        changes: changes.slice(0, MAX_CHANGES).map((change) => changeJson(change, show)),
      };
    });
  });
}

/** One of the two, with its secrets open. Throws NOT_FOUND. */
async function readSide(
  which: string,
  { flow, login: { installation }, deps }: DraftPlace & { deps: FlowCompareDeps },
) {
  const installationId = installation.id;
  if (which === "draft") {
    const draft = await deps.drafts.find(installationId, flow.id);
    if (!draft) throw draftUnknown(flow.id);
    const { input, parse } = await toBeChecked(draft, { flow, login: { installation }, deps });
    const { enabled: _, ...opened } = input as Record<string, unknown>;
    const parsed = parseFlow(input, parse);
    // Without faults it is compared as it would be published: with what it leaves out.
    if (parsed.ok) return { side: DRAFT, opened: versionPart(parsed.flow) };
    return { side: DRAFT, opened };
  }
  const number = which === "published" ? flow.version : versionOf(which, flow.id);
  const { version, state, definition } = await deps.versions.find(installationId, flow.id, number);
  const opened = await deps.secrets.openKnown({ installationId, flowId: flow.id }, definition);
  return { side: { version, is_draft: false, present: state === "published" }, opened: { ...opened } };
}

/** As JSON has it: without what is undefined. */
function versionPart({ enabled: _, ...definition }: FlowDefinition): Record<string, unknown> {
  return JSON.parse(JSON.stringify(definition));
}

async function wordsFor(
  definitions: Record<string, unknown>[],
  { login, deps }: { login: Login; deps: FlowCompareDeps },
) {
  const { installation } = login;
  const [names, flows, view] = await Promise.all([
    deps.entityNames.find(installation.id, idsIn(definitions)),
    deps.flows.list(installation.id),
    runViewOf(login, deps.settings),
  ]);
  const flowNames = new Map(flows.map(({ id, name }) => [`flow:${id}`, name]));
  const triggers = definitions.flatMap(({ trigger_event_types: types }) =>
    Array.isArray(types) ? types.map(String) : []
  );
  return stepWordsOf({
    catalogue: deps.catalogue,
    triggers: [...new Set(triggers)],
    // Members read names of people as everywhere: without mail addresses.
    nameOf: (id) => view.showText(names.get(id)?.name ?? flowNames.get(id) ?? null) ?? undefined,
  });
}

function changeJson({ path, kind, words, before, after }: FlowChange, show: ReturnType<typeof createShow>) {
  return {
    path,
    kind,
    words,
    before: show(before ?? null, MAX_VALUE_CHARS),
    after: show(after ?? null, MAX_VALUE_CHARS),
  };
}
