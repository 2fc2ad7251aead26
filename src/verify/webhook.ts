/** Is this webhook delivery genuine? The hot path: a token seen before is settled by one SHA-256, without a promise. */

import { hash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { KeySource } from "./keys.ts";
import { singleToken, tokenRefused } from "./places.ts";
import { LEEWAY_MS, tokenSha256, verifyPlatformToken } from "./token.ts";
import { createVerifiedCache, type Verified } from "./verified_cache.ts";

export interface WebhookRequest {
  /** Raw value of the `clockify-signature` header. */
  token: string | undefined;
  /** One profile has one add-on key: what was verified for a profile is not verified again for another key. */
  profileKey: string;
  addonKey: string;
  /** Path of the request; a bare path (no `pathEvent`) stands for `<path>/<headerEvent>`. */
  path: string;
  /** `clockify-webhook-event-type` */
  headerEvent: string | undefined;
  /** Event that the path names, undefined on a bare path. */
  pathEvent: string | undefined;
  /** `clockify-webhook-workspace-id`, when a sender states it: must equal the token's. */
  headerWorkspaceId?: string;
}

export interface VerifiedDelivery {
  readonly installationId: number;
  /** Of the installation at verification; ingest refuses an outdated one. */
  readonly generation: number;
  readonly workspaceId: string;
  readonly addonId: string;
  readonly eventType: string;
}

/** What was stored at install for one webhook path. */
export interface StoredWebhook {
  installationId: number;
  generation: number;
  /** SHA-256 of the token, 32 bytes. */
  tokenSha256: Uint8Array;
  event: string;
}

/** A webhook that was registered with a person's API key, found by its token. */
export type PlainWebhook = Omit<VerifiedDelivery, "eventType">;

export interface WebhookVerifierOptions {
  keys: KeySource;
  clock: Clock;
  /** The stored webhook of an active installation; `path` is normalised. */
  lookup(
    query: { profileKey: string; workspaceId: string; addonId: string; path: string },
  ): Promise<StoredWebhook | undefined>;
  /**
   * The webhook whose deliveries for this event are signed with a token of this hash. Webhooks that were registered with an
   * API key send a plain token, no JWT (protocol.md 3.3). Absent: none are taken.
   */
  lookupPlain?(
    query: { profileKey: string; tokenSha256: Uint8Array; eventType: string },
  ): Promise<PlainWebhook | undefined>;
  /** Default 10,000 tokens. */
  maxCached?: number;
  /** Different tokens under verification at once, default 64. */
  maxWaiting?: number;
  /** A token is verified anew after this time, default 60 s. */
  maxAgeMs?: number;
}

export interface WebhookVerifier {
  /**
   * The delivery, at once when its token is known, else a promise. Throws, or rejects with, WEBHOOK_SIGNATURE_MISSING,
   * WEBHOOK_SIGNATURE_INVALID, WEBHOOK_WRONG_ADDON, WEBHOOK_WRONG_WORKSPACE, WEBHOOK_WRONG_EVENT, INSTALLATION_UNKNOWN,
   * OVERLOADED (retryable), or what the key source or `lookup` throws.
   */
  verify(request: WebhookRequest): VerifiedDelivery | Promise<VerifiedDelivery>;
  /** To be called when an installation ends or is made anew. */
  forget(installationId: number): void;
}

/** A verifier with its own cache; one serves all profiles. */
export function createWebhookVerifier(options: WebhookVerifierOptions): WebhookVerifier {
  const { keys, clock, lookup, lookupPlain, maxCached = 10_000, maxWaiting = 64, maxAgeMs = 60_000 } = options;
  const cache = createVerifiedCache<VerifiedDelivery>({ maxCached, maxWaiting, maxAgeMs, clock });

  async function verifyAnew(token: string, path: string, request: WebhookRequest): Promise<Verified<VerifiedDelivery>> {
    const { profileKey, addonKey } = request;
    const eventOfPath = path.slice(path.lastIndexOf("/") + 1);
    // The hash is what is looked for, so finding it is the comparison, and its timing says nothing of the token.
    const plain = PLAIN_TOKEN.test(token)
      ? await lookupPlain?.({ profileKey, tokenSha256: tokenSha256(token), eventType: eventOfPath })
      : undefined;
    if (plain) return { value: Object.freeze({ ...plain, eventType: eventOfPath }), expiresAtMs: Infinity };
    const claims = await verifyPlatformToken(token, { keys, addonKey, clock, place: "webhook" });
    const { workspaceId, addonId, expiresAtMs = Infinity } = claims;
    const stored = await lookup({ profileKey, workspaceId, addonId, path });
    if (!stored) {
      throw new AppError("INSTALLATION_UNKNOWN", `Cannot accept webhook: no installation has one at ${path}`, {
        details: { workspaceId, addonId },
      });
    }
    const { tokenSha256: expected, installationId, generation, event: eventType } = stored;
    const actual = tokenSha256(token);
    if (expected.byteLength !== actual.byteLength || !timingSafeEqual(expected, actual)) {
      throw tokenRefused("webhook", "not_the_stored_token");
    }
    const delivery = Object.freeze({ installationId, generation, workspaceId, addonId, eventType });
    return { value: delivery, expiresAtMs: expiresAtMs + LEEWAY_MS };
  }

  /** Who sends a bad token hears of that first, whatever else is wrong. */
  function refuseUnnamed(token: string, { addonKey }: WebhookRequest): Promise<never> {
    return cache.load(`unnamed ${addonKey} ${hash("sha256", token)}`, async () => {
      await verifyPlatformToken(token, { keys, addonKey, clock, place: "webhook" });
      throw wrongEvent("no event named");
    }) as Promise<never>;
  }

  return {
    verify(request) {
      const token = singleToken(request.token, "webhook");
      const path = webhookPath(request);
      if (path === undefined) return refuseUnnamed(token, request);
      // Only hashes of stored tokens become keys, so finding the key is the comparison; the hash blinds its timing.
      const key = `${request.profileKey} ${path} ${hash("sha256", token)}`;
      const known = cache.get(key);
      return known
        ? checkAgreement(known, request)
        : cache.load(key, () => verifyAnew(token, path, request)).then((found) => checkAgreement(found, request));
    },
    forget: (installationId) => cache.forget((delivery) => delivery.installationId === installationId),
  };
}

/** Throws WEBHOOK_WRONG_WORKSPACE when a header or body names a workspace other than the token's; the token decides. */
export function requireWorkspace(delivery: VerifiedDelivery, named: unknown): void {
  if (named === undefined || named === null || named === delivery.workspaceId) return;
  throw new AppError("WEBHOOK_WRONG_WORKSPACE", `Cannot accept webhook: it names another workspace than its token`, {
    details: { workspaceId: delivery.workspaceId },
  });
}

/** Anything but a JWT, whose parts are joined by dots. Clockify's are 32 letters and digits. */
const PLAIN_TOKEN = /^[A-Za-z0-9_-]{16,256}$/;

const NORMAL_PATH = /^(?:\/[^/?#]+)+$/;

/**
 * One spelling per webhook path: origin, query and fragment dropped, slashes collapsed, no slash at the end, one at the
 * start. Install entries come as full URL, as path, and live as `//path` (protocol.md 2).
 */
export function normalisePath(text: string): string {
  if (NORMAL_PATH.test(text)) return text;
  const path = text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  return `/${path.split("/").filter((part) => part !== "").join("/")}`;
}

/** The path that the token must be stored for; undefined when neither path nor header names an event. */
function webhookPath({ path, pathEvent, headerEvent }: WebhookRequest): string | undefined {
  if (pathEvent !== undefined) return normalisePath(path);
  if (headerEvent === undefined || !/^[A-Z0-9_]{1,64}$/.test(headerEvent)) return undefined;
  return normalisePath(`${path}/${headerEvent}`);
}

function checkAgreement(delivery: VerifiedDelivery, request: WebhookRequest): VerifiedDelivery {
  const { pathEvent = delivery.eventType, headerEvent, headerWorkspaceId } = request;
  if (pathEvent !== delivery.eventType) throw wrongEvent(`path is not the one of ${delivery.eventType}`);
  if (headerEvent !== delivery.eventType) throw wrongEvent(`header does not name ${delivery.eventType}`);
  if (headerWorkspaceId !== undefined) requireWorkspace(delivery, headerWorkspaceId);
  return delivery;
}

function wrongEvent(problem: string): AppError {
  return new AppError("WEBHOOK_WRONG_EVENT", `Cannot accept webhook: ${problem}`);
}
