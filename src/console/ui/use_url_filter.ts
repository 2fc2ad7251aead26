/** The filters of a list as the address has them, so that a link or the way back shows the same. */

import { useSearchParams } from "wouter";

export interface UrlFilter {
  /** "" where the address has none. */
  get(name: string): string;
  page: number;
  /** Shows the first page, unless a page is set; "" takes a filter out. */
  set(changed: Record<string, string>): void;
  /** Takes all of them out. */
  clear(): void;
}

export function useUrlFilter(): UrlFilter {
  const [params, setParams] = useSearchParams();
  return {
    get: (name) => params.get(name) ?? "",
    page: Number(params.get("page") ?? 1),
    set: (changed) =>
      setParams((before) => {
        const after = new URLSearchParams(before);
        after.delete("page");
        for (const [name, value] of Object.entries(changed)) {
          if (value === "") after.delete(name);
          else after.set(name, value);
        }
        return after;
      }, { replace: true }),
    clear: () => setParams({}),
  };
}
