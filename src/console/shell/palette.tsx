/** Anything by name or id: the pages at once, and what else is found as it is typed; by mouse or by keys alone. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../ui/dialog.tsx";
import { useSettled } from "../ui/use_settled.ts";
import { say } from "../words/say.ts";
import type { NavPage } from "./frame.tsx";

export interface FoundItem {
  kind: string;
  text: string;
  /** An id, beside the name. */
  id?: string;
  path: string;
  isOther?: boolean;
}

const PAUSE_MS = 150;
const SHOWN_PAGES = 6;

export interface PaletteProps {
  pages: readonly NavPage[];
  /** What may be typed. */
  hint: string;
  search(text: string, signal: AbortSignal): Promise<FoundItem[]>;
  /** What any text leads to, below what was found. */
  also?(text: string): FoundItem[];
  onClose(): void;
}

export function Palette({ pages, hint, search, also, onClose }: PaletteProps) {
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  const asked = useSettled(text.trim(), PAUSE_MS);
  const [at, setAt] = useState(0);
  const list = useId();
  const { data, isFetching, error } = useQuery({
    queryKey: ["search", asked, location.search],
    queryFn: ({ signal }) => search(asked, signal),
    enabled: asked !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const wanted = text.trim().toLowerCase();
  const items: FoundItem[] = [
    ...pages.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, wanted === "" ? undefined : SHOWN_PAGES)
      .map(({ name, path, isOther }) => ({ kind: say("Page"), text: name, path, isOther })),
    ...wanted === "" || asked === "" ? [] : data ?? [],
    ...wanted === "" ? [] : also?.(text.trim()) ?? [],
  ];
  const chosen = Math.min(at, items.length - 1);
  const open = ({ path, isOther }: FoundItem) => {
    onClose();
    if (isOther) location.assign(path);
    else navigate(path);
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) setAt((chosen + step + items.length) % items.length);
    else if (event.key === "Enter" && items[chosen]) open(items[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={say("Search")} className="palette-dialog" onClose={onClose}>
      <div className="palette">
        <input
          data-focus
          role="combobox"
          aria-label={say("Name or id")}
          aria-expanded
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={items[chosen] ? `${list}-${chosen}` : undefined}
          placeholder={hint}
          value={text}
          maxLength={100}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
        <ul role="listbox" id={list} aria-label={say("Results")}>
          {items.map((item, index) => (
            <li
              key={`${item.kind} ${item.path}`}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === chosen}
              ref={index === chosen ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
              onClick={() => open(item)}
              onPointerMove={() => setAt(index)}
            >
              <span className="kind">{item.kind}</span>
              <bdi>{item.text}</bdi>
              {item.id && <code>{item.id}</code>}
            </li>
          ))}
        </ul>
        <p className="muted" role="status">
          {error
            ? `${error.message}.`
            : isFetching
            ? say("Searching…")
            : wanted === ""
            ? say("Enter opens, Escape closes.")
            : ""}
        </p>
      </div>
    </Dialog>
  );
}
