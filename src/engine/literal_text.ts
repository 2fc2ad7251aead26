/** Texts as templates that give just them, whatever stands in them (mapping.ts). */

/** The template that gives just this text. */
export function literalText(text: string): string {
  const escaped = escapeBraces(text);
  return /^\$+\./.test(escaped) ? `$${escaped}` : escaped;
}

/** A part of a template that gives just this text: its braces begin no expression. */
export function escapeBraces(text: string): string {
  return text.replaceAll(/(\\*)\{\{/g, "$1$1\\{{");
}
