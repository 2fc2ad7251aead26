/** The state of the live tail: live, paused or connecting, and how many events wait to be shown. */

import { useEffect, useRef, useState } from "react";
import type { StreamState } from "../../shell/stream.ts";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";

export interface TailBarProps {
  stream: StreamState;
  paused: boolean;
  onPause(paused: boolean): void;
}

export function TailBar({ stream, paused, onPause }: TailBarProps) {
  return (
    <>
      {stream === "connecting"
        ? <Connecting />
        : paused
        ? <Tag tone="idle">Paused</Tag>
        : <Tag tone="ok" live>Live</Tag>}
      <button type="button" className="btn" onClick={() => onPause(!paused)}>{paused ? "Go on" : "Pause"}</button>
    </>
  );
}

/** A start is over before anybody reads; an outage is told. */
const PATIENT_MS = 3_000;

function Connecting() {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENT_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <Tag tone="warn" title="Events are read as they come once the connection is back">Connecting</Tag>
      <span className="muted" role="status">{isLong && "Timewire does not answer; trying again"}</span>
    </>
  );
}

export function NewButton({ count, maybe, onShow }: { count: number; maybe: boolean; onShow(): void }) {
  const { number } = useFormat();
  if (count === 0 && !maybe) return null;
  return (
    <button type="button" className="btn main small new-events" onClick={onShow}>
      {count === 0 ? "New events came: look again" : `${number(count)} new`}
    </button>
  );
}

const ANNOUNCE_MS = 5_000;

/** Says how many events came, at most every five seconds. */
export function CameAnnouncer({ came }: { came: number }) {
  const [text, setText] = useState("");
  const latest = useRef(came);
  latest.current = came;
  useEffect(() => {
    let told = latest.current;
    const timer = setInterval(() => {
      const fresh = latest.current - told;
      if (fresh <= 0) return;
      told = latest.current;
      setText(fresh === 1 ? "1 new event" : `${fresh} new events`);
    }, ANNOUNCE_MS);
    return () => clearInterval(timer);
  }, []);
  return <span className="visually-hidden" role="status" aria-live="polite">{text}</span>;
}
