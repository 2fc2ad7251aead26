/** A request's path and query as its record shows them: ids, numbers, dates and flags; an ellipsis for all else. */

/** What stands for a value that is not shown. */
export const HIDDEN = "…";
const MAX_CHARS = 500;
const MAX_PARAMS = 30;

/** Words of paths and Clockify's ids; a token or a key is longer, or has a dot. */
const SEGMENT = /^[A-Za-z0-9_-]{0,40}$/;
/** A name may be any word, so of texts only ids and dates are shown. */
const VALUE = /^(?:[0-9a-f]{24}|\d{1,15}|true|false|\d{4}-\d\d-\d\d(?:T[\d:.]{5,12}Z?)?)$/;
const NAME = /^[A-Za-z0-9_.-]{1,60}$/;

/** `path` is encoded; at most 500 characters come out. */
export function shownPath(path: string, query: Readonly<Record<string, unknown>> = {}): string {
  const shown = path.split("/").map((segment) => SEGMENT.test(segment) ? segment : HIDDEN).join("/");
  const params = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  if (params.length === 0) return shown.slice(0, MAX_CHARS);
  const text = params.slice(0, MAX_PARAMS).map(shownParam).join("&");
  return `${shown}?${text}`.slice(0, MAX_CHARS);
}

function shownParam([name, value]: [string, unknown]): string {
  const values = Array.isArray(value) ? value : [value];
  return `${NAME.test(name) ? name : HIDDEN}=${values.slice(0, MAX_PARAMS).map(shownValue).join(",")}`;
}

function shownValue(value: unknown): string {
  if (typeof value === "string") return value.length <= 40 && VALUE.test(value) ? value : HIDDEN;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : HIDDEN;
}
