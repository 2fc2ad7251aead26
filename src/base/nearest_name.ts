/** "Did you mean": the known name with the fewest edits (Levenshtein distance). */

export interface NearestName {
  /** As it is known. */
  name: string;
  /** Letters put in, taken out or exchanged. */
  edits: number;
}

/**
 * The first of the nearest; undefined when none is known. `spelling`: what of a name is compared, by default all of it. The
 * effort grows with the length of both: a caller bounds what a stranger may name.
 */
export function nearestName(
  name: string,
  known: Iterable<string>,
  spelling = (text: string) => text,
): NearestName | undefined {
  const spelt = spelling(name);
  let nearest: NearestName | undefined;
  for (const candidate of known) {
    const edits = editDistance(spelt, spelling(candidate));
    if (!nearest || edits < nearest.edits) nearest = { name: candidate, edits };
  }
  return nearest;
}

/** Levenshtein distance, by UTF-16 units. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, exchanged));
    }
    row = next;
  }
  return row[b.length]!;
}
