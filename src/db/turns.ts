/** What travels together in a batch: bounded in number and bytes, filled by turns over installations, in order within a key. */

import type { Line } from "./batcher.ts";

/** What stands in line. */
export interface TurnItem {
  installationId: number;
  bytes: number;
  /** One of a key is in a lane or in progress at a time; those behind it follow in their order. */
  batchKey: string;
}

export interface Turns<Item extends TurnItem> extends Line<Item> {
  /** The last one pushed of its key, while it is in a lane, in progress or behind another. */
  lastLike(item: Item): Item | undefined;
}

export interface TurnsOptions {
  /** Most items of one batch. */
  maxItems: number;
  /** Most bytes of one batch; a larger item travels alone. */
  maxBytes: number;
  /** Items above this have batches of their own. */
  smallBytes: number;
  /** Most items of one installation in a batch; default `maxItems`. */
  mostOfOne?(installationId: number): number;
  /** Batches of small items in progress at once; default 1, as of large ones always. */
  smallAtOnce?: number;
}

/**
 * Small and large items stand in two lanes with batches of their own in progress, so that large ones never hold up small
 * ones. In each lane the installations with something in it take turns, one item at a time: however much one of them sent,
 * another's first item travels in the next batch.
 *
 * Of one key one item at a time is in a lane or in progress, since one statement cannot change a row twice, and two at once
 * might end in another order; those behind it follow one by one, so their order stays.
 */
export function createTurns<Item extends TurnItem>(
  { maxItems, maxBytes, smallBytes, smallAtOnce = 1, mostOfOne = () => maxItems }: TurnsOptions,
): Turns<Item> {
  const small = createLane<Item>({ maxItems, maxBytes, mostOfOne, atOnce: smallAtOnce });
  const large = createLane<Item>({ maxItems, maxBytes, mostOfOne, atOnce: 1 });
  const laneOf = ({ bytes }: Item) => bytes <= smallBytes ? small : large;
  /** By key, for each item in a lane or in progress. */
  const heads = new Map<string, Head<Item>>();

  function push(item: Item): boolean {
    const { batchKey } = item;
    const head = heads.get(batchKey);
    if (head !== undefined) {
      if (head.followers === undefined) head.followers = [item];
      else head.followers.push(item);
      head.last = item;
      return false;
    }
    heads.set(batchKey, { last: item, followers: undefined });
    const lane = laneOf(item);
    lane.add(item);
    return lane.isOpen();
  }

  /** The one behind it is next; it waited long enough to go before the others of its installation. */
  function release({ batchKey }: Item) {
    const next = heads.get(batchKey)!.followers?.shift();
    if (next === undefined) heads.delete(batchKey);
    else laneOf(next).add(next, { first: true });
  }

  return {
    push,
    lastLike: ({ batchKey }) => heads.get(batchKey)?.last,
    take() {
      for (const lane of [small, large]) {
        if (!lane.isOpen()) continue;
        const batch = lane.fill();
        if (batch.length === 0) continue;
        lane.underWay++;
        return batch;
      }
      return [];
    },
    ended(batch) {
      laneOf(batch[0]!).underWay--;
      for (const item of batch) release(item);
    },
    keep(stays) {
      for (const head of heads.values()) head.followers &&= head.followers.filter(stays);
      for (const gone of [...small.keep(stays), ...large.keep(stays)]) release(gone);
    },
  };
}

/** A line whose items are all small: what it bounds is their number, and that of each installation. */
export function createFairLine<Item extends TurnItem>(
  { maxItems, atOnce, mostOfOne }: Pick<TurnsOptions, "maxItems" | "mostOfOne"> & { atOnce: number },
): Line<Item> {
  return createTurns({ maxItems, maxBytes: Infinity, smallBytes: Infinity, smallAtOnce: atOnce, mostOfOne });
}

interface Head<Item> {
  /** Itself, or the last of its followers; of those that were given up too. */
  last: Item;
  /** Those that wait for it. */
  followers: Item[] | undefined;
}

/** Items of one installation in one lane. */
interface Queue<Item> {
  /** Before the others. */
  first: Item[];
  rest: Item[];
  /** Place in `rest`: those before it have gone. */
  next: number;
}

/** Gone ones are cleared away in such portions, since each time moves all that are left. */
const CLEAR_AT = 512;

function createLane<Item extends TurnItem>(
  { maxItems, maxBytes, mostOfOne, atOnce }: Required<Pick<TurnsOptions, "maxItems" | "maxBytes" | "mostOfOne">> & {
    atOnce: number;
  },
) {
  /** Installations with something in the lane, the one whose turn it is first. */
  const turns = new Map<number, Queue<Item>>();

  const peek = ({ first, rest, next }: Queue<Item>) => first[0] ?? rest[next];
  function drop(queue: Queue<Item>) {
    if (queue.first.length > 0) queue.first.shift();
    else if (++queue.next >= CLEAR_AT) {
      queue.rest.splice(0, queue.next);
      queue.next = 0;
    }
  }

  return {
    /** Batches of the lane. */
    underWay: 0,
    isOpen(): boolean {
      return this.underWay < atOnce;
    },
    add(item: Item, { first = false } = {}) {
      const { installationId } = item;
      let queue = turns.get(installationId);
      if (queue === undefined) turns.set(installationId, queue = { first: [], rest: [], next: 0 });
      if (first) queue.first.push(item);
      else queue.rest.push(item);
    },
    fill(): Item[] {
      const batch: Item[] = [];
      let bytes = 0;
      /** Those that have as much in the batch as they may. */
      const full: [number, Queue<Item>][] = [];
      const counts = new Map<number, number>();
      const end = () => {
        // They had their turn.
        for (const [installationId, queue] of full) turns.set(installationId, queue);
        return batch;
      };
      while (turns.size > 0 && batch.length < maxItems) {
        const [installationId, queue] = turns.entries().next().value!;
        const most = Math.min(maxItems, mostOfOne(installationId));
        // Alone, it has all turns.
        const isAlone = turns.size === 1;
        let count = counts.get(installationId) ?? 0;
        let item = peek(queue);
        do {
          bytes += item!.bytes;
          if (batch.length > 0 && bytes > maxBytes) return end();
          batch.push(item!);
          count++;
          drop(queue);
          item = peek(queue);
        } while (isAlone && item !== undefined && batch.length < maxItems && count < most);
        counts.set(installationId, count);
        if (isAlone && item !== undefined && count < most) break;
        turns.delete(installationId);
        if (item === undefined) continue;
        if (count >= most) full.push([installationId, queue]);
        else turns.set(installationId, queue);
      }
      return end();
    },
    /** Gives those that went. */
    keep(stays: (item: Item) => boolean): Item[] {
      const gone: Item[] = [];
      const kept = (item: Item) => stays(item) || (gone.push(item), false);
      for (const [installationId, queue] of turns) {
        queue.first = queue.first.filter(kept);
        queue.rest = queue.rest.slice(queue.next).filter(kept);
        queue.next = 0;
        if (peek(queue) === undefined) turns.delete(installationId);
      }
      return gone;
    },
  };
}
