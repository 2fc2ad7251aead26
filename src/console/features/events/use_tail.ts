/** The live stream for a page: messages are handed over once per animation frame, and bounded while a tab is hidden. */

import { useEffect, useRef, useState } from "react";
import type { Api } from "../../shell/client.ts";
import type { EventRow, EventUpdate } from "./api.ts";
import { openStream, type StreamMessage, type StreamState } from "../../shell/stream.ts";
import { MAX_LIVE } from "./list_state.ts";

/** What came between two frames. */
export interface Inbox {
  /** Newest first. */
  rows: EventRow[];
  /** Number of events that the stream skipped or this inbox dropped. */
  skipped: number;
  updates: Map<string, EventUpdate>;
  gap: boolean;
}

/** How long loading the first page waits for the stream. */
const READY_MS = 1_500;

export function emptyInbox(): Inbox {
  return { rows: [], skipped: 0, updates: new Map(), gap: false };
}

/** Adds a message. Bounded, because a hidden tab has no frames that empty it. Changes `inbox` only. */
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
 * `ready`: the stream is open, or waiting for it is over. A list loaded from then on and the messages of the stream have no
 * gap between them.
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
        if (message.kind === "runs" || message.kind === "approvals") return;
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
