/**
 * The workspace webhooks API, for API keys only: list, make, replace, remove, renew the token, with the plan's
 * limits.
 * See docs/clockify-protocol.md "Webhooks API".
 */

import { AppError } from "../../base/errors.ts";
import type { InstalledWebhook } from "../installs.ts";
import {
  accessDenied,
  type ApiCall,
  ApiRefusal,
  created,
  objectBody,
  ok,
  pickFields,
  refuse,
  type Route,
} from "../route.ts";
import { isAdminRole, type UserWebhook, type WebhookSwitches, type Workspace } from "../workspace_data.ts";

export interface SwitchWebhookInput extends Partial<WebhookSwitches> {
  workspaceId: string;
  /** By its id, or all of an event. */
  webhookId?: string;
  event?: string;
}

const WORKSPACE = "/v1/workspaces/{workspaceId}";
const ALL_ON: WebhookSwitches = { enabled: true, deliveryEnabled: true, planEnabled: true };
/** Per person and per workspace, by plan. */
const LIMITS: Record<string, { own: number; all: number }> = {
  FREE: { own: 3, all: 3 },
  ENTERPRISE: { own: 100, all: 300 },
};
const OTHER_PLANS = { own: 10, all: 100 };
const WRITABLE = { name: "", url: "", webhookEvent: "", triggerSourceType: "", triggerSource: [] as string[] };

interface AddonWebhook extends WebhookSwitches {
  id: string;
  addonId: string;
  webhook: InstalledWebhook;
  url: string;
}

/** The webhooks of installed add-ons. The form of their id is not known. */
export function addonWebhooks(
  workspace: Workspace,
  installed: readonly { addonId: string; baseUrl: string; webhooks: readonly InstalledWebhook[] }[],
): AddonWebhook[] {
  return installed.flatMap(({ addonId, baseUrl, webhooks }) =>
    webhooks.map((webhook, index) => {
      const id = addonId.slice(0, 20) + index.toString(16).padStart(4, "0");
      // Clockify joins the base, a slash and the declared path.
      const url = `${baseUrl.replace(/\/+$/, "")}/${webhook.path}`;
      return { id, addonId, webhook, url, ...ALL_ON, ...workspace.addonWebhookSwitches.get(id) };
    })
  );
}

export const sends = ({ enabled, deliveryEnabled, planEnabled }: WebhookSwitches): boolean =>
  enabled && deliveryEnabled && planEnabled;

/** Turns switches of webhooks, as people, failures and plans do. Throws NOT_FOUND when none fits. */
export function switchWebhooks(
  workspace: Workspace,
  ofAddons: readonly AddonWebhook[],
  { webhookId, event, workspaceId: _workspaceId, ...switches }: SwitchWebhookInput,
): void {
  const fits = (id: string, of: string) => webhookId === undefined ? of === event : id === webhookId;
  const made = [...workspace.webhooks.values()].filter((one) => fits(one.id, one.webhookEvent));
  const given = ofAddons.filter(({ id, webhook }) => fits(id, webhook.event));
  if (made.length + given.length === 0) throw new AppError("NOT_FOUND", "Cannot switch the webhook: there is none");
  for (const one of made) Object.assign(one, switches);
  for (const { id } of given) {
    workspace.addonWebhookSwitches.set(id, { ...workspace.addonWebhookSwitches.get(id), ...switches });
  }
}

function requireAdmin(call: ApiCall): void {
  if (!isAdminRole(call.caller.user.role)) throw accessDenied();
}

function view(workspace: Workspace, webhook: UserWebhook) {
  return { ...webhook, workspaceId: workspace.id };
}

function addonView(workspace: Workspace, { id, webhook, url, addonId: _addonId, ...switches }: AddonWebhook) {
  const source = { triggerSourceType: "WORKSPACE_ID", triggerSource: [workspace.id] };
  const { event, authToken } = webhook;
  return {
    id,
    name: event,
    url,
    userId: null,
    workspaceId: workspace.id,
    webhookEvent: event,
    ...source,
    authToken,
    ...switches,
  };
}

function ofAddons(call: ApiCall) {
  return addonWebhooks(call.workspace, call.world.installations.active(call.workspace.id));
}

/** The webhook of the path, for admins. */
export function webhookOf(call: ApiCall): UserWebhook {
  requireAdmin(call);
  const webhook = call.workspace.webhooks.get(call.params.webhookId!);
  if (!webhook) throw refuse("Webhook doesn't belong to Workspace");
  return webhook;
}

function written(call: ApiCall): typeof WRITABLE {
  const fields = pickFields(objectBody(call), WRITABLE) as Partial<typeof WRITABLE>;
  const { name, url = "", webhookEvent, triggerSourceType, triggerSource } = fields;
  // As live: a name that is missing is answered by the wrong sentence.
  if (name === undefined) throw refuse("Webhook already exists");
  if (!name || name.length < 2 || name.length > 30) {
    throw refuse("Webhook name must be between 2 and 30 characters long");
  }
  if (!/^https?:$/.test(URL.parse(url ?? "")?.protocol ?? "")) throw refuse("Webhook url is not valid");
  // An empty list of sources is one: the whole workspace.
  if (!webhookEvent || !triggerSourceType || !triggerSource) {
    throw new ApiRefusal(400, "Missing parameter", 3001);
  }
  return { name, url, webhookEvent, triggerSourceType, triggerSource };
}

function make(call: ApiCall) {
  requireAdmin(call);
  const fields = written(call);
  const { workspace, caller } = call;
  const all = [...workspace.webhooks.values()];
  const limit = LIMITS[String(workspace.about.featureSubscriptionType)] ?? OTHER_PLANS;
  if (all.length >= limit.all || all.filter(({ userId }) => userId === caller.user.id).length >= limit.own) {
    // Which code this limit has is not documented; 4033 is the one seen for another number of a plan.
    throw new ApiRefusal(400, "You have reached the maximum number of webhooks", 4033);
  }
  const webhook: UserWebhook = {
    id: call.world.newId(),
    userId: caller.user.id,
    ...fields,
    authToken: newToken(),
    ...ALL_ON,
  };
  workspace.webhooks.set(webhook.id, webhook);
  return created(view(workspace, webhook));
}

/** 32 letters and digits, as live. */
function newToken(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

const route = (method: string, path: string, handle: Route["handle"]): Route => ({
  method,
  path: WORKSPACE + path,
  closedToAddons: true,
  handle,
});

export const webhookRoutes: Route[] = [
  route("GET", "/webhooks", (call) => {
    requireAdmin(call);
    const type = call.query.get("type");
    const webhooks = [
      ...type === "ADDON" ? [] : [...call.workspace.webhooks.values()].map((one) => view(call.workspace, one)),
      ...type === "USER_CREATED" ? [] : ofAddons(call).map((one) => addonView(call.workspace, one)),
    ];
    return ok({ webhooks, workspaceWebhookCount: call.workspace.webhooks.size });
  }),
  route("GET", "/addons/{addonId}/webhooks", (call) => {
    requireAdmin(call);
    const own = ofAddons(call).filter(({ addonId }) => addonId === call.params.addonId);
    return ok({ webhooks: own.map((one) => addonView(call.workspace, one)), workspaceWebhookCount: own.length });
  }),
  route("POST", "/webhooks", make),
  route("GET", "/webhooks/{webhookId}", (call) => ok(view(call.workspace, webhookOf(call)))),
  route("PUT", "/webhooks/{webhookId}", (call) => {
    const webhook = webhookOf(call);
    Object.assign(webhook, written(call));
    // Whether a replace switches a webhook on again is not documented; here it does when it says so.
    if (objectBody(call).enabled === true) Object.assign(webhook, { enabled: true, deliveryEnabled: true });
    return ok(view(call.workspace, webhook));
  }),
  route("DELETE", "/webhooks/{webhookId}", (call) => {
    call.workspace.webhooks.delete(webhookOf(call).id);
    return { status: 200 };
  }),
  route("PATCH", "/webhooks/{webhookId}/token", (call) => {
    const webhook = webhookOf(call);
    webhook.authToken = newToken();
    return ok(view(call.workspace, webhook));
  }),
];
