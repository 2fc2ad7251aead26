/** The opened installation token for calls to Clockify, kept in memory for a few seconds. Never logged, never sent to a page. */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { type ServiceHosts, serviceHosts } from "../clockify/hosts.ts";
import { toAppError } from "../base/errors.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { tokenContext } from "../secrets/contexts.ts";
import type { InstallationStore } from "./store.ts";

export interface Credentials {
  /** Of the add-on in the workspace. */
  installationId?: number;
  /** Profile key: with the workspace it names the rate budget. */
  addonKey: string;
  workspaceId: string;
  token: string;
  /** Of the installation whose token this is. */
  generation?: number;
  hosts: ServiceHosts;
  /** For clockify/client.ts: what replaces a token that Clockify refused. */
  renewToken?(refused: string): Promise<string | undefined>;
}

/** What a step can do with an installation at this moment. */
export type Found =
  | { kind: "ready"; credentials: Credentials }
  /** Switched off, or its token cannot be read just now: it may come back by itself. */
  | { kind: "waiting"; reason: string }
  /** Uninstalled, or never there. */
  | { kind: "gone" };

export interface CredentialSource {
  /** Undefined while the add-on is not active in the workspace. Rejects when its token cannot be read. */
  get(installationId: number): Promise<Credentials | undefined>;
  /** Never rejects. A token of before `generation`, which the caller saw, is read again: the add-on was reinstalled since. */
  find(installationId: number, generation?: number | null): Promise<Found>;
  /** To be called when the installation changed. A token that Clockify refused is read again by the client itself. */
  forget(installationId: number): void;
}

/**
 * A reinstall seen by another instance is noticed after this time, at the first run of its generation, or at the first call
 * that Clockify refuses.
 */
const MAX_AGE_MS = 10_000;
/** That an add-on is not active holds for less long: its runs wait for it. */
const INACTIVE_MAX_AGE_MS = 500;
const MAX_CACHED = 10_000;

interface Entry {
  value: Promise<Credentials | undefined>;
  readAtMs: number;
  maxAgeMs: number;
}

export function createCredentials(
  { store, keyring, clock, apiBaseUrl, auditBaseUrl }: {
    store: Pick<InstallationStore, "findSealedToken" | "statusOf">;
    keyring: Keyring;
    clock: Clock;
    /** CLOCKIFY_API_BASE_URL: takes the place of the API host of the claims (tests, private set-ups). */
    apiBaseUrl?: string;
    /** CLOCKIFY_AUDIT_LOG_BASE_URL, with `/v1`. */
    auditBaseUrl?: string;
  },
): CredentialSource {
  const cache = createBoundedCache<number, Entry>({ max: MAX_CACHED });

  async function open(installationId: number): Promise<Credentials | undefined> {
    const found = await store.findSealedToken(installationId);
    if (!found) return undefined;
    const hosts = {
      ...found.hosts,
      ...(apiBaseUrl !== undefined && { backendUrl: apiBaseUrl }),
      ...(auditBaseUrl !== undefined && { auditUrl: auditBaseUrl }),
    };
    return {
      installationId,
      addonKey: found.addon,
      workspaceId: found.workspaceId,
      generation: found.generation,
      token: await keyring.open(found.sealed, tokenContext(installationId)),
      hosts: serviceHosts(hosts),
      renewToken: (refused) => renew(installationId, refused),
    };
  }

  function get(installationId: number): Promise<Credentials | undefined> {
    const now = clock.monotonicMs();
    const known = cache.get(installationId);
    if (known && now - known.readAtMs < known.maxAgeMs) return known.value;
    const value = open(installationId);
    const entry = { value, readAtMs: now, maxAgeMs: MAX_AGE_MS };
    cache.set(installationId, entry);
    value.then((found) => {
      if (found === undefined) entry.maxAgeMs = INACTIVE_MAX_AGE_MS;
    }, () => {
      if (cache.get(installationId) === entry) cache.delete(installationId);
    });
    return value;
  }

  async function getSince(installationId: number, generation: number): Promise<Credentials | undefined> {
    const known = cache.get(installationId);
    const found = await get(installationId);
    if (known === undefined || found === undefined || (found.generation ?? generation) >= generation) return found;
    // Calls that find it too old together share one look.
    if (cache.get(installationId) === known) cache.delete(installationId);
    return await get(installationId);
  }

  async function renew(installationId: number, refused: string): Promise<string | undefined> {
    try {
      // Calls that are refused together share one look.
      const known = await cache.get(installationId)?.value;
      if (known?.token === refused) cache.delete(installationId);
      return (await get(installationId))?.token;
    } catch {
      // The refusal stands, and whoever asks next reads again.
      return undefined;
    }
  }

  return {
    get: (installationId) => get(installationId),
    find: async (installationId, generation) => {
      try {
        const credentials = await getSince(installationId, generation ?? 0);
        if (credentials) return { kind: "ready", credentials };
        const status = await store.statusOf(installationId);
        if (status === undefined || status === "uninstalled") return { kind: "gone" };
        return { kind: "waiting", reason: "the add-on is switched off in the workspace" };
      } catch (error) {
        return { kind: "waiting", reason: `the add-on's token cannot be read (${toAppError(error).code})` };
      }
    },
    forget: cache.delete,
  };
}
