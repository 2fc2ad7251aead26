/** Who is signed in and what they may do: GET /ui/session, and the workspaces an operator picks from. */

import type { Answer, Wire } from "../wire.ts";
import type { Api } from "./client.ts";

export interface Session {
  actor: Wire<"Session">["actor"];
  profile: Wire<"Session">["profile"];
  workspace: Wire<"Session">["workspace"];
  /** Host of the workspace's Clockify API. */
  environment: string | null;
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

export async function getSession(api: Api): Promise<Session> {
  const wire = await api.get<Answer<"get_ui_session">>("/session");
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
  status: Wire<"Workspace">["status"];
  lastEventAt: Date | null;
}

export async function getWorkspaces(api: Api): Promise<WorkspaceChoice[]> {
  const { workspaces } = await api.get<Answer<"get_ui_workspaces">>("/workspaces");
  return workspaces.map((one) => ({
    id: one.workspace_id,
    name: one.name,
    status: one.status,
    lastEventAt: one.last_event_at === null ? null : new Date(one.last_event_at),
  }));
}
