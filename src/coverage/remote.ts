/**
 * The webhooks of a workspace as Clockify's API shows and changes them, for a person's API key.
 * See docs/clockify-protocol.md "Webhooks API".
 */

import type { ClockifyAnswer, ClockifyCall, ClockifyClient } from "../clockify/client.ts";
import { type HostClaims, serviceHosts } from "../clockify/hosts.ts";
import { builtinCatalogue } from "../clockify/operations.ts";
import type { CallInstallation } from "../clockify/request.ts";
import { AppError } from "../base/errors.ts";

/** One webhook at Clockify. `token` is a secret: only its hash is kept. */
export interface RemoteWebhook {
  id: string;
  event: string;
  url: string;
  token?: string;
  /** Undefined where Clockify does not say. */
  enabled?: boolean;
  /** Switched off by Clockify after too many failures. */
  deliveryEnabled?: boolean;
  planEnabled?: boolean;
}

export interface WebhookFields {
  event: string;
  url: string;
}

/** What Clockify said; what it could not be asked now is thrown instead. */
export type Asked<T> = { ok: true; value: T } | { ok: false; refused: ClockifyAnswer & { kind: "refused" } };

export interface AskOptions {
  caller: CallInstallation;
  signal?: AbortSignal;
  /** Default "bulk" with a wait of 5 s: a check has time. */
  priority?: ClockifyCall["priority"];
}

/** Every function throws RATE_LIMITED (`details.retryInMs`) or an UPSTREAM_* error when Clockify gave no answer. */
export interface RemoteWebhooks {
  list(type: "USER_CREATED" | "ADDON", options: AskOptions): Promise<Asked<RemoteWebhook[]>>;
  /** The add-on's own webhooks for its own token; whether it may ask is unknown. */
  listOfAddon(addonId: string, options: AskOptions): Promise<Asked<RemoteWebhook[]>>;
  create(fields: WebhookFields, options: AskOptions): Promise<Asked<RemoteWebhook>>;
  /** Replaces address and event and switches it on. */
  update(id: string, options: AskOptions & { fields: WebhookFields }): Promise<Asked<RemoteWebhook>>;
  /** A fresh token for one whose token the list does not show. */
  renewToken(id: string, options: AskOptions): Promise<Asked<RemoteWebhook>>;
  /** True also when it is gone already: a 404 is no failure here. */
  remove(id: string, options: AskOptions): Promise<Asked<true>>;
}

const MAX_WAIT_MS = 5_000;

export function createRemoteWebhooks(client: ClockifyClient): RemoteWebhooks {
  async function ask<T>(
    operationId: string,
    { caller, signal, priority = "bulk" }: AskOptions,
    parts: Pick<ClockifyCall, "pathParams" | "queryParams" | "body"> & { read(data: unknown): T },
  ): Promise<Asked<T>> {
    const { read, ...input } = parts;
    const operation = builtinCatalogue().find(operationId)!;
    const answer = await client.call({
      operation,
      ...input,
      origin: { kind: "coverage" },
      installation: caller,
      priority,
      maxWaitMs: MAX_WAIT_MS,
      signal,
    });
    switch (answer.kind) {
      case "ok":
        return { ok: true, value: read(answer.data) };
      case "refused":
        return { ok: false, refused: answer };
      case "failed":
        throw answer.error;
      case "limited":
        throw new AppError("RATE_LIMITED", `Cannot call ${operationId}: the workspace's rate budget is used up`, {
          retryable: true,
          details: { retryInMs: answer.retryInMs },
        });
    }
  }

  return {
    list: (type, options) => ask("getWebhooks", options, { queryParams: { type }, read: readList }),
    listOfAddon: (addonId, options) => ask("getAddonWebhooks", options, { pathParams: { addonId }, read: readList }),
    create: (fields, options) =>
      ask("createWebhook", options, { body: bodyOf(fields, options.caller.workspaceId), read: readOne }),
    update: (webhookId, { fields, ...options }) =>
      ask("updateWebhook", options, {
        pathParams: { webhookId },
        // No document says how one is switched on again; unknown fields are ignored.
        body: { ...bodyOf(fields, options.caller.workspaceId), enabled: true },
        read: readOne,
      }),
    renewToken: (webhookId, options) => ask("generateNewToken", options, { pathParams: { webhookId }, read: readOne }),
    remove: async (webhookId, options) => {
      const answer = await ask("deleteWebhook", options, { pathParams: { webhookId }, read: () => true as const });
      const gone = !answer.ok && ["gone", "invalid_or_gone"].includes(answer.refused.reason);
      return gone ? { ok: true, value: true } : answer;
    },
  };
}

/** Whom a call with a person's API key is made for; `addon` is the profile key. Throws HOST_NOT_ALLOWED. */
export function keyCaller(
  { id, addon, workspaceId, hosts }: { id: number; addon: string; workspaceId: string; hosts: HostClaims },
  { apiKey, apiBaseUrl }: { apiKey: string; apiBaseUrl?: string },
): CallInstallation {
  const claims = apiBaseUrl === undefined ? hosts : { ...hosts, backendUrl: apiBaseUrl };
  return {
    installationId: id,
    addonKey: addon,
    workspaceId,
    token: apiKey,
    isApiKey: true,
    hosts: serviceHosts(claims),
  };
}

/** `status/code` of a refusal, for people. */
export function answerName({ status, code, reason }: ClockifyAnswer & { kind: "refused" }): string {
  return status === undefined ? reason : code === undefined ? `${status}` : `${status}/${code}`;
}

function bodyOf({ event, url }: WebhookFields, workspaceId: string) {
  return {
    // 2 to 30 characters.
    name: `Timewire ${event}`.slice(0, 30),
    url,
    webhookEvent: event,
    triggerSourceType: "WORKSPACE_ID",
    triggerSource: [workspaceId],
  };
}

function readList(data: unknown): RemoteWebhook[] {
  const list = Array.isArray(data) ? data : (data as { webhooks?: unknown } | null)?.webhooks;
  return Array.isArray(list) ? list.filter((item) => typeof item?.id === "string").map(readOne) : [];
}

function readOne(data: unknown): RemoteWebhook {
  const row = (data ?? {}) as Record<string, unknown>;
  const text = (name: string) => typeof row[name] === "string" ? row[name] : undefined;
  const flag = (name: string) => typeof row[name] === "boolean" ? row[name] : undefined;
  if (text("id") === undefined) {
    throw new AppError("UPSTREAM_RESPONSE_INVALID", "Cannot read a webhook of Clockify: it has no id");
  }
  return {
    id: text("id")!,
    event: text("webhookEvent") ?? "",
    url: text("url") ?? "",
    token: text("authToken"),
    enabled: flag("enabled"),
    deliveryEnabled: flag("deliveryEnabled"),
    planEnabled: flag("planEnabled"),
  };
}
