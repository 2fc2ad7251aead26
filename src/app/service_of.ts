/** The metric label `service` of an installation: its add-on's name. */

import type { SettingsSource } from "../installations/settings.ts";
import type { OwnerKey } from "../profiles/profile.ts";
import { ownerOf } from "../profiles/profiles.ts";

/** Calls `use` with the service of the installation: at once where it is known, else when its row was read. */
export type ServiceOf = (installationId: number, use: (service: string) => void) => void;

/** `services`: of the add-ons whose data the database holds. What is left of an installation that is gone counts for the first. */
export function createServiceOf({ addonOf }: Pick<SettingsSource, "addonOf">, services: readonly string[]): ServiceOf {
  const [first = ""] = services;
  const serviceOf = (addon: string | undefined) => addon === undefined ? first : ownerOf(addon as OwnerKey).service;
  return (installationId, use) => {
    if (services.length === 1) return use(first);
    const addon = addonOf(installationId);
    if (typeof addon === "string") use(serviceOf(addon));
    else void addon.then((addon) => use(serviceOf(addon)));
  };
}
