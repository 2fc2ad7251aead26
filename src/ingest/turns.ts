/** Batches of deliveries that are stored together: bounded in number and bytes, filled by turns over installations. */

import type { Line } from "../db/batcher.ts";
import type { PreparedDelivery } from "./delivery.ts";

export interface Turns extends Line<PreparedDelivery> {
  /** The last one pushed of its entity and type, while it is in a lane, in progress or behind another. */
  lastLike(delivery: PreparedDelivery): PreparedDelivery | undefined;
}

export interface TurnsOptions {
  /** Most deliveries of one batch. */
  maxItems: number;
  /** Most bytes of one batch; a larger delivery travels alone. */
  maxBytes: number;
  /** Deliveries above this have batches of their own. */
  smallBytes: number;
}

/**
 * Small and large deliveries stand in two lanes with one batch in progress in each, so that large ones never hold up
 * small ones. In each lane the installations with something to store take turns, one delivery at a time: however much
 * one of them sent, another's first delivery travels in the next batch.
 *
 * Of one entity and type one delivery at a time is in a lane or in progress, since one statement cannot change a row
 * twice; those behind it follow one by one, so their order stays.
 */
export function createTurns({ maxItems, maxBytes, smallBytes }: TurnsOptions): Turns {
  const small = createLane({ maxItems, maxBytes });
  const large = createLane({ maxItems, maxBytes });
  const laneOf = ({ bytes }: PreparedDelivery) => bytes <= smallBytes ? small : large;
  /** By batch key, for each delivery in a lane or in progress. */
  const heads = new Map<string, Head>();

  function push(delivery: PreparedDelivery): boolean {
    const { batchKey } = delivery;
    const head = heads.get(batchKey);
    if (head !== undefined) {
      if (head.followers === undefined) head.followers = [delivery];
      else head.followers.push(delivery);
      head.last = delivery;
      return false;
    }
    heads.set(batchKey, { last: delivery, followers: undefined });
    const lane = laneOf(delivery);
    lane.add(delivery);
    return !lane.busy;
  }

  /** The one behind it is next; it waited long enough to go before the others of its installation. */
  function release({ batchKey }: PreparedDelivery) {
    const next = heads.get(batchKey)!.followers?.shift();
    if (next === undefined) heads.delete(batchKey);
    else laneOf(next).add(next, { first: true });
  }

  return {
    push,
    lastLike: ({ batchKey }) => heads.get(batchKey)?.last,
    take() {
      for (const lane of [small, large]) {
        if (lane.busy) continue;
        const batch = lane.fill();
        if (batch.length === 0) continue;
        lane.busy = true;
        return batch;
      }
      return [];
    },
    ended(batch) {
      laneOf(batch[0]!).busy = false;
      for (const delivery of batch) release(delivery);
    },
    keep(stays) {
      for (const head of heads.values()) head.followers &&= head.followers.filter(stays);
      for (const gone of [...small.keep(stays), ...large.keep(stays)]) release(gone);
    },
  };
}

interface Head {
  /** Itself, or the last of its followers; of those that were given up too, which no copy may follow. */
  last: PreparedDelivery;
  /** Deliveries of the same entity and type that wait for it. */
  followers: PreparedDelivery[] | undefined;
}

/** Deliveries of one installation in one lane. */
interface Queue {
  /** Before the others. */
  first: PreparedDelivery[];
  rest: PreparedDelivery[];
  /** Place in `rest`: those before it have gone. */
  next: number;
}

/** Gone ones are cleared away in such portions, since each time moves all that are left. */
const CLEAR_AT = 512;

function createLane({ maxItems, maxBytes }: { maxItems: number; maxBytes: number }) {
  /** Installations with something in the lane, the one whose turn it is first. */
  const turns = new Map<number, Queue>();

  const peek = ({ first, rest, next }: Queue) => first[0] ?? rest[next];
  function drop(queue: Queue) {
    if (queue.first.length > 0) queue.first.shift();
    else if (++queue.next >= CLEAR_AT) {
      queue.rest.splice(0, queue.next);
      queue.next = 0;
    }
  }

  return {
    /** A batch of the lane is in progress. */
    busy: false,
    add(delivery: PreparedDelivery, { first = false } = {}) {
      const { installationId } = delivery;
      let queue = turns.get(installationId);
      if (queue === undefined) turns.set(installationId, queue = { first: [], rest: [], next: 0 });
      if (first) queue.first.push(delivery);
      else queue.rest.push(delivery);
    },
    fill(): PreparedDelivery[] {
      const batch: PreparedDelivery[] = [];
      let bytes = 0;
      while (turns.size > 0 && batch.length < maxItems) {
        const [installationId, queue] = turns.entries().next().value!;
        // Alone, it has all turns.
        const isAlone = turns.size === 1;
        let delivery = peek(queue);
        do {
          bytes += delivery!.bytes;
          if (batch.length > 0 && bytes > maxBytes) return batch;
          batch.push(delivery!);
          drop(queue);
          delivery = peek(queue);
        } while (isAlone && delivery !== undefined && batch.length < maxItems);
        if (isAlone && delivery !== undefined) break;
        turns.delete(installationId);
        if (delivery !== undefined) turns.set(installationId, queue);
      }
      return batch;
    },
    /** Gives those that went. */
    keep(stays: (delivery: PreparedDelivery) => boolean): PreparedDelivery[] {
      const gone: PreparedDelivery[] = [];
      const kept = (delivery: PreparedDelivery) => stays(delivery) || (gone.push(delivery), false);
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
