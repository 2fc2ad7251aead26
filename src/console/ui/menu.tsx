/** A button of the bar and what opens below it: plain buttons and links, closed by Escape, a click elsewhere, or a choice that changes the address. */

import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { Icon } from "./icons.tsx";

export interface MenuProps {
  /** What the button says. */
  label: ReactNode;
  /** Aligned with the right end of the button. */
  atEnd?: boolean;
  children: ReactNode;
}

export function Menu({ label, atEnd = false, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const [place] = useLocation();
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const search = useSearch();
  useEffect(() => setOpen(false), [place, search]);
  useEffect(() => {
    if (!isOpen) return;
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
      setOpen(false);
      button.current?.focus();
    };
    const point = (event: Event) => box.current?.contains(event.target as Node) || setOpen(false);
    addEventListener("keydown", press);
    addEventListener("pointerdown", point);
    return () => {
      removeEventListener("keydown", press);
      removeEventListener("pointerdown", point);
    };
  }, [isOpen]);
  return (
    <div className={atEnd ? "menu end" : "menu"} ref={box}>
      <button
        ref={button}
        type="button"
        className="btn"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <span className="name">{label}</span>
        <Icon name="down" />
      </button>
      {isOpen && <div className="menu-panel" id={id}>{children}</div>}
    </div>
  );
}
