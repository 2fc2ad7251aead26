/** A JSON value as the lines that a tree shows: what is open, page by page, and what a person reads in a text. Pure. */

export type JsonLine =
  & {
    /** Path of the value, as in "$.webhook.tags[0]"; of "more" lines that of their parent and "more". */
    path: string;
    depth: number;
  }
  & (
    | { kind: "value"; name: string; value: unknown }
    /** An object or a list. */
    | { kind: "branch"; name: string; isList: boolean; size: number; open: boolean; hint: string | undefined }
    /** Children that are not shown yet. */
    | { kind: "more"; parent: string; left: number }
  );

export interface JsonView {
  /** What a person opened or closed, by path. */
  opened: ReadonlyMap<string, boolean>;
  /** How many children are shown, by path, where a person asked for more. */
  shown: ReadonlyMap<string, number>;
}

export const CHILDREN_PAGE = 100;
/** Opened by themselves down to here, as long as the tree stays short. */
const OPEN_DEPTH = 2;
const SHORT_TREE = 300;

/** `name`: of the root, which is always shown; `root`: its path. */
export function jsonLines(
  value: unknown,
  { name, root, view }: { name: string; root: string; view: JsonView },
): JsonLine[] {
  const lines: JsonLine[] = [];
  const add = (name: string, value: unknown, { path, depth }: { path: string; depth: number }) => {
    if (typeof value !== "object" || value === null) {
      return void lines.push({ kind: "value", name, value, path, depth });
    }
    const isList = Array.isArray(value);
    const names = isList ? undefined : Object.keys(value);
    const size = names ? names.length : (value as unknown[]).length;
    const byItself = depth < OPEN_DEPTH && (depth === 0 || size <= CHILDREN_PAGE && lines.length + size < SHORT_TREE);
    const open = size > 0 && (view.opened.get(path) ?? byItself);
    lines.push({ kind: "branch", name, isList, size, open, path, depth, hint: open ? undefined : hintOf(value) });
    if (!open) return;
    const shown = Math.min(size, view.shown.get(path) ?? CHILDREN_PAGE);
    for (let i = 0; i < shown; i++) {
      const key = names ? names[i]! : i;
      const child = (value as Record<string | number, unknown>)[key];
      add(String(key), child, { path: path + step(key), depth: depth + 1 });
    }
    if (shown < size) {
      lines.push({ kind: "more", parent: path, path: `${path} more`, left: size - shown, depth: depth + 1 });
    }
  };
  add(name, value, { path: root, depth: 0 });
  return lines;
}

/** One step of a path as flows write it: plain names after a dot, others quoted. */
export function step(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[\p{L}\p{N}_-]+$/u.test(key) ? `.${key}` : `['${key.replaceAll("'", "\\'")}']`;
}

/** What a closed object is about: its name. */
function hintOf(value: object): string | undefined {
  const { name } = value as { name?: unknown };
  return typeof name === "string" && name !== "" ? name.slice(0, 60) : undefined;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;
const DURATION = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** What a text of Clockify means: an instant, or a length of time ("PT1H12M"); undefined for other texts. */
export function readText(text: string): { at: Date } | { lasts: string } | undefined {
  if (text.length > 40) return undefined;
  if (INSTANT.test(text)) {
    const at = new Date(text);
    return Number.isNaN(at.getTime()) ? undefined : { at };
  }
  const parts = DURATION.exec(text);
  if (!parts) return undefined;
  const words = ["d", "h", "min", "s"].flatMap((unit, index) => {
    const amount = Number(parts[index + 1] ?? 0);
    return amount === 0 ? [] : [`${amount} ${unit}`];
  });
  return { lasts: words.join(" ") || "0 s" };
}

/** Characters that change how the text around them looks, or have no look of their own; line ends and tabs stay. */
// deno-lint-ignore no-control-regex
const UNSEEN = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g;

/** The text with such characters written out, as in "\\u202E": what is there can be seen. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
}
