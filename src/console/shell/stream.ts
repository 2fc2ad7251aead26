/** The live stream of a workspace: new events, their changes, and runs; it reconnects and continues where it ended. */

import { createParser } from "eventsource-parser";
import { type Api, ApiError } from "./client.ts";
import type { Wire } from "../wire.ts";
import { type EventRow, type EventUpdate, toEventRow, toEventUpdate } from "../features/events/api.ts";

/** A run that was created or changed, as far as lists need it to know what to load again. */
export interface RunChange {
  id: string;
  flowId: string;
  /** Null where no event started it, or retention deleted that. */
  eventId: string | null;
  state: string;
}

export type StreamMessage =
  /** The stream begins after this event. */
  | { kind: "hello"; head: string }
  /** Oldest first; `skipped`: number of events left out because too many arrived at once. */
  | { kind: "events"; rows: EventRow[]; skipped: number }
  | { kind: "updates"; updates: EventUpdate[] }
  | { kind: "runs"; runs: RunChange[] }
  /** Ids of approvals that were asked for, answered, handed on, or ended. */
  | { kind: "approvals"; changed: string[] }
  /** Messages were missed: the page must load its data again. */
  | { kind: "gap" };

export type StreamState = "connecting" | "connected";

export interface StreamOptions {
  onMessage(message: StreamMessage): void;
  onState(state: StreamState): void;
  /** Between 0 and 1, for the jitter. */
  random?: () => number;
}

/** The server sends a message at least every 15 s. */
const SILENCE_MS = 40_000;
const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 30_000;

/** Milliseconds before the n-th attempt in a row (from 1): doubled each time, half of it by chance. */
export function reconnectDelay(attempt: number, random: number): number {
  const whole = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return whole / 2 + random * whole / 2;
}

/** One message of the stream; undefined for those that this console does not know. */
export function readMessage(name: string | undefined, data: string): StreamMessage | undefined {
  const message = { event: name, data: JSON.parse(data) } as Wire<"StreamMessage">;
  switch (message.event) {
    case "hello":
      return { kind: "hello", head: message.data.head };
    case "gap":
      return { kind: "gap" };
    case "updates":
      return { kind: "updates", updates: message.data.events.map(toEventUpdate) };
    case "events":
      return { kind: "events", rows: message.data.events.map(toEventRow), skipped: message.data.skipped };
    case "runs":
      return { kind: "runs", runs: message.data.runs.map(toRunChange) };
    case "approvals":
      return { kind: "approvals", changed: message.data.changed };
    default:
      return undefined;
  }
}

function toRunChange({ id, flow_id, event_id, state }: Wire<"Run">): RunChange {
  return { id, flowId: flow_id, eventId: event_id, state };
}

export function openStream(api: Api, options: StreamOptions): { stop(): void } {
  const { onMessage, onState, random = Math.random } = options;
  const stopped = new AbortController();
  let lastId: string | undefined;

  /** Reads until the stream ends; throws when it could not be opened or broke. */
  async function follow(onOpen: () => void): Promise<void> {
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    heard();
    try {
      const response = await api.open("/stream", {
        headers: { accept: "text/event-stream", ...(lastId !== undefined && { "last-event-id": lastId }) },
        signal: AbortSignal.any([stopped.signal, silence.signal]),
      });
      onOpen();
      const parser = createParser({
        onEvent: ({ id, event, data }) => {
          const message = readMessage(event, data);
          if (!message) return;
          if (message.kind === "hello") lastId ??= message.head;
          if (id) lastId = id;
          onMessage(message);
        },
      });
      for await (const text of response.body!.pipeThrough(new TextDecoderStream() as TextDecoding)) {
        heard();
        parser.feed(text);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function keepFollowing(): Promise<void> {
    for (let attempt = 1; !stopped.signal.aborted; attempt++) {
      onState("connecting");
      let waitMs = 0;
      try {
        await follow(() => {
          attempt = 0;
          onState("connected");
        });
      } catch (error) {
        if (error instanceof ApiError) waitMs = (error.retryAfterSeconds ?? 0) * 1_000;
      }
      if (stopped.signal.aborted) return;
      await pause(Math.max(waitMs, reconnectDelay(Math.max(1, attempt), random())), stopped.signal);
    }
  }

  void keepFollowing();
  return { stop: () => stopped.abort() };
}

type TextDecoding = ReadableWritablePair<string, Uint8Array<ArrayBuffer>>;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
