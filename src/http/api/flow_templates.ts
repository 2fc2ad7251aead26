/** /ui/flows/templates: ready-made flows with blanks, and the flow that comes of one when they are filled in. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Catalogue } from "../../clockify/operations.ts";
import { AppError } from "../../base/errors.ts";
import { cut } from "../../engine/faults.ts";
import { parseFlow, type ParseFlowDeps } from "../../flows/parse/parse_flow.ts";
import { readBlanks } from "../../flows/templates/template.ts";
import { templatesFor, type UsableTemplate } from "../../flows/templates/table.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import type { BodyLimits } from "../server/body.ts";
import { defineRoute, mount } from "./contract.ts";
import { flowInput } from "./flow_schemas.ts";
import { invalidFlow } from "./flow_saving.ts";
import { anyJson, orNull } from "./schemas.ts";

export interface FlowTemplateRoutesDeps extends AuthDeps {
  catalogue: Catalogue;
  settings: Pick<SettingsSource, "of">;
  parse: ParseFlowDeps;
  body: BodyLimits;
}

const PATH = "/ui/flows/templates";

const plan = z.enum(["BASIC", "STANDARD", "PRO", "ENTERPRISE"]);

const blank = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum([
    ...["text", "expression", "number", "duration", "entity", "url", "secret", "texts", "choices"] as const,
    ...["event_types", "cron", "zone"] as const,
  ]),
  entity_type: z.string().optional().meta({ description: "Of an entity: the value is the id of one of this type" }),
  required: z.boolean(),
  default: anyJson.optional().meta({ description: "Stands where nothing is given" }),
  choices: z.array(z.string()).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
}).meta({ id: "TemplateBlank" });

const template = z.object({
  id: z.string(),
  sentence: z.string().meta({ description: "What it does, with the names of blanks in braces" }),
  words: z.array(z.string()),
  blanks: z.array(blank),
  needs: z.object({
    scopes: z.array(z.string()),
    plan: orNull(plan).meta({ description: "The least plan, where it is known that one is needed" }),
    generic_http: z.boolean().meta({ description: "It calls another system, which the settings have to allow" }),
  }),
}).meta({ id: "FlowTemplate" });

const listTemplates = defineRoute({
  method: "get",
  path: PATH,
  tag: "Flows",
  summary: "Ready-made flows with blanks",
  who: "member",
  answer: {
    status: 200,
    about: "Those that flows of this add-on can be made of",
    schema: z.object({
      templates: z.array(template),
      generic_http: z.boolean().meta({ description: "Actions may call other systems" }),
    }),
    example: {
      templates: [{
        id: "entries_without_project",
        sentence: "When a time entry has no project, put it on {project}",
        words: ["missing project"],
        blanks: [{ name: "project", label: "Project", type: "entity", entity_type: "project", required: true }],
        needs: { scopes: ["TIME_ENTRY_READ", "TIME_ENTRY_WRITE"], plan: null, generic_http: false },
      }],
      generic_http: false,
    },
  },
});

const fillTemplate = defineRoute({
  method: "post",
  path: PATH,
  tag: "Flows",
  summary: "The flow of a template whose blanks are filled in",
  about: "Nothing is saved: the flow is what POST /ui/flows takes. Every fault at once, as in blanks.project.",
  who: "member",
  creates: false,
  body: {
    schema: z.strictObject({
      template: z.string().meta({ description: "Id of the template" }),
      blanks: z.record(z.string(), anyJson),
    }),
    refusal: "Cannot fill in the template",
    example: { template: "entries_without_project", blanks: { project: "6978b5ce2486285c2db77bd5" } },
  },
  answer: {
    status: 200,
    about: "The flow, which is not saved",
    schema: z.object({ flow: flowInput }),
    example: {
      flow: {
        name: "Entries without a project",
        trigger_event_types: ["TIMER_STOPPED", "NEW_TIME_ENTRY"],
        conditions: { all: [{ field: "$.webhook.projectId", operator: "not_exists" }] },
        actions: [{
          id: "set_project",
          operation_id: "updateTimeEntry",
          path_params: { id: "$.webhook.id" },
          body: { projectId: "6978b5ce2486285c2db77bd5" },
        }],
      },
    },
  },
  problems: ["NOT_FOUND", "FLOW_INVALID"],
});
export const flowTemplateRoutes = [listTemplates, fillTemplate];

export function mountFlowTemplates(app: Hono<AppEnv>, deps: FlowTemplateRoutesDeps) {
  const { profile, catalogue, settings, parse } = deps;
  let usable: Map<string, UsableTemplate> | undefined;
  const templates = () => usable ??= new Map(templatesFor({ profile, catalogue }).map((one) => [one.template.id, one]));

  mount(app, deps, listTemplates, async ({ login: { installation } }) => ({
    templates: [...templates().values()].map(templateJson),
    generic_http: profile.features.genericHttpActions && (await settings.of(installation)).genericHttpActions,
  }));

  mount(app, deps, fillTemplate, async ({ body }) => {
    const { template: id, blanks } = await body();
    const found = templates().get(id)?.template;
    if (!found) {
      throw new AppError("NOT_FOUND", `Cannot find template "${cut(id)}": this add-on has none with this id`);
    }
    const refusal = `Cannot fill in template "${id}"`;
    const read = readBlanks(found, blanks, { knowsEvent: (type) => profile.events.includes(type) });
    if (read.faults) throw invalidFlow(read.faults, refusal);
    const flow = found.make(read.given);
    // What remains: an expression that names what is not there. Whether other systems may be called is asked on save.
    const checked = parseFlow(flow, { ...parse, genericHttp: true });
    if (!checked.ok) throw invalidFlow(checked.faults, refusal);
    return { flow: flow as z.input<typeof flowInput> };
  });
  // Before the flows, whose /ui/flows/:id would take the other methods.
  app.all(PATH, () => {
    throw new AppError(
      "METHOD_NOT_ALLOWED",
      "Cannot serve the request: templates are read by GET and filled in by POST",
      {
        details: { allow: ["GET", "POST"] },
      },
    );
  });
}

function templateJson({ template: { id, sentence, words, blanks }, needs }: UsableTemplate) {
  return {
    id,
    sentence,
    words: [...words],
    blanks: blanks.map(({ name, label, type, entity_type, optional, default: given, choices, min, max }) => ({
      name,
      label,
      type,
      ...(entity_type !== undefined && { entity_type }),
      required: !optional && given === undefined,
      ...(given !== undefined && { default: given }),
      ...(choices && { choices: [...choices] }),
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
    })),
    needs,
  };
}
