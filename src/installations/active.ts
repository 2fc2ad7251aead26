/** The active installation of an add-on in a workspace, kept for a short time: for deliveries whose proof names none by itself. */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { createVerifiedCache } from "../verify/verified_cache.ts";
import { type Installation, type InstallationStore, requireInstalled } from "./store.ts";

export type ActiveInstallation = Pick<Installation, "id" | "generation" | "addonId" | "workspaceId">;

export interface ActiveInstallations {
  /** At once where it is known, else a promise. Rejects with INSTALLATION_UNKNOWN where there is none that is active. */
  find(addon: string, workspaceId: string): ActiveInstallation | Promise<ActiveInstallation>;
  /** To be called when an installation ends, changes or is made again. */
  forget(installationId: number): void;
}

/**
 * As old as a verified token may be (verify/webhook.ts), with the same ends: this process forgets at a lifecycle call, and
 * what another instance learnt is seen by ingest, whose statement stores nothing for an installation that is over or newer.
 */
const MAX_AGE_MS = 60_000;
const MAX_CACHED = 10_000;

export function createActiveInstallations(
  { installations, clock }: { installations: Pick<InstallationStore, "find">; clock: Clock },
): ActiveInstallations {
  const cache = createVerifiedCache<ActiveInstallation>({ maxCached: MAX_CACHED, maxAgeMs: MAX_AGE_MS, clock });

  async function read(addon: string, workspace: string) {
    const { id, generation, addonId, workspaceId, status } = requireInstalled(
      await installations.find(addon, workspace),
    );
    if (status !== "active") {
      throw new AppError("INSTALLATION_UNKNOWN", "Cannot accept the event: the add-on is not active in the workspace");
    }
    return { value: Object.freeze({ id, generation, addonId, workspaceId }), expiresAtMs: Infinity };
  }

  return {
    find: (addon, workspaceId) => {
      const key = `${addon} ${workspaceId}`;
      return cache.get(key) ?? cache.load(key, () => read(addon, workspaceId));
    },
    forget: (installationId) => cache.forget(({ id }) => id === installationId),
  };
}
