/** Texts of the console that are no words of a language: names, formats and code, the same for everybody. */

export const NOT_WORDS: ReadonlySet<string> = new Set([
  "Clockify",
  "Deutsch",
  "English",
  "Español",
  "Português",
  "Timewire",
  "· Timewire",
  // Signs of units.
  "{} min {} s",
  // Keys, names of pictures and classes.
  "Escape",
  "add {} {}",
  "btn small",
  "bulk-version",
  "down",
  "frame {}",
  "lane {}",
  "more",
  "$.webhook.userId",
  "$.webhook.…",
  ".fl-inspector .combobox input.mono:not([readonly])",
  "Alt + ↑ ↓ ← →",
  "Deutsch",
  "English",
  "Español",
  "Idempotency-Key",
  "JSON",
  "Português",
  "https://example.com/hooks/{{$.webhook.id}}",
  "retry-version",
]);
