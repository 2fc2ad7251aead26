/** One event in the list: a line of cells, or two lines where there is little room. */

import { memo } from "react";
import type { EventRow, EventUpdate } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { duplicatesText, OutcomeTag } from "./outcome.tsx";
import { say } from "../../words/say.ts";

export interface EventLineProps {
  row: EventRow;
  /** What it is about: its subject, or the name of its entity. */
  about: string;
  update?: EventUpdate;
  index: number;
  domId: string;
  top: number;
  height: number;
  isActive: boolean;
  isOpen: boolean;
  isChosen: boolean;
  onOpen(id: string, index: number): void;
  onToggle(id: string): void;
}

export const EventLine = memo(function EventLine(props: EventLineProps) {
  const { row, update, index, isActive, isOpen, isChosen } = props;
  const format = useFormat();
  const now = update ? { ...row, ...update } : row;
  const classes = ["event", isActive && "active", isOpen && "open", isChosen && "selected"].filter(Boolean).join(" ");
  return (
    <div
      role="row"
      id={props.domId}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      aria-current={isOpen ? "true" : undefined}
      className={classes}
      style={{ transform: `translateY(${props.top}px)`, height: props.height }}
      onClick={() => props.onOpen(row.id, index)}
    >
      <span role="gridcell" className="choose" onClick={(event) => event.stopPropagation()}>
        <label>
          <input
            type="checkbox"
            tabIndex={-1}
            checked={isChosen}
            onChange={() => props.onToggle(row.id)}
            aria-label={say("Select event {id}", { id: row.id })}
          />
        </label>
      </span>
      <span role="gridcell" className="time mono">
        <When at={row.receivedAt} />
      </span>
      <span role="gridcell" className="type">
        <bdi>{row.eventType}</bdi>
        {row.customType && (
          <>
            {" "}
            <bdi className="muted">{row.customType}</bdi>
          </>
        )}
      </span>
      <span role="gridcell" className="subject" title={props.about || undefined}>
        <bdi>{props.about}</bdi>
      </span>
      <span role="gridcell" className="outcome">
        <OutcomeTag outcome={now.outcome} reason={now.reason} runs={now.runs} />
        {row.reconciled && (
          <Tag tone="warn" title={say("No delivery was received: it was found again")}>{say("Found again")}</Tag>
        )}
        {row.duplicates > 0 && (
          <span className="faint" title={duplicatesText(row.duplicates)}>
            <span aria-hidden="true">+{row.duplicates}</span>
            <span className="visually-hidden">{duplicatesText(row.duplicates)}</span>
          </span>
        )}
      </span>
      <span role="gridcell" className="size">{format.size(row.size)}</span>
      <span role="gridcell" className="duration">{now.tookMs === null ? "–" : format.duration(now.tookMs)}</span>
    </div>
  );
});
