/** Who is signed in and what they may do: GET /ui/session, and the workspaces an operator picks from. */

import type { Api } from "./client.ts";

export interface Session {
  actor: { kind: "user" | "operator"; id: string; name: string | null; role: "admin" | "member" };
  profile: { key: string; name: string; service: string };
  workspace: { id: string; name: string | null };
  /** Host of the workspace's Clockify API. */
  environment: string;
  language: string;
  theme: "light" | "dark" | null;
  timeZone: string | null;
  expiresAt: Date | null;
  /** Origins that may frame the page, `*.` allowed. */
  frameOrigins: string[];
  version: string;
  features: { customWebhooks: boolean; genericHttp: boolean; flows: boolean };
  can: { write: boolean; reason: string | null };
}

interface SessionWire {
  actor: Session["actor"];
  profile: Session["profile"];
  workspace: Session["workspace"];
  environment: string;
  language: string;
  theme: Session["theme"];
  time_zone: string | null;
  expires_at: string | null;
  frame_origins: string[];
  version: string;
  features: { custom_webhooks: boolean; generic_http: boolean; flows: boolean };
  can: Session["can"];
}

export async function getSession(api: Api): Promise<Session> {
  const wire = await api.get<SessionWire>("/session");
  return {
    actor: wire.actor,
    profile: wire.profile,
    workspace: wire.workspace,
    environment: wire.environment,
    language: wire.language,
    theme: wire.theme,
    timeZone: wire.time_zone,
    expiresAt: wire.expires_at === null ? null : new Date(wire.expires_at),
    frameOrigins: wire.frame_origins,
    version: wire.version,
    features: {
      customWebhooks: wire.features.custom_webhooks,
      genericHttp: wire.features.generic_http,
      flows: wire.features.flows,
    },
    can: wire.can,
  };
}

export interface WorkspaceChoice {
  id: string;
  name: string | null;
  status: "active" | "inactive";
  lastEventAt: Date | null;
}

export async function getWorkspaces(api: Api): Promise<WorkspaceChoice[]> {
  const { workspaces } = await api.get<
    {
      workspaces: {
        workspace_id: string;
        name: string | null;
        status: "active" | "inactive";
        last_event_at: string | null;
      }[];
    }
  >("/workspaces");
  return workspaces.map((one) => ({
    id: one.workspace_id,
    name: one.name,
    status: one.status,
    lastEventAt: one.last_event_at === null ? null : new Date(one.last_event_at),
  }));
}
