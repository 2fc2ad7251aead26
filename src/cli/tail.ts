/** events tail: the stream of a workspace's events, resumed where it broke. */

import { EventSourceParserStream } from "eventsource-parser/stream";
import type { CommandLine } from "./command.ts";
import type { EventJson } from "./event_columns.ts";
import { CommandFailed, EXIT_NOT_READY } from "./exit_codes.ts";
import { printable, printableJson } from "./printable.ts";
import { time } from "./table.ts";
import type { Target } from "./target.ts";

export interface Tail {
  line: CommandLine;
  target: Target;
  json: boolean;
  /** Event types with commas; all unless given. */
  types: string | undefined;
  /** Ends after so many; until stopped unless given. */
  count: number | undefined;
}

/** Something is sent every 15 s: a connection that says nothing for so long is dead. */
const SILENCE_MS = 40_000;
const RETRY_MS = 2_000;
/** A program that restarts is back by then. */
const MAX_TRIES = 30;

/** Ends when `count` have come or the terminal is stopped. */
export async function tailEvents(tail: Tail): Promise<void> {
  const { line: { terminal, clock }, target } = tail;
  terminal.err(`${target.title}: waiting for events`);
  const state: Followed = { left: tail.count ?? Infinity, seen: new Set(), lastId: undefined };
  for (let failures = 0; state.left > 0 && !terminal.stopped.aborted;) {
    try {
      await follow(tail, state);
      failures = 0;
    } catch (error) {
      if (terminal.stopped.aborted) return;
      if (!mayReturn(error) || ++failures >= MAX_TRIES) throw error;
      terminal.err("The stream broke: connecting again");
      await clock.sleep(RETRY_MS, terminal.stopped).catch(() => {});
    }
  }
}

interface Followed {
  left: number;
  /** Ids that were printed: after a break those of the last 5 s come again. */
  seen: Set<string>;
  lastId: string | undefined;
}

/** A refusal stays one; a program that restarts, or a connection that broke, comes back. */
function mayReturn(error: unknown): boolean {
  return !(error instanceof CommandFailed) || error.exitCode === EXIT_NOT_READY;
}

async function follow(tail: Tail, state: Followed): Promise<void> {
  const { line: { terminal }, target, types } = tail;
  const quiet = new AbortController();
  const signal = AbortSignal.any([terminal.stopped, quiet.signal]);
  let timer = setTimeout(() => quiet.abort(), SILENCE_MS);
  const response = await target.api.open(target.path("/stream"), {
    query: { ...target.query, types },
    headers: { accept: "text/event-stream", ...(state.lastId && { "last-event-id": state.lastId }) },
    signal,
  });
  const messages = response.body!
    .pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (bytes, controller) => {
          clearTimeout(timer);
          timer = setTimeout(() => quiet.abort(), SILENCE_MS);
          controller.enqueue(bytes);
        },
      }),
    )
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  try {
    for await (const { event, data } of messages) {
      if (event === "events") printNew(JSON.parse(data).events, tail, state);
      if (event === "hello") state.lastId ??= JSON.parse(data).head;
      if (event === "gap") terminal.err("Some events were missed: timewire events list has them");
      if (state.left <= 0) return;
    }
  } finally {
    clearTimeout(timer);
    quiet.abort();
  }
}

function printNew(events: EventJson[], { line: { terminal }, json }: Tail, state: Followed): void {
  const fresh = events.filter(({ id }) => !state.seen.has(id)).slice(0, state.left);
  if (fresh.length === 0) return;
  for (const { id } of fresh) state.seen.add(id);
  state.lastId = fresh.at(-1)!.id;
  state.left -= fresh.length;
  // As many as one answer resumes with.
  if (state.seen.size > MAX_SEEN) state.seen = new Set([...state.seen].slice(-MAX_SEEN / 2));
  for (const event of fresh) terminal.out(json ? printableJson(event, { compact: true }) : eventLine(event));
}

/** Its outcome is not known when it comes, and the next line's widths are not either. */
function eventLine({ id, received_at, event_type, custom_type, subject, entity }: EventJson): string {
  const type = custom_type ?? event_type;
  return printable(`${time(received_at)}  ${id.padEnd(8)}  ${type.padEnd(24)}  ${subject ?? entity ?? "-"}`);
}

const MAX_SEEN = 4_000;
