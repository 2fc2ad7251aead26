/** GET /ui/session: who is logged in where, and what the page may offer them. */

import type { Hono } from "hono";
import type { EntityNames } from "../../entities/names.ts";
import type { Installation } from "../../installations/store.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, type Login, requireLogin } from "../server/login.ts";

export interface SessionRoutesDeps extends AuthDeps {
  names: Pick<EntityNames, "facts">;
  /** Asks for a read of the workspace where there is none; never rejects. */
  atVisit(installation: Installation): Promise<void>;
  settings: Pick<SettingsSource, "of">;
  /** Origins whose messages the page takes, as in its frame-ancestors. */
  frameOrigins: readonly string[];
  /** As the manifest calls the add-on. */
  addonName: string;
  /** Of the program. */
  version: string;
}

const MEMBER_REASON = "Only owners and admins of the workspace may change things; you are signed in as a member";

export function mountSession(app: Hono<AppEnv>, deps: SessionRoutesDeps) {
  const { profile, frameOrigins, addonName, version } = deps;
  app.get("/ui/session", async (c) => {
    const login = await requireLogin(c, deps);
    const { kind, name, role, installation, token } = login;
    // A page waits for no read.
    if (role === "admin") void deps.atVisit(installation);
    const userId = kind === "user" ? name : undefined;
    const { workspaceId } = installation;
    const [known, settings] = await Promise.all([
      deps.names.facts(installation.id, { workspaceId, userId }),
      deps.settings.of(installation),
    ]);
    const { features } = profile;
    return c.json({
      actor: { kind, id: name, name: kind === "user" ? known.userName : name, role },
      profile: { key: profile.key, name: addonName, service: profile.service },
      workspace: { id: workspaceId, name: known.workspaceName },
      environment: environmentOf(installation),
      language: languageOf(token?.language),
      theme: themeOf(token?.theme),
      time_zone: known.timeZone,
      expires_at: token ? new Date(token.expiresAtMs).toISOString() : null,
      frame_origins: frameOrigins,
      version,
      features: {
        custom_webhooks: features.customWebhooks && settings.customWebhooks,
        generic_http: features.genericHttpActions && settings.genericHttpActions,
        flows: settings.flows,
      },
      can: mayChange(role),
    });
  });
}

function mayChange(role: Login["role"]) {
  return role === "admin" ? { write: true, reason: null } : { write: false, reason: MEMBER_REASON };
}

/** The host of Clockify's API for this installation; null when its token named none. */
function environmentOf({ hosts: { backendUrl } }: Installation): string | null {
  return backendUrl === undefined ? null : URL.parse(backendUrl)?.host ?? null;
}

/** The claim as a lower-case BCP 47 tag; "en" where it is none. Clockify writes "EN", or with an underscore. */
export function languageOf(claim: string | undefined): string {
  const tag = (claim ?? "").toLowerCase().replaceAll("_", "-");
  return /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/.test(tag) ? tag : "en";
}

/** Clockify says DEFAULT or DARK; null for what is neither. */
export function themeOf(claim: string | undefined): "light" | "dark" | null {
  const theme = (claim ?? "").toUpperCase();
  if (theme.includes("DARK")) return "dark";
  return theme === "DEFAULT" || theme.includes("LIGHT") ? "light" : null;
}
