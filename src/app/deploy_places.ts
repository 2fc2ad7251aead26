/** Whose request it is, where one listener serves all add-ons and operators: by the path before it, or by the host name. */

import type { Config, ConfigFault } from "../config/config.ts";
import { apiPrefix } from "../config/api_prefix.ts";
import { onceSlashed, pathOf } from "../http/server/listener.ts";
import type { ProfileKey } from "../profiles/profile.ts";

/** Where an add-on is: its address has a path, or a host name of its own. */
export interface Place {
  key: ProfileKey;
  hostname: string;
  /** "" where the host name is its own. */
  basePath: string;
}

/** Of the add-ons that the process serves, the longest path first; or what is wrong with their addresses. */
export function findPlaces(
  { profiles, api }: Pick<Config, "profiles" | "api">,
): { places: Place[]; problem?: ConfigFault } {
  const places = profiles.map(({ key, baseUrl }): Place => {
    const { hostname, pathname } = new URL(baseUrl!);
    return { key, hostname, basePath: onceSlashed(pathname).replace(/\/$/, "") };
  }).sort((a, b) => b.basePath.length - a.basePath.length);
  for (const [index, { key, hostname, basePath }] of places.entries()) {
    const name = `${key.toUpperCase()}_BASE_URL`;
    const twin = places.slice(0, index).find((one) =>
      one.basePath === basePath && (basePath !== "" || one.hostname === hostname)
    );
    if (twin) {
      const remedy = "give each add-on a path or a host name of its own";
      return { places, problem: { name, problem: `it is the address of ${twin.key} too`, remedy } };
    }
    if (basePath !== "" && !isFree(basePath, api.prefix)) {
      const remedy = "choose another path";
      return { places, problem: { name, problem: `the pages and routes of operators are at ${basePath}`, remedy } };
    }
  }
  return { places };
}

/** Where the operators' listener has nothing. */
function isFree(basePath: string, prefix: string): boolean {
  if (basePath === prefix || prefix.startsWith(`${basePath}/`) || basePath.startsWith(`${prefix}/`)) return false;
  try {
    apiPrefix(basePath);
    return true;
  } catch {
    return false;
  }
}

/** Finds what serves a request by its URL: `ofAddon` by key, else `operators`. */
export function createDispatch<Served>(
  places: readonly Place[],
  { ofAddon, operators }: { ofAddon: ReadonlyMap<ProfileKey, Served>; operators: Served },
): (url: string) => Served {
  const byPath = places.filter(({ basePath }) => basePath !== "");
  const byHost = new Map(
    places.filter(({ basePath }) => basePath === "").map(({ hostname, key }) => [hostname, ofAddon.get(key)!]),
  );
  return (url) => {
    const path = onceSlashed(pathOf(url));
    const place = byPath.find(({ basePath }) =>
      path.startsWith(basePath) && /^(\/|$)/.test(path.slice(basePath.length))
    );
    if (place) return ofAddon.get(place.key)!;
    return byHost.size === 0 ? operators : byHost.get(new URL(url).hostname) ?? operators;
  };
}
