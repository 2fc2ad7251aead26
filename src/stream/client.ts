/**
 * One reader of a stream: a bounded queue between what happens and what the connection takes, written as server-sent
 * events.
 */

import type { Clock } from "../base/clock.ts";

export interface Message {
  event: "hello" | "events" | "updates" | "runs" | "approvals" | "breaker" | "gap" | "end";
  /** What a reader that comes back gives as Last-Event-ID. */
  id?: number;
  /** One line of JSON. */
  data: string;
  /** How many events it carries: what a reader misses when it is dropped. */
  count?: number;
}

export interface StreamClient {
  /** Body of the answer. */
  body: ReadableStream<Uint8Array>;
  push(message: Message): void;
  /** Sends a comment when nothing was sent for HEARTBEAT_SECONDS; gives up on a reader that takes nothing. */
  tick(): void;
  /** Sends the reason as the last message; what waits is dropped. */
  end(reason: EndReason): void;
  /** Cuts the connection off. */
  abort(): void;
}

export const END_REASONS = ["token_expired", "uninstalled", "stopping"] as const;
export type EndReason = (typeof END_REASONS)[number];

export const HEARTBEAT_SECONDS = 15;
/** Beyond either the reader gets `gap`, in place of what waited. */
const MAX_QUEUED = 64;
const MAX_QUEUED_CHARS = 1_000_000;
/** A reader that takes nothing for so long, though something waits, is gone. */
const STALLED_MS = 60_000;

/** `onClosed` is called once, when the reader is gone or got `end`. */
export function createStreamClient({ clock, onClosed }: { clock: Clock; onClosed(): void }): StreamClient {
  const utf8 = new TextEncoder();
  let queue: Message[] = [];
  let queuedChars = 0;
  /** Events that were dropped and not yet reported as a gap; undefined: none were. */
  let missed: number | undefined;
  let lastId: number | undefined;
  let beat = false;
  let ending = false;
  let closed = false;
  let sentAt = clock.monotonicMs();
  let takenAt = clock.monotonicMs();
  let arrived = Promise.withResolvers<void>();
  let controller: ReadableStreamDefaultController<Uint8Array>;

  function close() {
    if (closed) return;
    closed = true;
    queue = [];
    arrived.resolve();
    onClosed();
  }

  /** The next text for the connection; undefined when there is none yet. */
  function next(): string | undefined {
    if (missed !== undefined) {
      const message: Message = { event: "gap", data: JSON.stringify({ missed }), id: lastId };
      missed = undefined;
      return textOf(message);
    }
    const message = queue.shift();
    if (message) {
      queuedChars -= message.data.length;
      return textOf(message);
    }
    if (!beat) return undefined;
    beat = false;
    return ": hb\n\n";
  }

  function drop(messages: readonly Message[]) {
    for (const { count = 0, id } of messages) {
      missed = (missed ?? 0) + count;
      if (id !== undefined) lastId = Math.max(lastId ?? 0, id);
    }
    queue = [];
    queuedChars = 0;
  }

  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    pull: async () => {
      takenAt = clock.monotonicMs();
      let text = next();
      while (text === undefined && !ending && !closed) {
        await arrived.promise;
        arrived = Promise.withResolvers();
        text = next();
      }
      if (closed) return;
      takenAt = sentAt = clock.monotonicMs();
      if (text !== undefined) return controller.enqueue(utf8.encode(text));
      close();
      controller.close();
    },
    cancel: close,
  }, { highWaterMark: 0 });

  return {
    body,
    push(message) {
      if (ending || closed) return;
      queue.push(message);
      queuedChars += message.data.length;
      if (missed !== undefined || queue.length > MAX_QUEUED || queuedChars > MAX_QUEUED_CHARS) drop(queue);
      arrived.resolve();
    },
    tick() {
      if (closed) return;
      const now = clock.monotonicMs();
      const waits = queue.length > 0 || missed !== undefined || beat;
      if (waits && now - takenAt >= STALLED_MS) return this.abort();
      if (waits || now - sentAt < HEARTBEAT_SECONDS * 1000) return;
      beat = true;
      arrived.resolve();
    },
    end(reason) {
      if (ending || closed) return;
      queue = [{ event: "end", data: JSON.stringify({ reason }) }];
      missed = undefined;
      ending = true;
      arrived.resolve();
    },
    abort() {
      if (closed) return;
      close();
      controller.error(new Error("The stream was cut off"));
    },
  };
}

function textOf({ event, id, data }: Message): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}
