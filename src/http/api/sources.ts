/** /ui/sources: other systems that may send events to the workspace, and their secrets, each shown once. */

import type { Context, Hono } from "hono";
import type { SettingsSource } from "../../installations/settings.ts";
import { parseNewSource, parseRotation, patchSource } from "../../sources/definition.ts";
import type { OpenedSources } from "../../sources/opened.ts";
import { type CustomSource, type SourceStore, sourceUnknown } from "../../sources/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, type Login, requireAdmin, requireLogin } from "../server/login.ts";
import { type BodyLimits, readJson } from "../server/body.ts";

export interface SourceRoutesDeps extends AuthDeps {
  sources: SourceStore;
  opened: Pick<OpenedSources, "made" | "forget">;
  /** Public address that senders are given. */
  baseUrl: string;
  settings: Pick<SettingsSource, "of">;
  body: BodyLimits;
}

const PATH = "/ui/sources";
/** An answer with a secret is for its reader alone. */
const OFF =
  "Custom webhooks are switched off in the settings: the source is saved and refuses deliveries until they are on";
const NO_STORE = { "cache-control": "no-store" };

export function mountSources(app: Hono<AppEnv>, deps: SourceRoutesDeps) {
  app.get(PATH, async (c) => {
    const { installation, role } = await requireLogin(c, deps);
    const sources = await deps.sources.list(installation.id);
    return c.json({
      workspace_id: installation.workspaceId,
      total: sources.length,
      sources: sources.map((source) => sourceJson(source, { deps, role })),
    });
  });

  app.post(PATH, async (c) => {
    const { installation, role } = await requireAdmin(c, deps);
    const request = parseNewSource(await readJson(c, deps.body));
    const tenant = { installationId: installation.id, workspaceId: installation.workspaceId };
    const source = await deps.sources.create(tenant, request);
    deps.opened.made({ addon: installation.addon, workspaceId: installation.workspaceId }, source);
    const { secret } = request;
    const { customWebhooks } = await deps.settings.of(installation);
    const made = {
      ...sourceJson(source, { deps, role }),
      ...(secret !== undefined && { secret }),
      ...(!customWebhooks && { warnings: [OFF] }),
    };
    return c.json(made, 201, { location: `${PATH}/${source.id}`, ...NO_STORE });
  });

  app.get(`${PATH}/:id`, async (c) => {
    const { installation, role } = await requireLogin(c, deps);
    return c.json(sourceJson(await findSource(c, installation.id, deps), { deps, role }));
  });

  app.put(`${PATH}/:id`, async (c) => {
    const { installation, role } = await requireAdmin(c, deps);
    const { id, definition } = await findSource(c, installation.id, deps);
    const changed = patchSource(definition, await readJson(c, deps.body));
    const source = await deps.sources.update(installation.id, id, changed);
    deps.opened.forget(id);
    return c.json(sourceJson(source, { deps, role }));
  });

  app.delete(`${PATH}/:id`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const id = sourceId(c);
    if (!await deps.sources.remove(installation.id, id)) throw sourceUnknown(id);
    deps.opened.forget(id);
    return c.json({ status: "deleted", id: String(id) });
  });

  app.post(`${PATH}/:id/rotate`, async (c) => {
    const { installation, role } = await requireAdmin(c, deps);
    const { id, definition } = await findSource(c, installation.id, deps);
    const rotation = parseRotation(definition.scheme, await readJson(c, deps.body));
    const source = await deps.sources.rotate(installation.id, id, rotation);
    deps.opened.forget(id);
    return c.json({ ...sourceJson(source, { deps, role }), secret: rotation.secret }, 200, NO_STORE);
  });
}

async function findSource(c: Context<AppEnv>, installationId: number, deps: SourceRoutesDeps): Promise<CustomSource> {
  const id = sourceId(c);
  const source = await deps.sources.find(installationId, id);
  if (!source) throw sourceUnknown(id);
  return source;
}

function sourceId(c: Context<AppEnv>): number {
  const text = c.req.param("id") ?? "";
  if (!/^[1-9]\d{0,14}$/.test(text)) throw sourceUnknown(text.slice(0, 40));
  return Number(text);
}

function sourceJson(
  { id, key, definition, secrets, createdAt, updatedAt, lastEventAt }: CustomSource,
  { deps, role }: { deps: SourceRoutesDeps; role: Login["role"] },
) {
  const { name, scheme, options, enabled, maxBodyBytes, ratePerSecond, duplicateWindowSeconds, answer } = definition;
  return {
    id: String(id),
    name,
    // Of an unsigned source the address is all it takes to send events, which flows act on as the add-on.
    url: scheme === "none" && role !== "admin" ? null : `${deps.baseUrl}/webhooks/custom/${key}`,
    scheme,
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
    })),
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    last_event_at: lastEventAt?.toISOString() ?? null,
  };
}
