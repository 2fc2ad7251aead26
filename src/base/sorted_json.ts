/** JSON text in one spelling. */

/** The same text for the same JSON, whatever order the keys of its objects have: the database keeps none. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, one) =>
      typeof one === "object" && one !== null && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => a < b ? -1 : 1))
        : one,
  );
}
