/**
 * The pages that installed add-ons put into Clockify's sidebar (manifest `components`).
 * See docs/clockify-protocol.md "Parts of a manifest", "The frame".
 */

import type { Installation } from "../installs.ts";

export interface AddonPage {
  addonId: string;
  addonKey: string;
  label: string;
  accessLevel: "ADMINS" | "EVERYONE";
  /** The address that is framed, before `?auth_token=`. */
  url: string;
  /** Origin that messages are accepted from and sent to. */
  origin: string;
}

/** One per add-on that declares a sidebar component, in order of install. */
export function addonPages(installations: readonly Installation[]): AddonPage[] {
  return installations.flatMap(({ addonId, addonKey, baseUrl, manifest }) =>
    (manifest.components ?? []).filter(({ type }) => type === "sidebar").map(({ label, path, accessLevel }) => {
      const url = baseUrl.replace(/\/+$/, "") + path;
      return { addonId, addonKey, label: label ?? manifest.name, accessLevel, url, origin: new URL(url).origin };
    })
  );
}
