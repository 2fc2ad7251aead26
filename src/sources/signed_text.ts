/** What a sender signs: a template whose parts stand for pieces of the request, put together as bytes. */

import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** Parts of a template, each at most once. */
export const SIGNED_PARTS = [
  /** The id of the delivery, from the source's `id_header`, else its `id_path`. */
  "id",
  /** The time as the sender wrote it. */
  "timestamp",
  "method",
  /** The address that the sender was given, with the query as it came. */
  "url",
  /** The bytes of the body as they came. */
  "body",
  /** The same, and nothing where the body is a form. */
  "body_unless_form",
  /** Fields of a form body, sorted by name: each name and value, with nothing between. */
  "form",
  /** The same of the query and the form together. */
  "query_and_form",
  /** CRC-32 of the body, as a decimal number (PayPal). */
  "body_crc32",
  /** The body's fields that the option `signed_fields` names: each present one as name, line feed, value, line feed (SNS). */
  "fields",
] as const;
export type SignedPart = (typeof SIGNED_PARTS)[number];

/** Without any of these, whoever captured a delivery puts another body under its signature. */
const BODY_PARTS: ReadonlySet<SignedPart> = new Set([
  "body",
  "body_unless_form",
  "form",
  "query_and_form",
  "body_crc32",
  "fields",
]);
/** Parts that hold the whole body, whatever its type. */
const WHOLE_BODY: ReadonlySet<SignedPart> = new Set(["body", "body_crc32"]);

/** Literal text, or a part. */
export type TemplatePiece = { text: string } | { part: SignedPart };

/** The pieces of a template. Throws nothing: what is no part was refused by templateFault(). */
export function readTemplate(template: string): TemplatePiece[] {
  return template.split(/(\{[a-z0-9_]+\})/).filter(Boolean).map((piece) =>
    piece.startsWith("{") ? { part: piece.slice(1, -1) as SignedPart } : { text: piece }
  );
}

/** Why a template is none; undefined when it will do. */
export function templateFault(template: string): string | undefined {
  if (!/^[^{}]*(?:\{[a-z0-9_]+\}[^{}]*)*$/.test(template)) {
    return "must hold its parts in braces, as in {timestamp}.{body}";
  }
  const parts = partsOf(template);
  const unknown = parts.find((part) => !SIGNED_PARTS.includes(part));
  if (unknown !== undefined) return `has no part {${unknown}}: the parts are ${SIGNED_PARTS.join(", ")}`;
  if (new Set(parts).size < parts.length) return "must hold each part at most once";
  return undefined;
}

export function partsOf(template: string): SignedPart[] {
  return readTemplate(template).flatMap((piece) => "part" in piece ? [piece.part] : []);
}

/** Whether anything of the body is signed. */
export function holdsBody(parts: readonly SignedPart[]): boolean {
  return parts.some((part) => BODY_PARTS.has(part));
}

/** Whether these parts hold the whole body, whatever its type; else other types need a digest in the address. */
export function holdsWholeBody(parts: readonly SignedPart[], isForm: boolean): boolean {
  return parts.some((part) =>
    WHOLE_BODY.has(part) || part === "fields" ||
    (isForm ? part === "form" || part === "query_and_form" : part === "body_unless_form")
  );
}

export interface SignedValues {
  id: string;
  timestamp: string;
  method: string;
  /** With its query, as the sender was given it. */
  url: string;
  body: Uint8Array;
  isForm: boolean;
  /** Text of a field of the body; undefined where there is none. */
  field(path: string): string | undefined;
  signedFields: readonly string[];
}

/** What is signed, in chunks, so that a body is not copied for a digest. */
export function signedChunks(pieces: readonly TemplatePiece[], values: SignedValues): (string | Uint8Array)[] {
  return pieces.map((piece) => "text" in piece ? piece.text : CHUNKS[piece.part](values));
}

const CHUNKS: { [Part in SignedPart]: (values: SignedValues) => string | Uint8Array } = {
  id: ({ id }) => id,
  timestamp: ({ timestamp }) => timestamp,
  method: ({ method }) => method,
  url: ({ url }) => url,
  body: ({ body }) => body,
  body_unless_form: ({ body, isForm }) => isForm ? "" : body,
  form: (values) => pairsText(formPairs(values)),
  query_and_form: (values) => pairsText([...new URL(values.url).searchParams, ...formPairs(values)]),
  body_crc32: ({ body }) => String(crc32(body)),
  fields: ({ field, signedFields }) =>
    signedFields.map((name) => {
      const value = field(name);
      return value === undefined ? "" : `${name}\n${value}\n`;
    }).join(""),
};

type Pair = [name: string, value: string];

function formPairs({ body, isForm }: SignedValues): Pair[] {
  if (!isForm) return [];
  return [...new URLSearchParams(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"))];
}

function pairsText(pairs: Pair[]): string {
  const before = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
  return pairs.sort((a, b) => before(a[0], b[0]) || before(a[1], b[1])).map(([name, value]) => name + value).join("");
}
