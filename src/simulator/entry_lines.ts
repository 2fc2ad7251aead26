/** A time entry before and after, whole, as lines for people. */

/** As Clockify answers with `hydrated`: the objects stand beside their ids. */
export type Entry = Record<string, unknown>;

/** Ids of objects that the entry also shows whole. */
const SHOWN_BY: Record<string, string> = { tagIds: "tags", projectId: "project", taskId: "task", userId: "user" };

/** Names of all fields whose values differ, `tags` in place of `tagIds` and its like; none is left out of the comparison. */
export function changedFields(before: Entry, after: Entry): string[] {
  const names = Object.keys({ ...before, ...after });
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return [...new Set(changed.map((name) => SHOWN_BY[name] ?? name))];
}

/** A line for each field, the changed ones with both values, and a last one that names what changed. */
export function entryLines(before: Entry, after: Entry): string[] {
  const changed = changedFields(before, after);
  const names = Object.keys({ ...before, ...after }).filter((name) => SHOWN_BY[name] === undefined);
  const lines = names.map((name) => {
    const was = textOf(before[name]);
    return `${name.padEnd(18)}  ${changed.includes(name) ? `${was}  ->  ${textOf(after[name])}` : was}`;
  });
  return [...lines, `changed: ${changed.join(", ") || "nothing"}; everything else as it was`];
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(", ") || "none";
  if (typeof value !== "object" || value === null) return value === null || value === "" ? "none" : String(value);
  const { name, customFieldId, value: held, start, end, duration, amount, currency } = value as Entry;
  if (customFieldId !== undefined) return `${name}: ${textOf(held ?? null)}`;
  if (start !== undefined) return `${start} to ${end} (${duration})`;
  if (amount !== undefined) return `${amount} ${currency ?? ""}`.trim();
  return typeof name === "string" ? name : JSON.stringify(value);
}
