/** Tabs by the pattern of the ARIA guide: arrow keys move, one panel is shown; made with Base UI. */

import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import "./tabs.css";

export interface TabItem {
  key: string;
  label: string;
  content: ReactNode;
}

export function Tabs(
  { items, chosen, onChoose, label }: { items: TabItem[]; chosen: string; onChoose(key: string): void; label: string },
) {
  const { key: current, content } = items.find(({ key }) => key === chosen) ?? items[0]!;
  return (
    <Base.Root className="tabs" value={current} onValueChange={(key: string) => onChoose(key)}>
      <Base.List aria-label={label} activateOnFocus>
        {items.map(({ key, label }) => <Base.Tab key={key} value={key}>{label}</Base.Tab>)}
      </Base.List>
      {/* Only the chosen panel is rendered, with its key, so that the previous one is removed in the same frame. */}
      <Base.Panel key={current} value={current}>{content}</Base.Panel>
    </Base.Root>
  );
}
