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
    const other = spelling(candidate);
    // As many letters at least have to be put in or taken out.
    if (nearest && Math.abs(spelt.length - other.length) >= nearest.edits) continue;
    const edits = editDistance(spelt, other);
    if (!nearest || edits < nearest.edits) nearest = { name: candidate, edits };
  }
  return nearest;
}

/** Levenshtein distance, by UTF-16 units. */
export function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const letter = a.charCodeAt(i - 1);
    let before = row[0]!;
    let left = row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]!;
      const exchanged = letter === b.charCodeAt(j - 1) ? before : before + 1;
      left = row[j] = Math.min(left + 1, above + 1, exchanged);
      before = above;
    }
  }
  return row[b.length]!;
}
