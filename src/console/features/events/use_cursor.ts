/** The active row of the list: kept by event id, so that new rows above it do not move it to another event. */

import { useState } from "react";
import { MAX_LIVE, rowCount } from "./list_state.ts";
import type { EventList } from "./use_event_list.ts";

export interface Cursor {
  activeId: string | null;
  set(id: string, index: number): void;
  /** Moves by so many rows; gives the new place and its event, unless that is still being read. */
  move(step: number): { index: number; id: string | undefined } | undefined;
}

export function useCursor({ rowAt, state }: EventList): Cursor {
  const [active, setActive] = useState<{ id: string | undefined; index: number }>();
  const idAt = (index: number) => rowAt(index)?.row.id;
  const count = rowCount(state);
  const activeId = active && (active.id ?? idAt(active.index));

  /** Called when rows were added above it, or the list was loaded again. */
  const indexNow = () => {
    if (!active || activeId === undefined) return active?.index;
    for (let away = 0; away <= MAX_LIVE; away++) {
      if (idAt(active.index + away) === activeId) return active.index + away;
      if (idAt(active.index - away) === activeId) return active.index - away;
    }
    return active.index;
  };

  return {
    activeId: activeId ?? null,
    set: (id, index) => setActive({ id, index }),
    move: (step) => {
      if (count === 0) return undefined;
      const from = indexNow();
      const index = from === undefined ? (step > 1 ? count - 1 : 0) : Math.min(Math.max(from + step, 0), count - 1);
      const id = idAt(index);
      setActive({ id, index });
      return { index, id };
    },
  };
}
