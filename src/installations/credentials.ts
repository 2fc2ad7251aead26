/** The opened installation token for calls to Clockify, kept in memory for a few seconds. Never logged, never sent to a page. */

import type { Clock } from "../clock.ts";
import { type ServiceHosts, serviceHosts } from "../clockify/hosts.ts";
import type { Keyring } from "./encryption.ts";
import { tokenContext } from "./lifecycle.ts";
import type { InstallationStore } from "./store.ts";

export interface Credentials {
  /** Profile key: with the workspace it names the rate budget. */
  addonKey: string;
  workspaceId: string;
  token: string;
  hosts: ServiceHosts;
}

export interface CredentialSource {
  /** Undefined while the add-on is not active in the workspace. */
  get(installationId: number): Promise<Credentials | undefined>;
  /** To be called when the installation changed or Clockify refused the token. */
  forget(installationId: number): void;
}

/** A reinstall seen by another instance is noticed after this time. */
const MAX_AGE_MS = 10_000;
const MAX_CACHED = 10_000;

export function createCredentials(
  { store, keyring, clock, apiBaseUrl }: {
    store: InstallationStore;
    keyring: Keyring;
    clock: Clock;
    /** CLOCKIFY_API_BASE_URL: takes the place of the API host of the claims (tests, private set-ups). */
    apiBaseUrl?: string;
  },
): CredentialSource {
  const cache = new Map<number, { value: Promise<Credentials | undefined>; untilMs: number }>();

  async function open(installationId: number): Promise<Credentials | undefined> {
    const found = await store.findSealedToken(installationId);
    if (!found) return undefined;
    const hosts = apiBaseUrl === undefined ? found.hosts : { ...found.hosts, backendUrl: apiBaseUrl };
    return {
      addonKey: found.addon,
      workspaceId: found.workspaceId,
      token: await keyring.open(found.sealed, tokenContext(installationId)),
      hosts: serviceHosts(hosts),
    };
  }

  return {
    get: (installationId) => {
      const now = clock.now();
      const known = cache.get(installationId);
      if (known && known.untilMs > now) return known.value;
      if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
      const value = open(installationId);
      cache.set(installationId, { value, untilMs: now + MAX_AGE_MS });
      value.catch(() => cache.delete(installationId));
      return value;
    },
    forget: (installationId) => void cache.delete(installationId),
  };
}
