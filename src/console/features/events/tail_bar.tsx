/** The state of the live tail: live, paused or connecting, and how many events wait to be shown. */

import { useEffect, useRef, useState } from "react";
import type { StreamState } from "../../shell/stream.ts";
import { useFormat } from "../../ui/format.tsx";
import { Tag } from "../../ui/tag.tsx";
import { say, sayCount } from "../../words/say.ts";

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
        ? <Tag tone="idle">{say("Paused")}</Tag>
        : <Tag tone="ok" live>{say("Live")}</Tag>}
      <button type="button" className="btn" onClick={() => onPause(!paused)}>
        {paused ? say("Resume") : say("Pause")}
      </button>
    </>
  );
}

/** A first connection is open sooner than this; only an outage is announced. */
const PATIENT_MS = 3_000;

function Connecting() {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENT_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <Tag tone="warn" title={say("Events appear as they arrive once the connection is back")}>{say("Connecting")}</Tag>
      <span className="muted" role="status">{isLong && say("Timewire does not answer; trying again")}</span>
    </>
  );
}

export function NewButton({ count, maybe, onShow }: { count: number; maybe: boolean; onShow(): void }) {
  const { number } = useFormat();
  if (count === 0 && !maybe) return null;
  return (
    <button type="button" className="btn main small new-events" onClick={onShow}>
      {count === 0 ? say("New events: refresh") : say("{count} new", { count: number(count) })}
    </button>
  );
}

const ANNOUNCE_MS = 5_000;

/** Announces to screen readers how many events count, at most every five seconds. */
export function NewEventsAnnouncer({ count }: { count: number }) {
  const [text, setText] = useState("");
  const latest = useRef(count);
  latest.current = count;
  useEffect(() => {
    let announced = latest.current;
    const timer = setInterval(() => {
      const fresh = latest.current - announced;
      if (fresh <= 0) return;
      announced = latest.current;
      setText(sayCount(fresh, "1 new event", "{count} new events", { count: fresh }));
    }, ANNOUNCE_MS);
    return () => clearInterval(timer);
  }, []);
  return <span className="visually-hidden" role="status" aria-live="polite">{text}</span>;
}
