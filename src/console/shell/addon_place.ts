/** The add-on that the address names, as in `?addon=universal_webhook`: kept by every link, and changed by the bar alone. */

import { useCallback } from "react";
import { useSearch } from "wouter";
import { navigate, useBrowserLocation } from "wouter/use-browser-location";

const NAME = "addon";
/** All add-ons of the workspace together. */
export const ALL = "all";

/** Undefined: the add-on that the person is signed in to. */
export function useAddonPlace(): string | undefined {
  return new URLSearchParams(useSearch()).get(NAME) ?? undefined;
}

/** The address of a page of this console, with the add-on that the page in sight has. */
export function withAddon(href: string, search = location.search): string {
  const addon = new URLSearchParams(search).get(NAME);
  if (addon === null || !href.startsWith("/")) return href;
  const url = new URL(href, location.origin);
  if (!url.searchParams.has(NAME)) url.searchParams.set(NAME, addon);
  return url.pathname + url.search + url.hash;
}

/** Of the router: where links lead to keeps the add-on. */
export function useLocationOfAddon(): [string, typeof navigate] {
  const [path] = useBrowserLocation();
  const go = useCallback<typeof navigate>((to, options) => navigate(withAddon(String(to)), options), []);
  return [path, go];
}

/** Pages of one thing, whose number or id another add-on does not know: the list stands for them there. */
const OF_ONE = ["events", "flows", "approvals", "runs", "issues", "journal", "sources"];

/** Shows the page in sight for another add-on, with the filter that it has. Undefined: the one that the person is signed in to. */
export function showAddon(addon: string | undefined, base: string): void {
  const [first = "", ...rest] = location.pathname.slice(base.length + 1).split("/");
  const params = new URLSearchParams(location.search);
  if (addon === undefined) params.delete(NAME);
  else params.set(NAME, addon);
  const path = OF_ONE.includes(first) && rest.length > 0 ? `${base}/${first}` : location.pathname;
  navigate(params.size > 0 ? `${path}?${params}` : path);
}

/** In another workspace it may be none. */
export function forgetAddon(): void {
  const url = new URL(location.href);
  url.searchParams.delete(NAME);
  navigate(url.pathname + url.search, { replace: true });
}
