/** What the catalogue of Clockify's operations looks like in answers: a line of the list, and everything about one. */

import { z } from "zod";
import { REFUSALS } from "../../clockify/operation_access.ts";
import { PLANS } from "../../clockify/operation_facts.ts";
import { grade } from "./guard.ts";
import { anyJson, orNull, workspaceId } from "./schemas.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const plan = z.enum(PLANS).meta({ id: "EndpointPlan" });
const refusal = z.enum(REFUSALS).meta({
  id: "EndpointRefusal",
  description:
    "closed_to_addons: Clockify refuses add-on tokens there; scope: the add-on does not ask for it; no_host: the installation has no address of that part of Clockify; writes_off: the workspace's setting leaves people the reads",
});

/** Of the list and of the detail. */
const endpointFields = {
  operation_id: z.string().meta({ description: "As Clockify spells it", example: "updateTag" }),
  key: z.string().meta({ description: "METHOD /path: unique", example: "PUT /v1/workspaces/{workspaceId}/tags/{id}" }),
  name: z.string().meta({ description: "What a flow stores: operation_id where that is unique, else key" }),
  method: z.enum(METHODS),
  path: z.string(),
  tag: z.string(),
  summary: z.string(),
  access: z.enum(["read", "write"]).meta({ description: "read also for the POSTs that only search" }),
  grade: grade.meta({ description: "What a workspace decides by, for calls by hand and in flows" }),
  service: z.enum(["api", "reports", "pto", "audit"]).meta({ description: "Which host of Clockify serves it" }),
  safe: z.boolean().meta({ description: "A GET" }),
  heavy: z.boolean().meta({ description: "Large answers: reports, exports, the audit log" }),
  paged: z.boolean(),
  full_replace: z.boolean().meta({ description: "What its body leaves out is gone" }),
  deprecated: z.boolean(),
  experimental: z.boolean(),
  scope: z.string().nullable().meta({ description: "Inferred: Clockify has no table of them" }),
  plan: plan.meta({ description: "The least plan with the feature; unknown where Clockify's documents do not say" }),
  addon_token: z.enum(["allowed", "blocked", "excluded", "unknown"])
    .meta({ description: "Whether Clockify lets an add-on's token call it" }),
  executable: z.boolean().meta({ description: "People may call it here, as far as the guard allows" }),
  refusal: orNull(refusal).meta({ description: "Why not" }),
};

const endpoint = z.object(endpointFields).meta({ id: "Endpoint" });

export const endpointList = z.object({
  workspace_id: workspaceId,
  total: z.int().meta({ description: "Operations that fit" }),
  total_operations: z.int().meta({ description: "Operations of the catalogue" }),
  groups: z.array(z.object({
    tag: z.string(),
    count: z.int(),
    endpoints: z.array(
      endpoint.extend({
        rank: z.int().optional().meta({ description: "With q: its place among all that fit, from 1" }),
      }).meta({ id: "ListedEndpoint" }),
    ),
  })).meta({ description: "By tag; with q the group of the best first" }),
}).meta({ id: "EndpointList" });

interface Field {
  name: string;
  type: string;
  required?: boolean;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  items?: string;
  item_enum?: readonly string[];
  fields?: readonly Field[];
}

/** A parameter, or a field of a body with those within it. */
const field: z.ZodType<Field> = z.lazy(() =>
  z.object({
    name: z.string(),
    type: z.string(),
    required: z.boolean().optional(),
    enum: z.array(z.string()).readonly().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    default: anyJson.optional(),
    items: z.string().optional(),
    item_enum: z.array(z.string()).readonly().optional(),
    fields: z.array(field).readonly().optional(),
  })
).meta({ id: "OperationField", description: "Of a list: items says of what, fields what each of its objects has" });

const pathParam = z.object({
  name: z.string(),
  type: z.string(),
  enum: z.array(z.string()).readonly().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  injected: z.boolean().meta({ description: "Filled in by the program: the workspace" }),
  entity: z.string().nullable().meta({ description: "Type of the entity whose id it is" }),
  list: z.string().nullable().meta({ description: "operation_id that lists such entities" }),
}).meta({ id: "PathParam" });

export const endpointDetail = z.object({
  workspace_id: workspaceId,
  ...endpointFields,
  grade_reason: z.string(),
  plan_about: z.string().meta({ description: "Who says so of the plan, or that no one does" }),
  intents: z.array(z.string()).readonly().meta({ description: "Words that people look for it by" }),
  path_params: z.array(pathParam),
  query_params: z.array(field),
  body_kind: z.enum(["none", "object", "array", "multipart"]),
  body_fields: z.array(field).meta({ description: "Of each item, where the body is a list" }),
  body_sample: anyJson.meta({
    description: "What is needed at least, or all of what replaces an object; null without a body",
  }),
  entity_params: z.record(z.string(), z.string())
    .meta({ description: "Entity type by the name of the parameter that holds an id of one" }),
  answer: z.object({
    shape: z.enum(["object", "list", "none", "file", "text"]),
    fields: z.array(z.object({ name: z.string(), type: z.string() })),
    sample: anyJson,
  }).meta({ id: "EndpointAnswer" }),
  paging: z.array(z.string()).readonly()
    .meta({
      description: "Names of its page parameters; those of the body as in body:page, or body:detailedFilter.page",
    }),
  fill: orNull(
    z.object({
      operation_id: z.string(),
      key: z.string(),
      path_params: z.record(z.string(), z.string())
        .meta({ description: "Parameter of the replace by that of the read; body:id for the id of each item" }),
      list_at: z.string().nullable()
        .meta({ description: "The object is in the list at this field of the answer, empty for the answer itself" }),
      id_param: z.string().nullable().meta({ description: "Parameter with the id of the object in that list" }),
      noun: z.string(),
      unreadable: z.array(z.string()).readonly().meta({ description: "Fields that no read shows" }),
    }).meta({ id: "FormFill" }),
  ).meta({ description: "What reads the object before it is replaced" }),
  loses: z.string().nullable().meta({ description: "What one that replaces without a read before loses" }),
  curl: z.string().meta({ description: "With a placeholder where a token goes" }),
  fetch: z.string().meta({ description: "The same as JavaScript" }),
}).meta({ id: "EndpointDetail" });

const unlisted = {
  operation_id: "updateTag",
  key: "PUT /v1/workspaces/{workspaceId}/tags/{id}",
  name: "updateTag",
  method: "PUT",
  path: "/v1/workspaces/{workspaceId}/tags/{id}",
  tag: "Tag",
  summary: "Change a tag",
  access: "write",
  grade: "routine",
  service: "api",
  safe: false,
  heavy: false,
  paged: false,
  full_replace: true,
  deprecated: false,
  experimental: false,
  scope: "TAG_WRITE",
  plan: "unknown",
  addon_token: "allowed",
  executable: true,
  refusal: null,
};

export const LIST_EXAMPLE = {
  workspace_id: "64a687e29ae1f428e7ebe303",
  total: 1,
  total_operations: 184,
  groups: [{ tag: "Tag", count: 1, endpoints: [unlisted] }],
};

export const DETAIL_EXAMPLE = {
  workspace_id: "64a687e29ae1f428e7ebe303",
  ...unlisted,
  grade_reason: "An ordinary write",
  plan_about:
    "Clockify's documents do not say from which plan on there is this; a workspace whose plan lacks it is refused by Clockify",
  intents: ["rename a tag", "archive a tag"],
  path_params: [
    { name: "workspaceId", type: "string", injected: true, entity: null, list: null },
    { name: "id", type: "string", injected: false, entity: "tag", list: "getTags" },
  ],
  query_params: [],
  body_kind: "object",
  body_fields: [{ name: "archived", type: "boolean" }, { name: "name", type: "string" }],
  body_sample: { archived: false, name: "text" },
  entity_params: { id: "tag" },
  answer: { shape: "object", fields: [{ name: "id", type: "string" }], sample: { id: "64a687e29ae1f428e7ebe303" } },
  paging: [],
  fill: {
    operation_id: "getTag",
    key: "GET /v1/workspaces/{workspaceId}/tags/{id}",
    path_params: { id: "id" },
    list_at: null,
    id_param: null,
    noun: "tag",
    unreadable: [],
  },
  loses: null,
  curl: "curl -X PUT 'https://api.clockify.me/api/v1/workspaces/64a687e29ae1f428e7ebe303/tags/ID' ...",
  fetch: "const response = await fetch(...);",
};
