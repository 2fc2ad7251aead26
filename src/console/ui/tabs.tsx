/** Tabs by the pattern of the ARIA guide: arrow keys move, one panel is shown. */

import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";
import "./tabs.css";

export interface TabItem {
  key: string;
  label: string;
  content: ReactNode;
}

export function Tabs(
  { items, chosen, onChoose, label }: { items: TabItem[]; chosen: string; onChoose(key: string): void; label: string },
) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const index = Math.max(0, items.findIndex(({ key }) => key === chosen));
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = (index + step + items.length) % items.length;
    onChoose(items[next]!.key);
    (list.current!.children[next] as HTMLElement).focus();
  };
  const { key: current, content } = items[index]!;
  return (
    <div className="tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {items.map(({ key, label }) => (
          <button
            key={key}
            type="button"
            role="tab"
            id={`${id}-${key}`}
            aria-selected={key === current}
            aria-controls={`${id}-panel`}
            tabIndex={key === current ? 0 : -1}
            onClick={() => onChoose(key)}
          >
            {label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${current}`} tabIndex={0}>{content}</div>
    </div>
  );
}
