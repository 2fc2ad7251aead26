/**
 * Is this webhook delivery genuine? The hot path: a token seen before is settled from memory, without a promise. A stored
 * token (known_hashes.ts) has places of its own; all others are strangers': few places, a bucket per address, no query.
 */

import { hash, timingSafeEqual } from "node:crypto";
import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { AppError, toAppError } from "../base/errors.ts";
import type { GuessGuard } from "../limits/guesses.ts";
import { createSlots } from "../limits/slots.ts";
import { requireForm } from "./jws.ts";
import type { KeySource } from "./keys.ts";
import type { KnownHashes } from "./known_hashes.ts";
import { singleToken, tokenRefused } from "./token_rules.ts";
import { LEEWAY_MS, type PlatformClaims, tokenSha256, verifyPlatformToken } from "./token.ts";
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
  /** Address of the sender, for whom failures of tokens that are not stored count. */
  address: string;
  guesses: GuessGuard;
}

/** What is known of a delivery before its body is read, where only that names its event. */
export type SenderRequest = Pick<WebhookRequest, "token" | "addonKey" | "address" | "guesses">;

export interface VerifiedDelivery {
  readonly installationId: number;
  /** Generation of the installation at verification; ingest refuses an outdated one. */
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
   * API key send a plain token, no JWT. Absent: none are accepted.
   */
  lookupPlain?(
    query: { profileKey: string; tokenSha256: Uint8Array; eventType: string },
  ): Promise<PlainWebhook | undefined>;
  /** Tokens that are stored. One that is not costs no query, but what refresh() costs all strangers together. */
  known: Pick<KnownHashes, "has" | "add" | "refresh">;
  /** Default 10,000 tokens. */
  maxCached?: number;
  /** A token is verified again after this time, default 60 s. */
  maxAgeMs?: number;
}

export interface WebhookVerifier {
  /**
   * The delivery, at once when its token is known, else a promise. Throws, or rejects with, WEBHOOK_SIGNATURE_MISSING,
   * WEBHOOK_SIGNATURE_INVALID, WEBHOOK_WRONG_ADDON, WEBHOOK_WRONG_WORKSPACE, WEBHOOK_WRONG_EVENT, INSTALLATION_UNKNOWN,
   * OVERLOADED (retryable), RATE_LIMITED (a token that is not stored, from an address with too many failures), or what the
   * key source, `known` or `lookup` throws.
   */
  verify(request: WebhookRequest): VerifiedDelivery | Promise<VerifiedDelivery>;
  /**
   * For a delivery whose event only its body names: that its token is a webhook token of Clockify for the add-on, before the
   * body is read. verify() says afterwards whether it is the event's. A plain token proves nothing without its event: its
   * sender names that in the header. Rejects as verify().
   */
  verifySender(request: SenderRequest): Promise<{ workspaceId: string }>;
  /** To be called when an installation ends or is made again. */
  forget(installationId: number): void;
}

/** Stored tokens under verification at once, after a start or 60 s later: 300 of them take some 30 ms. */
const SENDERS = { purpose: "verify the token", atOnce: 64, maxQueued: 10_000 };
/** Strangers' signatures under verification: 0.1 ms of a processor each, so that two cores have some left. */
const STRANGERS = { purpose: "verify a token that is not stored", atOnce: 4, maxQueued: 256 };
/** Tokens that another instance may have stored a moment ago: they wait up to a second for the next look. */
const NEWCOMERS = { purpose: "look for a token that is not stored", atOnce: 256, maxQueued: 0 };
/** Tokens of senders that are kept with their SHA-256, which costs 3 us each time: a megabyte of Clockify's. */
const MAX_HASHES = 1_000;
/** Failures that are no guess: the platform signed the token, for something that is over or elsewhere. */
const NO_GUESS = ["not_the_stored_token", "expired"];

/** A verifier with its own cache; one serves all profiles. */
export function createWebhookVerifier(options: WebhookVerifierOptions): WebhookVerifier {
  const { keys, clock, lookup, lookupPlain, known, maxCached = 10_000, maxAgeMs = 60_000 } = options;
  const cache = createVerifiedCache<VerifiedDelivery>({ maxCached, maxAgeMs, clock });
  /** Of tokens that were verified. A text is compared only where its hash, seeded by this process, is the same. */
  const hashes = createBoundedCache<string, string>({ max: MAX_HASHES });
  const verifiedSenders = createVerifiedCache<{ workspaceId: string }>({ maxCached, maxAgeMs, clock });
  const senders = createSlots({ ...SENDERS, clock });
  const strangers = createSlots({ ...STRANGERS, clock });
  const newcomers = createSlots({ ...NEWCOMERS, clock });

  async function findPlain(token: string, path: string, { profileKey }: WebhookRequest) {
    if (!PLAIN_TOKEN.test(token)) return undefined;
    const eventType = eventOf(path);
    // The hash is what is looked for, so finding it is the comparison, and its timing says nothing of the token.
    const plain = await lookupPlain?.({ profileKey, tokenSha256: tokenSha256(token), eventType });
    return plain && { value: Object.freeze({ ...plain, eventType }), expiresAtMs: Infinity };
  }

  async function findSigned(
    { token, path, claims }: { token: string; path: string; claims: PlatformClaims },
    { profileKey }: WebhookRequest,
  ): Promise<Verified<VerifiedDelivery>> {
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

  const claimsOf = (token: string, { addonKey }: SenderRequest) =>
    verifyPlatformToken(token, { keys, addonKey, clock, place: "webhook" });

  async function verifyStored(token: string, path: string, request: WebhookRequest) {
    return await findPlain(token, path, request) ??
      await findSigned({ token, path, claims: await claimsOf(token, request) }, request);
  }

  /** A plain token that is not stored is none; a signed one is genuine, and may be of an installation that is over. */
  async function verifyStranger(token: string, path: string, request: WebhookRequest) {
    if (PLAIN_TOKEN.test(token) && lookupPlain) {
      await newcomers.run(known.refresh);
      if (!known.has(tokenSha256(token))) throw tokenRefused("webhook", "malformed");
      return await senders.run(() => verifyStored(token, path, request));
    }
    requireForm(token, "webhook");
    const claims = await strangers.run(() => claimsOf(token, request));
    return await newcomers.run(async () => {
      await known.refresh();
      const found = await findSigned({ token, path, claims }, request);
      known.add(tokenSha256(token));
      return found;
    });
  }

  /** Runs `verify` for a token that is not stored; its failure counts for the address. Others' failures never refuse a stored one. */
  async function asStranger<T>({ address, guesses }: SenderRequest, verify: () => Promise<T>): Promise<T> {
    if (guesses.isSpent(address)) {
      // Another instance may have stored it: known when it is sent again.
      known.refresh().catch(() => {});
      guesses.admit(address);
    }
    try {
      return await verify();
    } catch (error) {
      const { code, details } = toAppError(error);
      const isGuess = code === "WEBHOOK_SIGNATURE_INVALID" || code === "WEBHOOK_WRONG_ADDON";
      if (isGuess && !NO_GUESS.includes(String(details.reason))) guesses.failed(address);
      throw error;
    }
  }

  /** Who sends a bad token hears of that first, whatever else is wrong. */
  function refuseUnnamed(token: string, request: WebhookRequest): Promise<never> {
    const places = known.has(tokenSha256(token)) ? senders : strangers;
    const refuse = async (): Promise<never> => {
      requireForm(token, "webhook");
      await places.run(() => claimsOf(token, request));
      throw wrongEvent("no event named");
    };
    return places === senders ? refuse() : asStranger(request, refuse);
  }

  function load(key: string, token: string, { path, request }: { path: string; request: WebhookRequest }) {
    if (known.has(tokenSha256(token))) {
      return cache.load(key, () => senders.run(() => verifyStored(token, path, request)));
    }
    return asStranger(request, () => cache.load(key, () => verifyStranger(token, path, request)));
  }

  return {
    verify(request) {
      const token = singleToken(request.token, "webhook");
      const path = webhookPath(request);
      if (path === undefined) return refuseUnnamed(token, request);
      // Only hashes of stored tokens become keys, so finding the key is the comparison; the hash blinds its timing.
      const sha256 = hashes.get(token) ?? hash("sha256", token);
      const key = `${request.profileKey} ${path} ${sha256}`;
      const found = cache.get(key);
      if (found) return checkAgreement(found, request);
      return load(key, token, { path, request }).then((loaded) => {
        hashes.set(token, sha256);
        return checkAgreement(loaded, request);
      });
    },
    verifySender: async (request) => {
      const token = singleToken(request.token, "webhook");
      const key = `${request.addonKey} ${hash("sha256", token)}`;
      const found = verifiedSenders.get(key);
      if (found) return found;
      const isStored = known.has(tokenSha256(token));
      const load = () =>
        verifiedSenders.load(key, async () => {
          requireForm(token, "webhook");
          const claims = await (isStored ? senders : strangers).run(() => claimsOf(token, request));
          const { workspaceId, expiresAtMs = Infinity } = claims;
          return { value: { workspaceId }, expiresAtMs: expiresAtMs + LEEWAY_MS };
        });
      return isStored ? await load() : await asStranger(request, load);
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
 * start. Install entries come as full URL, as path, and live as `//path`.
 */
export function normalisePath(text: string): string {
  if (NORMAL_PATH.test(text)) return text;
  const path = text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  return `/${path.split("/").filter((part) => part !== "").join("/")}`;
}

function eventOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
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
