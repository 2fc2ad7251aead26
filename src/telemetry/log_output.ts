/** Where log lines go: stdout, gathered for some milliseconds so that a busy process does not pay one system call a line. */

import type { Clock } from "../base/clock.ts";

export interface LineWriter {
  /** Takes one line with its line end. */
  write(line: string): void;
  /** Hands all lines on before it returns. */
  flush(): void;
}

/** Most time that a line waits: what a killed process may lose. */
const GATHER_MS = 20;
const MAX_GATHERED_CHARS = 64 * 1024;
/** Attempts on a pipe that is full just now, before the rest waits for the next flush. */
const MAX_TRIES = 100;
/** Text kept while no one reads the pipe; beyond it new lines are dropped and counted. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** The part of `Deno.stdout` that is used. */
export interface ByteSink {
  writeSync(bytes: Uint8Array): number;
}

/** Writes lines to stdout in batches, also when the process ends by `Deno.exit` or because nothing is left to do. */
export function createStdoutWriter(clock: Clock, stdout: ByteSink = Deno.stdout): LineWriter {
  const encoder = new TextEncoder();
  let gathered = "";
  let waiting = new Uint8Array(0);
  let dropped = 0;
  let scheduled = false;

  function flush(): void {
    if (waiting.length < MAX_WAITING_BYTES) {
      const bytes = encoder.encode(gathered);
      waiting = waiting.length === 0 ? bytes : concat(waiting, bytes);
    } else {
      dropped += gathered.split("\n").length - 1;
    }
    gathered = "";
    waiting = writeAll(stdout, waiting);
    if (dropped > 0 && waiting.length === 0) {
      waiting = encoder.encode(JSON.stringify({ level: "WARNING", message: "log.dropped", lines: dropped }) + "\n");
      dropped = 0;
    }
  }

  globalThis.addEventListener("unload", flush);
  return {
    flush,
    write(line) {
      gathered += line;
      if (gathered.length >= MAX_GATHERED_CHARS) return flush();
      if (scheduled) return;
      scheduled = true;
      clock.sleep(GATHER_MS).then(() => {
        scheduled = false;
        flush();
      });
    },
  };
}

/** Writes as much as the sink takes and gives back the rest; all is given up when the reader is gone. */
function writeAll(sink: ByteSink, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let rest = bytes;
  for (let tries = 0; rest.length > 0 && tries < MAX_TRIES; tries++) {
    try {
      rest = rest.subarray(sink.writeSync(rest));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) return new Uint8Array(0);
    }
  }
  return rest;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
