/** How the sender of a custom webhook proves itself: the schemes, and the options of each. */

import { z } from "zod";
import { CHALLENGES } from "./challenge.ts";
import { isPublicKeyScheme, type Scheme, SECRET_ENCODINGS, type SignatureScheme } from "./scheme_names.ts";
import { holdsBody, partsOf, templateFault } from "./signed_text.ts";

/** Whether the proof is made of the request; else a secret, or the address, is all of it. */
export function isSignature(scheme: Scheme): scheme is SignatureScheme | "standard_webhooks" {
  return scheme === "standard_webhooks" || scheme.startsWith("hmac_") || isPublicKeyScheme(scheme);
}

const text = (max: number, error: string) => z.string(error).regex(new RegExp(`^[\\x20-\\x7e]{1,${max}}$`), error);
const headerName = z.string("must be the name of a header")
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "must be the name of a header")
  .transform((name) => name.toLowerCase());
const bodyPath = z.string("must be names with dots between, as in data.id")
  .regex(/^[\w-]{1,64}(\.[\w-]{1,64}){0,7}$/, "must be names with dots between, as in data.id");
const elementName = z.string("must be the name of an element, as in v1")
  .regex(/^[A-Za-z0-9_-]{1,32}$/, "must be the name of an element, as in v1");
const toleranceSeconds = z.int("must be a whole number from 1 to 3600").min(1, "must be from 1 to 3600")
  .max(3_600, "must be from 1 to 3600").default(300);

const ID_HEADERS = "must be the name of a header, or a list of up to five";

/** What every scheme takes beside its own. */
const common = {
  /** Header (of several the first that is there) or field that names the delivery: the same over the sender's retries. */
  id_header: z.union([headerName, z.array(headerName, ID_HEADERS).min(1, ID_HEADERS).max(5, ID_HEADERS)], ID_HEADERS)
    .optional(),
  id_path: bodyPath.optional(),
  /** Header or JSON field that names the event's type. */
  type_header: headerName.optional(),
  type_path: bodyPath.optional(),
  /** Whose way of asking whether the address is ours is answered. */
  challenge: z.enum(CHALLENGES, `must be one of ${CHALLENGES.join(", ")}`).optional(),
};

const prefix = text(32, "must be 1 to 32 printable characters").optional();
const parameterName = z.string("must be the name of a parameter")
  .regex(/^[\w.-]{1,64}$/, "must be the name of a parameter");
const SEPARATORS = [",", ";", " "] as const;
const TEMPLATE = "must be 1 to 200 printable characters";

/** Where a proof is: exactly one of them. */
const place = {
  header: headerName.optional(),
  /** Parameter of the address. */
  query: parameterName.optional(),
  /** Field of the body: JSON or form. */
  body_path: bodyPath.optional(),
};

const signature = z.strictObject({
  ...common,
  ...place,
  encoding: z.enum(["hex", "base64", "base64url"], 'must be "hex", "base64" or "base64url"').default("hex"),
  /** Stands before the signature, as in "sha256=". */
  prefix,
  /** For a list, as in `t=1614265330,v1=5257a8...`: the names of its elements, and the signs between and within them. */
  elements: z.strictObject({
    signature: elementName,
    timestamp: elementName.optional(),
    separator: z.enum(SEPARATORS, 'must be ",", ";" or a blank').optional(),
    assign: z.enum(["=", ","], 'must be "=" or ","').optional(),
  }).optional(),
  /** What is signed (signed_text.ts). */
  signed: text(200, TEMPLATE).superRefine((template, context) => {
    const message = templateFault(template);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  }).default("{body}"),
  /**
   * The sender signs an id and a time, and no body (Mailgun): each id counts once, while it is fresh. Whoever captures a delivery
   * before it came here can send another body under its signature.
   */
  allow_unsigned_body: z.boolean("must be true or false").optional(),
  /** Fields of the body, for the part {fields}. */
  signed_fields: z.array(bodyPath, "must be a list of names").min(1).max(20, "must be at most 20 names").optional(),
  /** Header, or field of the body, with the time of sending. */
  timestamp_header: headerName.optional(),
  timestamp_path: bodyPath.optional(),
  timestamp_format: z.enum(["seconds", "milliseconds", "iso8601"], "must be seconds, milliseconds or iso8601")
    .optional(),
  tolerance_seconds: toleranceSeconds,
  /** How the secret stands for the key's bytes: as text, unless one of these. */
  secret_encoding: z.enum(SECRET_ENCODINGS, `must be one of ${SECRET_ENCODINGS.join(", ")}`).optional(),
  /** Stands before an encoded secret, and is no part of it: "whsec_". */
  secret_prefix: prefix,
  /** Parameter of the address with the SHA-256 of a body that is no form, where the address is signed instead of it (Twilio). */
  body_sha256_query: parameterName.optional(),
  /**
   * A signed body of one type counts once a week, whatever id comes with it, or none. For senders that sign neither id nor
   * time (GitHub, Shopify), and whose bodies differ: else who captured a delivery makes a new event of it by another id.
   */
  body_once: z.boolean("must be true or false").optional(),
});

/** Rules between options, each as [option, why it will not do]. */
function* signatureFaults(options: z.infer<typeof signature>): Generator<[option: string, message: string]> {
  const { header, query, body_path, elements, timestamp_header, timestamp_path, signed } = options;
  const places = [header, query, body_path].filter((one) => one !== undefined).length;
  if (places === 0) yield ["header", "must be given, or query or body_path: where the signature is"];
  if (places > 1) yield ["header", "cannot be combined with query or body_path: give one of them"];
  const parts = partsOf(signed);
  const times = [timestamp_header, timestamp_path, elements?.timestamp].filter((one) => one !== undefined).length;
  // A time within the body is signed with it.
  const isSigned = parts.includes("timestamp") ||
    (timestamp_path !== undefined && (options.signed_fields?.includes(timestamp_path) ?? true));
  if (times === 0 && parts.includes("timestamp")) yield ["signed", "has no {timestamp} to replace"];
  if (times === 1 && !isSigned) yield ["signed", "must hold {timestamp}: one that is not signed proves nothing"];
  if (times > 1) yield ["timestamp_header", "cannot be combined with another place of the time: give one of them"];
  if (options.prefix !== undefined && elements) yield ["prefix", "cannot be combined with elements: give one of them"];
  if (parts.includes("id") && options.id_header === undefined && options.id_path === undefined) {
    yield ["id_header", "must be given, or id_path: {id} is signed"];
  }
  const isOnce = parts.includes("id") && parts.includes("timestamp");
  if (options.allow_unsigned_body && !isOnce) yield ["allow_unsigned_body", "needs {id} and {timestamp} in signed"];
  if (!options.allow_unsigned_body && !holdsBody(parts) && templateFault(signed) === undefined) {
    yield ["signed", "must hold the body, as in {timestamp}.{body}"];
  }
  if (parts.includes("fields") !== (options.signed_fields !== undefined)) {
    yield ["signed_fields", "must be given with the part {fields}, and only with it"];
  }
  if (options.secret_prefix !== undefined && (options.secret_encoding ?? "utf8") === "utf8") {
    yield ["secret_prefix", "needs a secret_encoding: a secret that is text is used whole"];
  }
}

const checkedSignature = signature.superRefine((options, context) => {
  for (const [path, message] of signatureFaults(options)) context.addIssue({ code: "custom", path: [path], message });
});
const publicKeySignature = checkedSignature.superRefine(({ secret_encoding, secret_prefix }, context) => {
  if (secret_encoding === undefined && secret_prefix === undefined) return;
  context.addIssue({
    code: "custom",
    path: ["secret_encoding"],
    message: "is for HMAC: a public key says its own form",
  });
});

/** What a source may say of its scheme, in the JSON of the API. Header names come out in lower case. */
export const OPTIONS = {
  /** https://www.standardwebhooks.com 1.0; `headers` "svix" is the older spelling of the same. */
  standard_webhooks: z.strictObject({
    ...common,
    headers: z.enum(["webhook", "svix"], 'must be "webhook" or "svix"').default("webhook"),
    tolerance_seconds: toleranceSeconds,
  }),
  hmac_sha256: checkedSignature,
  hmac_sha1: checkedSignature,
  hmac_sha512: checkedSignature,
  ed25519: publicKeySignature,
  ecdsa_sha256: publicKeySignature,
  rsa_sha256: publicKeySignature,
  /** RFC 7519 under the source's secret: who sent it, to this address (aud), until when (exp). The body is not signed. */
  jwt_hs256: z.strictObject({ ...common, header: headerName.default("authorization"), prefix }),
  /** RFC 7617; the password is the source's secret. */
  basic: z.strictObject({
    ...common,
    user: z.string("must be 1 to 100 printable characters without a colon")
      .regex(/^[\x20-\x39\x3b-\x7e]{1,100}$/, "must be 1 to 100 printable characters without a colon"),
  }),
  api_key: z.strictObject({
    ...common,
    ...place,
    /** Stands before the secret, as in "Bearer ". */
    prefix,
  }).superRefine(({ header, query, body_path }, context) => {
    if ([header, query, body_path].filter((one) => one !== undefined).length < 2) return;
    context.addIssue({
      code: "custom",
      path: ["header"],
      message: "cannot be combined with query or body_path: give one of them",
    });
  }).transform((options) =>
    options.query === undefined && options.body_path === undefined ? { header: "x-api-key", ...options } : options
  ),
  none: z.strictObject(common),
} as const satisfies Record<Scheme, z.ZodType>;

/** A scheme with its options, all defaults filled in. */
export type Rules = { [S in Scheme]: { scheme: S; options: z.infer<(typeof OPTIONS)[S]> } }[Scheme];
export type SignatureOptions = z.infer<typeof signature>;
