/** So many at once, first come, first served. */

export interface Slots {
  /** Does the work once there is a slot for it. */
  within<T>(work: () => Promise<T>): Promise<T>;
}

/** `count` slots. */
export function createSlots(count: number): Slots {
  const queue: (() => void)[] = [];
  let free = count;
  return {
    async within(work) {
      if (free > 0) free--;
      else await new Promise<void>((enter) => queue.push(enter));
      try {
        return await work();
      } finally {
        const next = queue.shift();
        if (next) next();
        else free++;
      }
    },
  };
}
