/** The operations that a person marked, by name: kept in this browser alone. */

import { useState } from "react";
import { inStorage } from "../../ui/browser_storage.ts";

const KEY = "timewire.explorer.favourites";
const MOST = 50;

/** Where a browser refuses storage to a frame, they last while the page is open. */
let kept: string[] | undefined;

export function useFavourites() {
  const [names, setNames] = useState(readNames);
  const toggle = (name: string) => {
    const next = names.includes(name) ? names.filter((one) => one !== name) : [name, ...names].slice(0, MOST);
    kept = next;
    setNames(next);
    inStorage(() => localStorage.setItem(KEY, JSON.stringify(next)));
  };
  return { names, toggle };
}

function readNames(): string[] {
  if (kept) return kept;
  const read = inStorage((): unknown => JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  return Array.isArray(read) ? read.filter((one) => typeof one === "string").slice(0, MOST) : [];
}
