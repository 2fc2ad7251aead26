/** Seeded randomness of the simulator: the same seed gives the same shuffles and the same tails of ids. */

/** Numbers in [0, 1) from a 32-bit seed (mulberry32, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Source of 24-hex ids as Clockify's database makes them: seconds, ten random digits, a counter. */
export function objectIds(random: () => number, nowMs: () => number): () => string {
  let counter = Math.floor(random() * 0xffffff);
  const tail = Array.from({ length: 10 }, () => Math.floor(random() * 16).toString(16)).join("");
  return () => {
    counter = (counter + 1) & 0xffffff;
    return Math.floor(nowMs() / 1000).toString(16).padStart(8, "0") + tail + counter.toString(16).padStart(6, "0");
  };
}

/** A new array with the same items in seeded random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
