/** The list of events as a grid: only the rows in sight are drawn, the focus stays on the grid, one row is the active one. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { EventLine } from "./event_row.tsx";
import { useNamed } from "../entities/use_named.ts";
import { useSettled } from "../../ui/use_settled.ts";
import type { ListedRow } from "./use_event_list.ts";
import { say } from "../../words/say.ts";

export interface EventGridHandle {
  focus(): void;
  toTop(): void;
  /** Brings the row into sight. */
  reveal(index: number): void;
}

export interface EventGridProps {
  ref: Ref<EventGridHandle>;
  count: number;
  rowAt(index: number): ListedRow | undefined;
  activeId: string | null;
  openId?: string;
  chosen: ReadonlySet<string>;
  /** Below the last row. */
  end: ReactNode;
  onRange(first: number, last: number): void;
  /** Whether the first row is in sight. */
  onTop(atTop: boolean): void;
  onMove(step: number): void;
  onOpen(id: string, index: number): void;
  onToggle(id: string): void;
}

const COLUMNS = {
  selected: say("Selected"),
  time: say("Time"),
  event: say("Event"),
  subject: say("Subject"),
  outcome: say("Outcome"),
  size: say("Size"),
  duration: say("Duration"),
};
const LINE_PX = 37;
const CARD_PX = 62;
const HEAD_PX = 32;
/** What is scrolled past is not asked for names. */
const NAMES_PAUSE_MS = 200;
/** Narrower, a row is a card of two lines. */
const CARDS_BELOW_PX = 780;

export function EventGrid(props: EventGridProps) {
  const { count, rowAt, activeId, onRange, onTop, onMove } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const cards = useIsNarrow(scroller);
  const height = cards ? CARD_PX : LINE_PX;
  const head = cards ? 0 : HEAD_PX;
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 8,
    scrollMargin: head,
    scrollPaddingStart: head,
  });
  useEffect(() => virtual.measure(), [virtual, height]);

  const items = virtual.getVirtualItems();
  const drawn = { first: items[0]?.index ?? 0, last: items.at(-1)?.index ?? 0 };
  useEffect(() => onRange(drawn.first, drawn.last), [drawn.first, drawn.last, onRange]);
  useImperativeHandle(props.ref, () => ({
    focus: () => scroller.current?.focus({ preventScroll: true }),
    toTop: () => scroller.current?.scrollTo({ top: 0 }),
    reveal: (index) => virtual.scrollToIndex(index, { align: "auto" }),
  }), [virtual]);

  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current!.clientHeight - head) / height) - 1);
    const moves: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -count,
      End: count,
    };
    const step = moves[event.key];
    if (step !== undefined) {
      event.preventDefault();
      onMove(step);
    }
    if (event.key === " " && event.target === scroller.current && activeId !== null) {
      event.preventDefault();
      props.onToggle(activeId);
    }
  };

  const shown = items.map((item) => ({ item, listed: rowAt(item.index) }));
  const nameOf = useNamed(useSettled(namelessOf(shown.map(({ listed }) => listed)), NAMES_PAUSE_MS));
  const activeShown = shown.some(({ listed }) => listed !== undefined && listed.row.id === activeId);
  return (
    <div
      ref={scroller}
      className={cards ? "event-grid as-cards" : "event-grid"}
      role="grid"
      aria-label={say("Events, newest first")}
      aria-rowcount={count + 1}
      aria-colcount={Object.keys(COLUMNS).length}
      aria-multiselectable="true"
      aria-activedescendant={activeShown ? rowId(activeId!) : undefined}
      tabIndex={0}
      onKeyDown={press}
      onScroll={({ currentTarget }) => onTop(currentTarget.scrollTop < height / 2)}
    >
      <div role="rowgroup" className={cards ? "visually-hidden" : "head"}>
        <div role="row" aria-rowindex={1} className="event">
          {Object.entries(COLUMNS).map(([name, label]) => (
            <span key={name} role="columnheader" className={name}>
              {name === "selected" ? <span className="visually-hidden">{label}</span> : label}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize() }}>
        {shown.map(({ item, listed }) => {
          const top = item.start - head;
          if (!listed) {
            return (
              <div key={item.index} role="row" className="event" style={{ transform: `translateY(${top}px)`, height }}>
                <span role="gridcell" className="wide">
                  <span className="skeleton" />
                  <span className="visually-hidden">{say("Loading…")}</span>
                </span>
              </div>
            );
          }
          const { id } = listed.row;
          return (
            <EventLine
              key={id}
              {...listed}
              about={listed.row.subject ?? nameText(listed.row.entity, nameOf)}
              index={item.index}
              domId={rowId(id)}
              top={top}
              height={height}
              isActive={id === activeId}
              isOpen={id === props.openId}
              isChosen={props.chosen.has(id)}
              onOpen={props.onOpen}
              onToggle={props.onToggle}
            />
          );
        })}
      </div>
      <div role="rowgroup">
        <div role="row" className="end">
          <div role="gridcell">{props.end}</div>
        </div>
      </div>
    </div>
  );
}

/** What the rows are about whose payload names nothing, in words that useNamed() finds the ids in. */
function namelessOf(listed: readonly (ListedRow | undefined)[]): string {
  return listed.flatMap((one) => one && one.row.subject === null ? one.row.entity ?? [] : []).join(" ");
}

/** Of `resource:id`: its name where that is known, with "deleted" behind it where it is. */
function nameText(entity: string | null, nameOf: ReturnType<typeof useNamed>): string {
  if (entity === null) return "";
  const named = nameOf(entity.slice(entity.indexOf(":") + 1));
  if (named === undefined) return entity;
  return named.mark === undefined ? named.name : `${named.name} (${named.mark})`;
}

function rowId(id: string): string {
  return `event-${id}`;
}

function useIsNarrow(element: { current: HTMLElement | null }): boolean {
  const [narrow, setNarrow] = useState(false);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setNarrow(entry!.contentRect.width < CARDS_BELOW_PX));
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [element]);
  return narrow;
}
