/** The live stream as a page needs it: what came is handed over once a frame, bounded however long no frame comes. */

import { useEffect, useRef, useState } from "react";
import type { Api } from "../../shell/client.ts";
import type { EventRow, EventUpdate } from "./api.ts";
import { openStream, type StreamMessage, type StreamState } from "../../shell/stream.ts";
import { MAX_LIVE } from "./list_state.ts";

/** What came between two frames. */
export interface Inbox {
  /** Newest first. */
  rows: EventRow[];
  /** Events that were not told, or dropped here. */
  skipped: number;
  updates: Map<string, EventUpdate>;
  gap: boolean;
}

/** A first page that waits for the stream waits no longer. */
const READY_MS = 1_500;

export function emptyInbox(): Inbox {
  return { rows: [], skipped: 0, updates: new Map(), gap: false };
}

/** Adds a message; in a tab that is not shown no frame empties it, so it stays bounded. Pure but for `inbox`. */
export function take(inbox: Inbox, message: StreamMessage) {
  if (message.kind === "gap") inbox.gap = true;
  if (message.kind === "updates") {
    for (const update of message.updates) inbox.updates.set(update.id, update);
    if (inbox.updates.size > 4 * MAX_LIVE) {
      inbox.updates.clear();
      inbox.gap = true;
    }
  }
  if (message.kind !== "events") return;
  inbox.rows.unshift(...message.rows.toReversed());
  inbox.skipped += message.skipped + inbox.rows.splice(MAX_LIVE).length;
}

/**
 * `ready`: the stream began, or there is reason not to wait for it: what is read from now on and what it tells have no
 * hole between them.
 */
export function useTail(api: Api, onInbox: (inbox: Inbox) => void): { stream: StreamState; ready: boolean } {
  const [stream, setStream] = useState<StreamState>("connecting");
  const [ready, setReady] = useState(false);
  const handler = useRef(onInbox);
  handler.current = onInbox;

  useEffect(() => {
    let inbox = emptyInbox();
    let frame: number | undefined;
    const flush = () => {
      const full = inbox;
      frame = undefined;
      inbox = emptyInbox();
      handler.current(full);
    };
    const { stop } = openStream(api, {
      onState: setStream,
      onMessage: (message) => {
        if (message.kind === "hello") return setReady(true);
        if (message.kind === "runs") return;
        take(inbox, message);
        frame ??= requestAnimationFrame(flush);
      },
    });
    const timer = setTimeout(() => setReady(true), READY_MS);
    return () => {
      stop();
      clearTimeout(timer);
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [api]);

  return { stream, ready };
}
