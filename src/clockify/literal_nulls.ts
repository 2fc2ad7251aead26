/**
 * Which nulls of a body the flow wrote itself: those empty a field of a merge, a null from an expression leaves the
 * field as it is.
 */

type Fields = Record<string, unknown>;

/** Where a flow's body says null: the names that lead there, as JSON. Of lists only the elements of the body itself count. */
export function literalNulls(body: unknown): string[] {
  const found: string[] = [];
  walk(body, [], (path) => found.push(JSON.stringify(path)));
  return found;
}

/**
 * A resolved body without the nulls that `literal` does not name. The object may have changed since the value was read: the
 * entry whose timer ran has an end now, and a null of then would have it run again.
 */
export function withoutStaleNulls(body: unknown, literal: readonly string[] = []): unknown {
  const copy = structuredClone(body);
  const kept = new Set(literal);
  walk(copy, [], (path, parents) => {
    if (kept.has(JSON.stringify(path))) return;
    delete parents.at(-1)![path.at(-1)!];
    // An object that held nothing else names nothing either.
    for (let depth = parents.length - 1; depth > 0 && Object.keys(parents[depth]!).length === 0; depth--) {
      if (Array.isArray(parents[depth - 1])) break;
      delete parents[depth - 1]![path[depth - 1]!];
    }
  });
  return copy;
}

function walk(
  value: unknown,
  path: string[],
  onNull: (path: string[], parents: Fields[]) => void,
  parents: Fields[] = [],
) {
  const isBodyList = Array.isArray(value) && path.length === 0;
  if (typeof value !== "object" || value === null || (Array.isArray(value) && !isBodyList)) return;
  const fields = value as Fields;
  // What joins or leaves a list (full_replace.ts) is checked as it is.
  if (Object.hasOwn(fields, "$add") || Object.hasOwn(fields, "$remove")) return;
  for (const [name, one] of Object.entries(fields)) {
    if (one !== null) walk(one, [...path, name], onNull, [...parents, fields]);
    else if (!isBodyList) onNull([...path, name], [...parents, fields]);
  }
}
