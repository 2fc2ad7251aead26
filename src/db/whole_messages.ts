/**
 * Hands a PostgreSQL connection's bytes on in whole messages. The socket server of PGlite joins what came so far at each
 * chunk of 64 kB, so a statement with 5 MB was copied 80 times over, 200 MB in all: time and garbage grew with the square.
 */

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** Makes `socket` call its listeners of "data" with one or several whole messages of the frontend, never with a part. */
export function inWholeMessages(socket: Socket): Socket {
  const on = socket.on.bind(socket) as (event: string, listener: (...args: never[]) => void) => Socket;
  socket.on = ((event: string, listener: (...args: never[]) => void) =>
    on(
      event,
      event === "data" ? gather(listener as unknown as (data: Buffer) => void) : listener,
    )) as typeof socket.on;
  return socket;
}

export function gather(emit: (messages: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  /** What must have come before there is something to hand on. */
  let wanted = 1;
  let started = false;

  return (chunk) => {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes < wanted) return;
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
    let end = 0;
    for (;;) {
      const length = lengthAt(all, end, started);
      wanted = length ?? all.byteLength - end + 1;
      if (length === undefined || end + length > all.byteLength) break;
      started ||= isStartup(all, end);
      end += length;
    }
    const rest = all.subarray(end);
    chunks = rest.byteLength === 0 ? [] : [rest];
    bytes = rest.byteLength;
    if (end > 0) emit(all.subarray(0, end));
  };
}

const PROTOCOL_3 = 196_608;
/** What no message is below: its own length field. A sender that says less is not understood any more. */
const LENGTH_BYTES = 4;

/** Bytes of the message at `at`; undefined while its head is not whole. Until the startup message none has a type in front. */
function lengthAt(data: Buffer, at: number, started: boolean): number | undefined {
  const head = started ? 1 : 0;
  if (data.byteLength < at + head + LENGTH_BYTES) return undefined;
  return head + Math.max(LENGTH_BYTES, data.readInt32BE(at + head));
}

function isStartup(data: Buffer, at: number): boolean {
  return data.byteLength >= at + 8 && data.readInt32BE(at + 4) === PROTOCOL_3;
}
