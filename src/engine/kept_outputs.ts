/**
 * Kept outputs where templates name them: read from the journal in bounded bytes, and at hand for a while. A walk that goes on
 * where it stood reads none that its steps do not name.
 */

import { AppError } from "../base/errors.ts";
import { type Frame, resultsNamed } from "./frame.ts";
import type { Journal, RunRecord } from "./journal.ts";
import type { NamedResults } from "./named_results.ts";
import { KeptOutput, type NewOutput } from "./outputs.ts";
import type { NamedResult } from "./scope.ts";
import { countJson, inTurn } from "./turns.ts";

/** Of the results that one template names: two of the largest. */
const MAX_NAMED_BYTES = 33_554_432;
/** Read at once, by all walks of the program together; what does not fit waits for its turn. */
const MAX_READ_BYTES = 33_554_432;
/** At hand: of JSON text, of which the values take several times as much. */
const MAX_HELD_BYTES = 4_194_304;

/** The kept outputs of all walks of the program. */
export interface KeptOutputs {
  /** Has the value at hand for the steps that follow. */
  hold(runId: string, output: NewOutput): void;
  /**
   * What `work` gives, which gets the results that are named, with their values. Throws EXPRESSION_FAILED where those that are
   * kept by themselves come to more than 32 MB.
   */
  withNamed<T>(
    wanted: { run: RunRecord; frame: Frame; names: NamedResults },
    work: (results: readonly NamedResult[]) => Promise<T>,
  ): Promise<T>;
  /** These values, each in its place: of a kept output what it stands for. Throws EXPRESSION_FAILED beyond 32 MB. */
  read(run: RunRecord, values: readonly unknown[]): Promise<unknown[]>;
  /** As the journal's. */
  readItems: Journal["readItems"];
}

export function createKeptOutputs(journal: Pick<Journal, "readOutputs" | "readItems">): KeptOutputs {
  const held = createHeld();
  const room = createRoom(MAX_READ_BYTES);

  async function readAll({ id: runId, installationId }: RunRecord, outputs: readonly KeptOutput[]) {
    const texts = await journal.readOutputs({ runId, installationId }, outputs.map(({ id }) => id));
    const values = new Map<string, unknown>();
    for (const { id, bytes } of outputs) {
      const text = texts.get(id);
      if (text === undefined) throw new AppError("INTERNAL", `Cannot read output "${id}" of run "${runId}"`);
      const value = await inTurn(() => JSON.parse(text) as unknown);
      countJson(bytes);
      held.set(keyOf(runId, id), { value, bytes });
      values.set(id, value);
    }
    return values;
  }

  async function withValues<T>(
    run: RunRecord,
    outputs: readonly KeptOutput[],
    work: (values: ReadonlyMap<string, unknown>) => Promise<T>,
  ): Promise<T> {
    const wanted = new Map(outputs.map((output) => [output.id, output]));
    const values = new Map<string, unknown>();
    const missing = [...wanted.values()].filter(({ id }) => {
      const entry = held.get(keyOf(run.id, id));
      if (entry) values.set(id, entry.value);
      return !entry;
    });
    requireFew(sizeOf([...wanted.values()]));
    if (missing.length === 0) return await work(values);
    return await room.within(sizeOf(missing), async () => {
      for (const [id, value] of await readAll(run, missing)) values.set(id, value);
      return await work(values);
    });
  }

  return {
    hold: (runId, { id, value, bytes }) => held.set(keyOf(runId, id), { value, bytes }),
    withNamed: async ({ run, frame, names }, work) => {
      const results = resultsNamed(frame, names, run.plan);
      const kept = results.flatMap(({ output }) => output instanceof KeptOutput ? [output] : []);
      if (kept.length === 0) return await work(results);
      return await withValues(run, kept, (values) =>
        work(results.map((result) => {
          const { output } = result;
          return output instanceof KeptOutput ? { ...result, output: values.get(output.id) } : result;
        })));
    },
    readItems: journal.readItems,
    read: async (run, values) => {
      const kept = values.filter((one) => one instanceof KeptOutput);
      const filled = (read: ReadonlyMap<string, unknown>) =>
        Promise.resolve(values.map((one) => one instanceof KeptOutput ? read.get(one.id) : one));
      return kept.length === 0 ? [...values] : await withValues(run, kept, filled);
    },
  };
}

function keyOf(runId: string, id: string): string {
  return `${runId} ${id}`;
}

function sizeOf(outputs: readonly KeptOutput[]): number {
  return outputs.reduce((sum, { bytes }) => sum + bytes, 0);
}

function requireFew(bytes: number) {
  if (bytes <= MAX_NAMED_BYTES) return;
  const why = `the results that it names come to ${bytes} bytes, ${MAX_NAMED_BYTES} allowed`;
  throw new AppError("EXPRESSION_FAILED", `Cannot resolve the template: ${why}`);
}

/** The values that were used last. */
function createHeld() {
  const entries = new Map<string, { value: unknown; bytes: number }>();
  let total = 0;
  return {
    get(key: string) {
      const entry = entries.get(key);
      if (entry && entries.delete(key)) entries.set(key, entry);
      return entry;
    },
    set(key: string, entry: { value: unknown; bytes: number }) {
      if (entry.bytes > MAX_HELD_BYTES) return;
      if (!entries.has(key)) total += entry.bytes;
      entries.delete(key);
      entries.set(key, entry);
      for (const [oldest, { bytes }] of entries) {
        if (total <= MAX_HELD_BYTES) break;
        entries.delete(oldest);
        total -= bytes;
      }
    },
  };
}

/** So many bytes at once, first come, first served; one that is larger than all the room goes alone. */
function createRoom(totalBytes: number) {
  const queue: { bytes: number; enter(): void }[] = [];
  let taken = 0;

  const fits = (bytes: number) => taken === 0 || taken + bytes <= totalBytes;
  function leave(bytes: number) {
    taken -= bytes;
    while (queue.length > 0 && fits(queue[0]!.bytes)) {
      const next = queue.shift()!;
      taken += next.bytes;
      next.enter();
    }
  }

  return {
    async within<T>(bytes: number, work: () => Promise<T>): Promise<T> {
      if (queue.length === 0 && fits(bytes)) taken += bytes;
      else await new Promise<void>((enter) => queue.push({ bytes, enter }));
      try {
        return await work();
      } finally {
        leave(bytes);
      }
    },
  };
}
