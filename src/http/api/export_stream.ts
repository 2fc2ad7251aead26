/**
 * The body of an export: produced as its reader takes it, and given up after a timeout when the reader takes nothing.
 */

import type { Clock } from "../../base/clock.ts";
import { toAppError } from "../../base/errors.ts";

export interface ExportStreamOptions {
  clock: Clock;
  /** Aborts when the program stops: then the file is cut off. */
  stopping: AbortSignal;
  /** The line, as JSON, that ends a file in whose middle a fault happened. */
  onFault(error: unknown): string;
  /** The file is whole, its reader is gone, or it was cut off; may be called twice. */
  onOver(): void;
}

/** A reader that takes nothing for so long is gone: its place and its memory are for others. */
const STALLED_MS = 60_000;

/** `first` was read from `chunks` already. */
export function streamChunks(
  first: IteratorResult<string, void>,
  chunks: AsyncGenerator<string, void>,
  { clock, stopping, onFault, onOver }: ExportStreamOptions,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  let next: IteratorResult<string, void> | undefined = first;
  let cut = (_reason: string) => {};
  let taken = new AbortController();
  let isOver = false;
  const onStop = () => cut("The program stops");
  const over = () => {
    isOver = true;
    taken.abort();
    stopping.removeEventListener("abort", onStop);
    onOver();
  };
  /** Until the reader asks for more. */
  const wait = () => {
    taken = new AbortController();
    clock.sleep(STALLED_MS, taken.signal).then(() => cut("Timeout, the reader reads nothing"), () => {});
  };
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      cut = (reason) => {
        over();
        controller.error(new Error(reason));
        void chunks.return();
      };
      stopping.addEventListener("abort", onStop, { once: true });
      wait();
    },
    pull: async (controller) => {
      taken.abort();
      try {
        const { value, done } = next ?? await chunks.next();
        next = undefined;
        if (isOver) return;
        if (!done) {
          controller.enqueue(utf8.encode(value));
          return wait();
        }
      } catch (error) {
        if (isOver) return;
        controller.enqueue(utf8.encode(`${onFault(toAppError(error))}\n`));
      }
      over();
      controller.close();
    },
    cancel: async () => {
      over();
      await chunks.return();
    },
  }, { highWaterMark: 0 });
}
