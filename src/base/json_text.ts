/** JSON text that PostgreSQL's jsonb takes: what it refuses inside strings is replaced, everything else is kept. */

/**
 * JSON of `value` with NUL characters and lone surrogates replaced by U+FFFD (jsonb refuses them: errors 22P05, 22P02).
 * The raw bytes of an event are stored apart, so nothing is lost by it.
 */
export function jsonText(value: unknown): string {
  return storableJson(JSON.stringify(value) ?? "null");
}

/** The same for a text that JSON.stringify made. */
export function storableJson(text: string): string {
  if (!text.includes("\\u")) return text;
  // An escape counts only after an even number of backslashes; JSON.stringify writes lone surrogates as \udXXX, and pairs as themselves.
  return text.replace(
    /\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/g,
    (escape, bad) => bad === undefined ? escape : "\\ufffd",
  );
}
