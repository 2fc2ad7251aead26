/** The operations that a person marked, by name: kept in this browser alone. */

import { useState } from "react";

const KEY = "timewire.explorer.favourites";
const MOST = 50;

export function useFavourites() {
  const [names, setNames] = useState(readNames);
  const toggle = (name: string) => {
    const next = names.includes(name) ? names.filter((one) => one !== name) : [name, ...names].slice(0, MOST);
    setNames(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // A browser may refuse storage to a frame: they last while the page is open.
    }
  };
  return { names, toggle };
}

function readNames(): string[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(read) ? read.filter((one) => typeof one === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}
