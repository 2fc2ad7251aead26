/** GET /ui/session: who is logged in where, and what the page may offer them. */

import type { Hono } from "hono";
import { z } from "zod";
import type { EntityNames } from "../../entities/names.ts";
import type { Installation } from "../../installations/store.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant, workspaceId } from "./schemas.ts";

export interface SessionRoutesDeps extends AuthDeps {
  names: Pick<EntityNames, "facts">;
  /** Asks for a read of the workspace where there is none; never rejects. */
  atVisit(installation: Installation): Promise<void>;
  settings: Pick<SettingsSource, "of">;
  /** Origins whose messages the page takes, as in its frame-ancestors. */
  frameOrigins: readonly string[];
  /** As the manifest calls the add-on. */
  addonName: string;
  /** Version of the program. */
  version: string;
}

const MEMBER_REASON = "Only owners and admins of the workspace may change things; you are signed in as a member";

const session = z.object({
  actor: z.object({
    kind: z.enum(["user", "operator"]),
    id: z.string().meta({ description: "Clockify user id, or the name of the operator's key" }),
    name: z.string().nullable(),
    role: z.enum(["admin", "member"]),
  }),
  profile: z.object({ key: z.string(), name: z.string(), service: z.string() }),
  workspace: z.object({ id: workspaceId, name: z.string().nullable() }),
  environment: z.string().nullable().meta({ description: "Host of Clockify's API for the workspace" }),
  language: z.string().meta({ description: "BCP 47, lower case" }),
  theme: z.enum(["light", "dark"]).nullable(),
  time_zone: z.string().nullable(),
  expires_at: instant.nullable().meta({ description: "When the user token ends; null for an operator" }),
  frame_origins: z.array(z.string()).meta({ description: "Origins that may frame the console" }),
  version: z.string(),
  features: z.object({ custom_webhooks: z.boolean(), generic_http: z.boolean(), flows: z.boolean() }),
  can: z.object({ write: z.boolean(), reason: z.string().nullable() }),
}).meta({ id: "Session" });

const getSession = defineRoute({
  method: "get",
  path: "/ui/session",
  tag: "Session",
  summary: "Who is logged in where, and what they may do",
  who: "member",
  answer: {
    status: 200,
    about: "The login, its workspace and the features there",
    schema: session,
    example: {
      actor: { kind: "user", id: "5e6a0f7c1f3b2a0012345678", name: "Ada", role: "admin" },
      profile: { key: "universal_webhook", name: "Universal Webhook", service: "universal-webhook" },
      workspace: { id: "64a687e29ae1f428e7ebe303", name: "Acme" },
      environment: "api.clockify.me",
      language: "en",
      theme: "light",
      time_zone: "Europe/Berlin",
      expires_at: "2026-11-21T08:30:00.000Z",
      frame_origins: ["https://app.clockify.me"],
      version: "0.1.0",
      features: { custom_webhooks: true, generic_http: true, flows: true },
      can: { write: true, reason: null },
    },
  },
});
export const sessionRoutes = [getSession];

export function mountSession(app: Hono<AppEnv>, deps: SessionRoutesDeps) {
  const { profile, frameOrigins, addonName, version } = deps;
  mount(app, deps, getSession, async ({ c, login }) => {
    const { kind, name, role, installation, token } = login;
    const { beside } = c.env;
    // A page waits for no read.
    if (role === "admin" && !beside) void deps.atVisit(installation);
    const userId = kind === "user" ? name : undefined;
    const { workspaceId } = installation;
    const [known, settings] = await Promise.all([
      deps.names.facts(installation.id, { workspaceId, userId }),
      deps.settings.of(installation),
    ]);
    const { features } = profile;
    return {
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
      can: beside ? { write: false, reason: readsOnly(beside.from.name, addonName) } : mayChange(role),
    };
  });
}

function readsOnly(from: string, addon: string): string {
  return `You are signed in to ${from}, and see what ${addon} holds: to change it, open ${addon}`;
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
