/** /ui/sources: other systems that may send events to the workspace, and their secrets, each shown once. */

import type { Context, Hono } from "hono";
import { z } from "zod";
import type { SettingsSource } from "../../installations/settings.ts";
import {
  createSchema,
  parseNewSource,
  parseRotation,
  patchSchema,
  patchSource,
  rotateSchema,
} from "../../sources/definition.ts";
import type { OpenedSources } from "../../sources/opened.ts";
import { SCHEME_FORMS } from "../../sources/fields.ts";
import { SCHEMES } from "../../sources/scheme_names.ts";
import { PRESETS, SENDERS } from "../../sources/senders.ts";
import { SETUP_STEPS, STEP_VALUES } from "../../sources/setup_steps.ts";
import { type CustomSource, type SourceStore, sourceUnknown } from "../../sources/store.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import type { BodyLimits } from "../server/body.ts";
import { defineRoute, mount } from "./contract.ts";
import type { FlowUse } from "./flow_where_used.ts";
import { anyJson, deleted, id, ID_PARAM, instant, orNull, workspaceId } from "./schemas.ts";

export interface SourceRoutesDeps extends AuthDeps {
  sources: SourceStore;
  opened: Pick<OpenedSources, "made" | "forget">;
  /** Flows and drafts that start on a source's events, or wait for them. */
  usesOf(installationId: number, source: string): Promise<FlowUse[]>;
  /** Public address that senders are given. */
  baseUrl: string;
  settings: Pick<SettingsSource, "of">;
  body: BodyLimits;
}

const PATH = "/ui/sources";
const OFF =
  "Custom webhooks are switched off in the settings: the source is saved and refuses deliveries until they are on";
const REFUSAL = "Cannot save the source";

const options = z.record(z.string(), anyJson).meta({ description: "Options of the scheme" });

export const ownAnswer = z.object({ status: z.int(), content_type: z.string(), body: z.string() })
  .meta({ id: "OwnAnswer", description: "Answer to senders instead of the default JSON" });

const sourceFields = {
  id,
  name: z.string(),
  url: z.string().nullable().meta({ description: "Where to send events; null of an unsigned source, for members" }),
  scheme: z.enum(SCHEMES).meta({ description: "How its sender proves itself" }),
  preset: z.enum(PRESETS).nullable().meta({ description: "The sender whose options it began with" }),
  options,
  enabled: z.boolean(),
  max_body_bytes: z.int().nullable(),
  rate_per_second: z.int(),
  duplicate_window_seconds: z.int().nullable()
    .meta({ description: "So long an equal delivery is a repeat, where its sender gives no id" }),
  answer: orNull(ownAnswer),
  secrets: z.array(z.object({
    id,
    created_at: instant,
    expires_at: instant.nullable(),
    is_unseen: z.boolean().meta({ description: "Given by the sender, and can be shown once" }),
    last_used_at: instant.nullable().meta({
      description: "Of one that is being replaced: the last delivery under it alone, up to 10 s late",
    }),
  })).meta({
    description: "Those still valid, newest first, without their values; none while the sender has not given one",
  }),
  created_at: instant,
  updated_at: instant,
  last_event_at: instant.nullable(),
  last_refused_at: instant.nullable(),
  last_refused_reason: z.string().nullable().meta({ description: "Why, as `webhooks_errors_total` names it" }),
};
const source = z.object(sourceFields).meta({ id: "Source" });
const sourceWithSecret = z.object({
  ...sourceFields,
  secret: z.string().optional().meta({ description: "Shown this once; an unsigned source has none" }),
  warnings: z.array(z.string()).optional(),
}).meta({ id: "SourceWithSecret" });

const EXAMPLE = {
  id: "5",
  name: "github",
  url: "https://timewire.example.com/webhooks/custom/github-a2b3c4d5e6f7a2b3c4d5e6f7a2",
  scheme: "hmac_sha256",
  preset: "github",
  options: { header: "x-hub-signature-256", prefix: "sha256=" },
  enabled: true,
  max_body_bytes: null,
  rate_per_second: 20,
  duplicate_window_seconds: null,
  answer: null,
  secrets: [{
    id: "8",
    created_at: "2026-11-02T10:00:00.000Z",
    expires_at: null,
    is_unseen: false,
    last_used_at: null,
  }],
  created_at: "2026-11-02T10:00:00.000Z",
  updated_at: "2026-11-02T10:00:00.000Z",
  last_event_at: "2026-11-21T08:00:00.000Z",
  last_refused_at: null,
  last_refused_reason: null,
} as const;
const SECRET_EXAMPLE = { ...EXAMPLE, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
const SECRET_HEADERS = { "Cache-Control": "no-store: an answer with a secret is for its reader alone" };

const listSources = defineRoute({
  method: "get",
  path: PATH,
  tag: "Sources",
  summary: "Other systems that may send events",
  who: "member",
  answer: {
    status: 200,
    about: "The sources, by name",
    schema: z.object({ workspace_id: workspaceId, total: z.int(), sources: z.array(source) }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", total: 1, sources: [EXAMPLE] },
  },
});

const fieldShape = z.object({
  name: z.string(),
  label: z.string(),
  kind: z.enum(["text", "choice", "number", "list", "boolean"]),
  choices: z.array(z.string()).optional(),
  required: z.literal(true).optional(),
  default: z.string().optional(),
});

const setupStep = z.object({
  text: z.string().meta({ description: "What to do there, or the name of the field" }),
  value: z.enum(STEP_VALUES).nullable().meta({
    description:
      "What is entered there: the source's address, its secret, the last part of its address, or `fixed`; theirs: the secret " +
      "that the sender shows, to be entered here; null: something to do",
  }),
  fixed: z.string().nullable(),
}).meta({ id: "SetupStep" });

const listSenders = defineRoute({
  method: "get",
  path: "/ui/senders",
  tag: "Sources",
  summary: "Known senders, and the options of each scheme",
  who: "member",
  answer: {
    status: 200,
    about: "What a form for a new source needs",
    schema: z.object({
      senders: z.array(z.object({
        preset: z.enum(PRESETS),
        label: z.string(),
        scheme: z.enum(SCHEMES),
        options,
        secret_from: z.enum(["us", "sender", "handshake", "none"]).meta({
          description:
            "Who makes the secret: this service, the sender, the sender by its first request, or there is none",
        }),
        secret_name: z.string().nullable().meta({ description: "What the sender calls it" }),
        own_text: z.string().nullable().meta({ description: "Text in `signed` to be replaced" }),
        note: z.string().nullable(),
        steps: z.array(setupStep).meta({ description: "What is set up at the sender, in its own words" }),
      })),
      schemes: z.array(z.object({
        scheme: z.enum(SCHEMES),
        label: z.string(),
        secret: z.enum(["made", "given", "none"]),
        secret_label: z.string(),
        fields: z.array(fieldShape),
      })),
    }),
    example: {
      senders: [{
        preset: "github",
        label: "GitHub",
        scheme: "hmac_sha256",
        options: { header: "x-hub-signature-256", prefix: "sha256=" },
        secret_from: "us",
        secret_name: "Secret",
        own_text: null,
        note: null,
        steps: [
          {
            text: "Settings > Webhooks > Add webhook, of the repository or the organization",
            value: null,
            fixed: null,
          },
          { text: "Payload URL", value: "address", fixed: null },
        ],
      }],
      schemes: [{
        scheme: "basic",
        label: "Basic authentication",
        secret: "made",
        secret_label: "Password",
        fields: [{ name: "user", label: "User", kind: "text", required: true }],
      }],
    },
  },
});

const createSource = defineRoute({
  method: "post",
  path: PATH,
  tag: "Sources",
  summary: "Create a source",
  about: "By a scheme or by the preset of a known sender. Events of it are of type custom:<name>.",
  who: "admin",
  creates: true,
  body: {
    schema: createSchema.extend({ options: options.optional() }),
    refusal: REFUSAL,
    example: { name: "github", preset: "github" },
  },
  answer: {
    status: 201,
    about: "The source, with its secret for this once",
    headers: { Location: "Path of the source", ...SECRET_HEADERS },
    schema: sourceWithSecret,
    example: SECRET_EXAMPLE,
  },
  problems: ["CONFLICT"],
});

const getSource = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Sources",
  summary: "One source",
  who: "member",
  params: ID_PARAM,
  answer: { status: 200, about: "The source", schema: source, example: EXAMPLE },
  problems: ["NOT_FOUND"],
});

const updateSource = defineRoute({
  method: "put",
  path: `${PATH}/{id}`,
  tag: "Sources",
  summary: "Change a source",
  about: "Absent fields keep their values; name and scheme cannot change; other fields of an answer are ignored.",
  who: "admin",
  params: ID_PARAM,
  body: {
    schema: patchSchema.extend({ options: options.optional() }),
    refusal: REFUSAL,
    example: { enabled: false },
  },
  answer: { status: 200, about: "The source", schema: source, example: { ...EXAMPLE, enabled: false } },
  problems: ["NOT_FOUND"],
});

const deleteSource = defineRoute({
  method: "delete",
  path: `${PATH}/{id}`,
  tag: "Sources",
  summary: "Delete a source",
  who: "admin",
  params: ID_PARAM,
  answer: {
    status: 200,
    about: "It is deleted; `warnings` names flows that start on its events or wait for them, which none comes for now",
    schema: deleted.extend({ warnings: z.array(z.string()).optional() }),
    example: { status: "deleted", id: "5" },
  },
  problems: ["NOT_FOUND"],
});

const rotateSource = defineRoute({
  method: "post",
  path: `${PATH}/{id}/rotate`,
  tag: "Sources",
  summary: "Rotate the secret of a source; the old one stays valid for a while",
  about: "To one that is made here, or to the one that its sender gave: `secret`.",
  who: "admin",
  creates: true,
  params: ID_PARAM,
  body: { schema: rotateSchema, refusal: REFUSAL, example: { overlap_hours: 24 } },
  answer: {
    status: 200,
    about: "The source, with its secret for this once",
    headers: SECRET_HEADERS,
    schema: sourceWithSecret,
    example: SECRET_EXAMPLE,
  },
  problems: ["NOT_FOUND"],
});

const revealSecret = defineRoute({
  method: "post",
  path: `${PATH}/{id}/reveal`,
  tag: "Sources",
  summary: "Show the secret that the sender gave, this once",
  about: "Of senders that send their secret with their first request and want it entered on their side (Notion).",
  who: "admin",
  creates: true,
  params: ID_PARAM,
  answer: {
    status: 200,
    about: "The secret",
    headers: SECRET_HEADERS,
    schema: z.object({ secret: z.string() }),
    example: { secret: "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl" },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});
export const sourceRoutes = [
  listSenders,
  revealSecret,
  listSources,
  createSource,
  getSource,
  updateSource,
  deleteSource,
  rotateSource,
];

/** Bodies are read by sources/definition.ts, which names each fault in its own words. */
export function mountSources(app: Hono<AppEnv>, deps: SourceRoutesDeps) {
  mount(app, deps, listSources, async ({ login: { installation, role } }) => {
    const sources = await deps.sources.list(installation.id);
    return {
      workspace_id: installation.workspaceId,
      total: sources.length,
      sources: sources.map((source) => sourceJson(source, { deps, role })),
    };
  });

  mount(app, deps, listSenders, () => Promise.resolve(SENDERS_ANSWER));

  mount(
    app,
    deps,
    revealSecret,
    async ({ c, login: { installation }, params, once }) =>
      await once((atEnd) => deps.sources.reveal(installation.id, sourceId(params.id), { atEnd }), (secret) => {
        keepFromCaches(c);
        return { secret };
      }),
  );

  mount(app, deps, createSource, async ({ c, login: { installation, role }, json, once }) => {
    const request = parseNewSource(await json());
    const { secret } = request;
    const tenant = { installationId: installation.id, workspaceId: installation.workspaceId };
    const { customWebhooks } = await deps.settings.of(installation);
    return await once(async (atEnd) => {
      const source = await deps.sources.create(tenant, request, { atEnd });
      deps.opened.made({ addon: installation.addon, workspaceId: installation.workspaceId }, source);
      return source;
    }, (source) => {
      c.header("location", `${PATH}/${source.id}`);
      keepFromCaches(c);
      return {
        ...sourceJson(source, { deps, role }),
        ...(secret !== undefined && { secret }),
        ...(!customWebhooks && { warnings: [OFF] }),
      };
    });
  });

  mount(app, deps, getSource, async ({ login: { installation, role }, params }) => {
    return sourceJson(await findSource(params.id, installation.id, deps), { deps, role });
  });

  mount(app, deps, updateSource, async ({ login: { installation, role }, params, json }) => {
    const { id, definition } = await findSource(params.id, installation.id, deps);
    const changed = patchSource(definition, await json());
    const source = await deps.sources.update(installation.id, id, changed);
    deps.opened.forget(id);
    return sourceJson(source, { deps, role });
  });

  mount(app, deps, deleteSource, async ({ login: { installation }, params }) => {
    const { id, definition } = await findSource(params.id, installation.id, deps);
    const uses = await deps.usesOf(installation.id, definition.name);
    if (!await deps.sources.remove(installation.id, id)) throw sourceUnknown(id);
    deps.opened.forget(id);
    const warnings = uses.map(({ name, is_draft, places }) =>
      `${is_draft ? "The draft of flow" : "Flow"} "${name}" ${
        [...new Set(places.map(({ words }) => words))].join(" and ")
      }`
    );
    return { status: "deleted" as const, id: String(id), ...(warnings.length > 0 && { warnings }) };
  });

  mount(app, deps, rotateSource, async ({ c, login: { installation, role }, params, json, once }) => {
    const { id, definition } = await findSource(params.id, installation.id, deps);
    const rotation = parseRotation(definition, await json());
    return await once(async (atEnd) => {
      const source = await deps.sources.rotate(installation.id, id, { ...rotation, atEnd });
      deps.opened.forget(id);
      return source;
    }, (source) => {
      keepFromCaches(c);
      return { ...sourceJson(source, { deps, role }), secret: rotation.secret };
    });
  });
}

const SENDERS_ANSWER = {
  senders: PRESETS.map((preset) => {
    const { label, scheme, options, secretFrom, secretName = null, ownText, note = null } = SENDERS[preset];
    return {
      preset,
      label,
      scheme,
      options,
      secret_from: secretFrom,
      secret_name: secretName,
      own_text: ownText?.text ?? null,
      note,
      steps: [...SETUP_STEPS[preset]],
    };
  }),
  schemes: SCHEME_FORMS.map(({ scheme, label, secret, secretLabel, fields }) => ({
    scheme,
    label,
    secret,
    secret_label: secretLabel,
    fields: fields.map(({ choices, ...field }) => ({ ...field, ...(choices && { choices: [...choices] }) })),
  })),
};

/** An answer with a secret is for its reader alone. */
function keepFromCaches(c: Context<AppEnv>) {
  c.header("cache-control", "no-store");
}

async function findSource(text: string, installationId: number, deps: SourceRoutesDeps): Promise<CustomSource> {
  const id = sourceId(text);
  const source = await deps.sources.find(installationId, id);
  if (!source) throw sourceUnknown(id);
  return source;
}

function sourceId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw sourceUnknown(text.slice(0, 40));
  return Number(text);
}

function sourceJson(
  { id, key, definition, secrets, createdAt, updatedAt, lastEventAt, lastRefused }: CustomSource,
  { deps, role }: { deps: SourceRoutesDeps; role: Login["role"] },
) {
  const { name, scheme, preset, options, enabled, maxBodyBytes, ratePerSecond, duplicateWindowSeconds, answer } =
    definition;
  return {
    id: String(id),
    name,
    // For an unsigned source, knowing the address is enough to send events, and flows act on them as the add-on.
    url: scheme === "none" && role !== "admin" ? null : `${deps.baseUrl}/webhooks/custom/${key}`,
    scheme,
    preset,
    options,
    enabled,
    max_body_bytes: maxBodyBytes,
    rate_per_second: ratePerSecond,
    duplicate_window_seconds: duplicateWindowSeconds,
    answer,
    secrets: secrets.map((one) => ({
      id: String(one.id),
      created_at: one.createdAt.toISOString(),
      expires_at: one.expiresAt?.toISOString() ?? null,
      is_unseen: one.isUnseen,
      last_used_at: one.lastUsedAt?.toISOString() ?? null,
    })),
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    last_event_at: lastEventAt?.toISOString() ?? null,
    last_refused_at: lastRefused?.at.toISOString() ?? null,
    last_refused_reason: lastRefused?.reason ?? null,
  };
}
