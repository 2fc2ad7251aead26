/** Forms as objects: fields of urlencoded and multipart bodies, repeated names as lists, files by name, type and size. */

import { Buffer } from "node:buffer";
import { type BodyReading, readJsonText } from "./body_reading.ts";
import { charsetOf, decodeText, parameterOf } from "./content_type.ts";

/** More fields are no form that a flow could use. */
const MAX_FIELDS = 10_000;
const MAX_PARTS = 1_000;
const MAX_PART_HEAD = 8_192;

type Field = [name: string, value: unknown];

/** Names and values as an object; a name that is repeated has the list of its values. */
export function groupFields(fields: Iterable<Field>): Record<string, unknown> {
  const grouped = new Map<string, unknown[]>();
  for (const [name, value] of fields) {
    const values = grouped.get(name);
    if (values) values.push(value);
    else grouped.set(name, [value]);
  }
  // fromEntries() makes "__proto__" the plain field that it was.
  return Object.fromEntries([...grouped].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** An urlencoded body. */
export function readForm(
  body: Uint8Array,
  { charset, maxDepth }: { charset: string | undefined; maxDepth: number },
): BodyReading {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let end = 0;
  let count = 0;
  for (; end !== -1 && count < MAX_FIELDS; count++) end = bytes.indexOf("&", end + 1);
  const encoded = (end === -1 ? bytes : bytes.subarray(0, end)).toString("latin1");
  const problems = new Set<string>();
  if (end !== -1) problems.add(`Only its first ${MAX_FIELDS} fields are read`);
  const decode = (part: string) => {
    const { text, problem } = decodeText(percentDecoded(part), charset);
    if (problem !== undefined) problems.add(problem);
    return text ?? part;
  };
  const fields = encoded.split("&").filter(Boolean).map((pair): Field => {
    const at = pair.indexOf("=");
    return at === -1 ? [decode(pair), ""] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
  });
  return formReading("form", { fields, problems, maxDepth });
}

/** Undefined where it has no boundary, or is cut short. */
export function readMultipart(
  body: Uint8Array,
  { contentType, maxDepth }: { contentType: string; maxDepth: number },
): BodyReading | undefined {
  const boundary = parameterOf(contentType, "boundary");
  if (boundary === undefined) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const problems = new Set<string>();
  const fields: Field[] = [];
  const separator = `--${boundary}`;
  let at = bytes.indexOf(separator);
  while (at !== -1) {
    const start = at + separator.length;
    if (bytes.toString("latin1", start, start + 2) === "--") {
      return formReading("multipart", { fields, problems, maxDepth });
    }
    if (fields.length === MAX_PARTS) {
      problems.add(`Only its first ${MAX_PARTS} parts are read`);
      return formReading("multipart", { fields, problems, maxDepth });
    }
    const headEnd = bytes.indexOf("\r\n\r\n", start);
    const next = headEnd === -1 ? -1 : bytes.indexOf(`\r\n${separator}`, headEnd + 2);
    if (next === -1 || headEnd - start > MAX_PART_HEAD) return undefined;
    const content = bytes.subarray(headEnd + 4, Math.max(headEnd + 4, next));
    const field = partField(bytes.toString("utf8", start, headEnd), { content, problems });
    if (field) fields.push(field);
    at = next + 2;
  }
  return undefined;
}

/** A part with a file name is a file: the bytes stay in the raw body, `$.webhook` says what it was. */
function partField(
  head: string,
  { content, problems }: { content: Uint8Array; problems: Set<string> },
): Field | undefined {
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? null;
  const type = /^content-type:(.*)$/im.exec(head)?.[1]?.trim() ?? null;
  const name = parameterOf(disposition, "name");
  if (name === undefined) return undefined;
  const file = parameterOf(disposition, "filename");
  if (file !== undefined) return [name, { name: file, type, size: content.byteLength }];
  const { text, problem } = decodeText(content, charsetOf(type));
  if (problem !== undefined) problems.add(problem);
  return [name, text ?? { base64: Buffer.from(content).toString("base64") }];
}

function formReading(
  form: "form" | "multipart",
  { fields, problems, maxDepth }: { fields: Field[]; problems: Set<string>; maxDepth: number },
): BodyReading {
  const value = groupFields(fields);
  let isTooDeep = false;
  let isTooLarge = false;
  // GitHub, and Slack's interactions, send their JSON in this field.
  if (typeof value.payload === "string" && /^\s*[{[]/.test(value.payload)) {
    const read = readJsonText(value.payload, maxDepth);
    if (read) value.payload = read.value;
    if (read?.problem !== undefined) problems.add(read.problem);
    isTooDeep = read?.isTooDeep ?? false;
    isTooLarge = read?.isTooLarge ?? false;
  }
  return {
    value,
    form,
    ...(problems.size > 0 && { problem: [...problems].join("; ") }),
    ...(isTooDeep && { isTooDeep }),
    ...(isTooLarge && { isTooLarge }),
  };
}

/** `text` has one character a byte; a percent sign without two hex digits stands for itself. */
function percentDecoded(text: string): Uint8Array {
  const bytes = Buffer.from(text, "latin1");
  let to = 0;
  for (let from = 0; from < bytes.length; from++) {
    let byte = bytes[from]!;
    if (byte === PLUS) byte = SPACE;
    else if (byte === PERCENT) {
      const high = hexDigit(bytes[from + 1]);
      const low = hexDigit(bytes[from + 2]);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        from += 2;
      }
    }
    bytes[to++] = byte;
  }
  return bytes.subarray(0, to);
}

const [PLUS, SPACE, PERCENT] = [0x2b, 0x20, 0x25];

/** -1 for what is no digit. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
