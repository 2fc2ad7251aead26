/**
 * Verifies a lifecycle call and reads it. The token's claims decide; the body is an echo that must not contradict them.
 */

import { AppError } from "../base/errors.ts";
import type { Slots } from "../limits/slots.ts";
import { requireForm } from "./jws.ts";
import { type LifecycleBody, type LifecycleType, parseLifecycleBody } from "./lifecycle_body.ts";
import { singleToken, type TokenPlace, tokenRefused } from "./token_rules.ts";
import { type PlatformClaims, type PlatformHosts, type TokenDeps, tokenSha256, verifyPlatformToken } from "./token.ts";
import { normalisePath } from "./webhook.ts";

export interface LifecycleRequest {
  /** Raw value of `X-Addon-Lifecycle-Token`, or of `Clockify-Signature` in its place. */
  token: string | undefined;
  /** Reads the JSON of the body, once the token is known to be good and for `workspaceId`. */
  readBody(sender: { workspaceId: string }): Promise<unknown>;
  type: LifecycleType;
}

export interface LifecycleDeps extends TokenDeps {
  /** Turns for signatures that nothing is known of yet. */
  signatures: Slots;
  /**
   * Is this hash stored in the workspace as a webhook's or an installation's own token, or was it ever? Such a token is
   * genuine and may look like a lifecycle token, but was issued for something else.
   */
  isStoredToken(query: { workspaceId: string; tokenSha256: Uint8Array }): Promise<boolean>;
}

interface LifecycleBase {
  workspaceId: string;
  addonId: string;
  /** When the call's token was made: orders calls, since bodies have no sequence. */
  issuedAtMs?: number;
}

export interface InstalledCall extends LifecycleBase {
  type: "INSTALLED";
  /** Installation token, verified. A secret with the power of a workspace admin. */
  authToken: string;
  /** Owner named by the installation token. */
  userId?: string;
  /** Installer and the add-on's own user, as the unsigned body says. */
  asUser?: string;
  addonUserId?: string;
  hosts: PlatformHosts & { backendUrl: string };
  /** "body": the installation token names no backendUrl, so the unsigned apiUrl was taken; hold it against the allow-list. */
  backendUrlFrom: "claim" | "body";
  /**
   * As the call lists them, each path normalised; of a path that stands twice the last token counts. The token itself is not
   * kept. Absent: the call says nothing of them.
   */
  webhooks?: { path: string; tokenSha256: Uint8Array }[];
  /** No token vouches for the call (unsigned_install.ts). */
  unverified?: true;
}

export interface DeletedCall extends LifecycleBase {
  type: "DELETED";
  asUser?: string;
}

export interface StatusChangedCall extends LifecycleBase {
  type: "STATUS_CHANGED";
  status: "ACTIVE" | "INACTIVE";
}

export interface SettingsUpdatedCall extends LifecycleBase {
  type: "SETTINGS_UPDATED";
  settings: { id: string; name?: string; value: string | number | boolean | string[] | null }[];
}

export type LifecycleCall = InstalledCall | DeletedCall | StatusChangedCall | SettingsUpdatedCall;

/**
 * The call that a genuine lifecycle request makes. Throws LIFECYCLE_TOKEN_MISSING, LIFECYCLE_TOKEN_INVALID (with
 * `details.reason`), WEBHOOK_WRONG_ADDON, WEBHOOK_WRONG_WORKSPACE, REQUEST_INVALID (the body), or what the key source,
 * `isStoredToken` or `readBody` throws.
 */
export async function verifyLifecycle(request: LifecycleRequest, deps: LifecycleDeps): Promise<LifecycleCall> {
  const { type } = request;
  const token = singleToken(request.token, "lifecycle");
  requireForm(token, "lifecycle");
  const claims = await deps.signatures.run(() => verifyPlatformToken(token, { ...deps, place: "lifecycle" }));
  const { workspaceId, addonId, issuedAtMs } = claims;
  if (await deps.isStoredToken({ workspaceId, tokenSha256: tokenSha256(token) })) {
    throw tokenRefused("lifecycle", "stored_elsewhere");
  }
  const body = await request.readBody({ workspaceId });
  const base: LifecycleBase = { workspaceId, addonId, ...(issuedAtMs !== undefined && { issuedAtMs }) };
  switch (type) {
    case "INSTALLED": {
      const parsed = agreeing(parseLifecycleBody(type, body), claims);
      return { type, ...base, ...await readInstall(parsed, { token, claims, deps }) };
    }
    case "DELETED": {
      const { asUser } = agreeing(parseLifecycleBody(type, body), claims);
      return { type, ...base, ...(asUser && { asUser }) };
    }
    case "STATUS_CHANGED":
      return { type, ...base, status: agreeing(parseLifecycleBody(type, body), claims).status };
    case "SETTINGS_UPDATED": {
      const { settings } = agreeing(parseLifecycleBody(type, body), claims);
      return {
        type,
        ...base,
        settings: (settings ?? []).map(({ id, name, value = null }) => ({ id, ...(name && { name }), value })),
      };
    }
  }
}

type InstallFields = Omit<InstalledCall, "type" | keyof LifecycleBase>;

async function readInstall(
  body: LifecycleBody<"INSTALLED">,
  { token, claims, deps }: { token: string; claims: PlatformClaims; deps: LifecycleDeps },
): Promise<InstallFields> {
  const webhooks = body.webhooks ?? [];
  if (token === body.authToken || webhooks.some((webhook) => webhook.authToken === token)) {
    throw tokenRefused("lifecycle", "stored_elsewhere");
  }
  // The body is not signed: only a token made by the platform for this installation may become its credential.
  const installation = await verifyPlatformToken(body.authToken, { ...deps, place: "installation" });
  requireSame(installation, claims, "installation");
  const { userId, hosts } = installation;
  return {
    authToken: body.authToken,
    ...(userId && { userId }),
    ...(body.asUser && { asUser: body.asUser }),
    ...(body.addonUserId && { addonUserId: body.addonUserId }),
    hosts: { ...hosts, backendUrl: hosts.backendUrl ?? readApiUrl(body.apiUrl) },
    backendUrlFrom: hosts.backendUrl === undefined ? "body" : "claim",
    ...(body.webhooks && {
      webhooks: webhooks.map(({ path, authToken }) => ({
        path: normalisePath(path),
        tokenSha256: tokenSha256(authToken),
      })),
    }),
  };
}

/** Throws REQUEST_INVALID. */
export function readApiUrl(text: string): string {
  const url = URL.parse(text);
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!plain) {
    throw new AppError("REQUEST_INVALID", `Cannot read INSTALLED call: apiUrl is not a plain http(s) address`);
  }
  return text;
}

function agreeing<T extends { workspaceId?: string | null; addonId?: string | null }>(
  body: T,
  claims: PlatformClaims,
): T {
  requireSame({ workspaceId: body.workspaceId ?? undefined, addonId: body.addonId ?? undefined }, claims, "lifecycle");
  return body;
}

/** Throws WEBHOOK_WRONG_WORKSPACE or WEBHOOK_WRONG_ADDON where `named` says something else than the lifecycle token. */
function requireSame(
  named: { workspaceId?: string; addonId?: string },
  claims: PlatformClaims,
  place: TokenPlace,
): void {
  const { workspaceId = claims.workspaceId, addonId = claims.addonId } = named;
  if (workspaceId !== claims.workspaceId) throw tokenRefused(place, "other_workspace", "WEBHOOK_WRONG_WORKSPACE");
  if (addonId !== claims.addonId) throw tokenRefused(place, "other_installation", "WEBHOOK_WRONG_ADDON");
}
