/** A set of SHA-256 hashes by their first 8 bytes: a million of them in 16 MB, where a Set of texts has some 100 MB. */

/** Bytes of a hash that count. Of a million hashes, one guess in 2^44 meets one by chance, and then costs a query. */
export const PREFIX_BYTES = 8;

export interface HashSet {
  has(sha256: Uint8Array): boolean;
  /** Adds every hash of `prefixes`: their first 8 bytes, one after another. */
  add(prefixes: Uint8Array): void;
  size(): number;
}

const FIRST_SLOTS = 1_024;
/** Slots in use, of all: beyond it looking takes longer, and there are twice as many. An entry has 11 to 22 bytes. */
const MAX_LOAD = 0.75;

/** Open addressing over numbers: the garbage collector sees one array. Nothing is ever taken out. */
export function createHashSet(): HashSet {
  let slots = new Uint32Array(FIRST_SLOTS * 2);
  let size = 0;

  /** Index of the slot that holds the pair, or of the free one where it belongs. */
  function find(table: Uint32Array, high: number, low: number): number {
    const mask = table.length / 2 - 1;
    let slot = low & mask;
    while (true) {
      const at = slot * 2;
      if (table[at] === high && table[at + 1] === low) return at;
      if (table[at] === 0 && table[at + 1] === 0) return at;
      slot = (slot + 1) & mask;
    }
  }

  function put(high: number, low: number) {
    const at = find(slots, high, low);
    if (slots[at] === high && slots[at + 1] === low) return;
    slots[at] = high;
    slots[at + 1] = low;
    if (++size > slots.length / 2 * MAX_LOAD) grow();
  }

  function grow() {
    const wider = new Uint32Array(slots.length * 2);
    for (let at = 0; at < slots.length; at += 2) {
      const [high, low] = [slots[at]!, slots[at + 1]!];
      if (high === 0 && low === 0) continue;
      const to = find(wider, high, low);
      wider[to] = high;
      wider[to + 1] = low;
    }
    slots = wider;
  }

  return {
    has(sha256) {
      const [high, low] = pairAt(sha256, 0);
      const at = find(slots, high, low);
      return slots[at] === high && slots[at + 1] === low;
    },
    add(prefixes) {
      for (let at = 0; at + PREFIX_BYTES <= prefixes.byteLength; at += PREFIX_BYTES) put(...pairAt(prefixes, at));
    },
    size: () => size,
  };
}

/** Two numbers of 32 bits, never both 0: that is a free slot. */
function pairAt(bytes: Uint8Array, at: number): [high: number, low: number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, PREFIX_BYTES);
  const [high, low] = [view.getUint32(0), view.getUint32(4)];
  return high === 0 && low === 0 ? [0, 1] : [high, low];
}
