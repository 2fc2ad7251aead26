/**
 * How the sender of a custom webhook proves itself: the five schemes, the options of each, and presets of known
 * senders.
 */

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { z } from "zod";

export const SCHEMES = ["standard_webhooks", "hmac_sha256", "basic", "api_key", "none"] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Whether the proof is made of the body; else the headers, or the address, are all of it. */
export function signsBody(scheme: Scheme): boolean {
  return scheme === "standard_webhooks" || scheme === "hmac_sha256";
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
  challenge: z.enum(["slack", "meta", "microsoft_graph", "dropbox"], "must be slack, meta, microsoft_graph or dropbox")
    .optional(),
};

const SIGNED = "must hold {body} once, at its end, and at most one {timestamp}, as in {timestamp}.{body}";

const hmac = z.strictObject({
  ...common,
  header: headerName,
  encoding: z.enum(["hex", "base64"], 'must be "hex" or "base64"').default("hex"),
  /** Stands before the signature, as in "sha256=". */
  prefix: text(32, "must be 1 to 32 printable characters").optional(),
  /** For a header that is a list, as in `t=1614265330,v1=5257a8...`: the names of its elements. */
  elements: z.strictObject({ signature: elementName, timestamp: elementName.optional() }).optional(),
  /** What is signed. */
  signed: text(100, SIGNED).refine(
    (template) => /^[^{}]*(\{timestamp\}[^{}]*)?\{body\}$/.test(template),
    SIGNED,
  ).default("{body}"),
  /** Header with the time of sending, in seconds since 1970. */
  timestamp_header: headerName.optional(),
  tolerance_seconds: toleranceSeconds,
  /**
   * A signed body of one type counts once a week, whatever id comes with it, or none. For senders that sign neither id nor
   * time (GitHub, Shopify), and whose bodies differ: else who captured a delivery makes a new event of it by another id.
   */
  body_once: z.boolean("must be true or false").optional(),
}).superRefine((options, context) => {
  const fault = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  const dated = options.timestamp_header !== undefined || options.elements?.timestamp !== undefined;
  if (dated !== options.signed.includes("{timestamp}")) {
    fault(
      "signed",
      dated ? "must hold {timestamp}: one that is not signed proves nothing" : "has no {timestamp} to replace",
    );
  }
  if (options.timestamp_header !== undefined && options.elements?.timestamp !== undefined) {
    fault("timestamp_header", "cannot be combined with elements.timestamp: give one of them");
  }
  if (options.prefix !== undefined && options.elements) {
    fault("prefix", "cannot be combined with elements: give one of them");
  }
});

/** What a source may say of its scheme, in the JSON of the API. Header names come out in lower case. */
export const OPTIONS = {
  /** https://www.standardwebhooks.com 1.0; `headers` "svix" is the older spelling of the same. */
  standard_webhooks: z.strictObject({
    ...common,
    headers: z.enum(["webhook", "svix"], 'must be "webhook" or "svix"').default("webhook"),
    tolerance_seconds: toleranceSeconds,
  }),
  hmac_sha256: hmac,
  /** RFC 7617; the password is the source's secret. */
  basic: z.strictObject({
    ...common,
    user: z.string("must be 1 to 100 printable characters without a colon")
      .regex(/^[\x20-\x39\x3b-\x7e]{1,100}$/, "must be 1 to 100 printable characters without a colon"),
  }),
  api_key: z.strictObject({
    ...common,
    header: headerName.default("x-api-key"),
    /** Stands before the secret, as in "Bearer ". */
    prefix: text(32, "must be 1 to 32 printable characters").optional(),
  }),
  none: z.strictObject(common),
} as const satisfies Record<Scheme, z.ZodType>;

/** A scheme with its options, all defaults filled in. */
export type Rules = { [S in Scheme]: { scheme: S; options: z.infer<(typeof OPTIONS)[S]> } }[Scheme];
export type HmacOptions = z.infer<typeof hmac>;

/** Known senders: a scheme, and options that a source may still change. */
export const PRESETS = {
  standard_webhooks: { scheme: "standard_webhooks", options: { type_path: "type" } },
  // docs.github.com, "Validating webhook deliveries". The delivery id is not signed; the body is.
  github: {
    scheme: "hmac_sha256",
    options: {
      header: "x-hub-signature-256",
      prefix: "sha256=",
      id_header: "x-github-delivery",
      type_header: "x-github-event",
    },
  },
  // docs.stripe.com/webhooks/signature
  stripe: {
    scheme: "hmac_sha256",
    options: {
      header: "stripe-signature",
      elements: { signature: "v1", timestamp: "t" },
      signed: "{timestamp}.{body}",
      id_path: "id",
      type_path: "type",
    },
  },
  // shopify.dev, "Verify webhook deliveries"
  shopify: {
    scheme: "hmac_sha256",
    options: {
      header: "x-shopify-hmac-sha256",
      encoding: "base64",
      // The unprefixed spelling came in 2026; the event's id is the better one than the delivery's.
      id_header: ["x-shopify-event-id", "shopify-event-id", "x-shopify-webhook-id", "shopify-webhook-id"],
      type_header: "x-shopify-topic",
    },
  },
  // docs.slack.dev, "Verifying requests from Slack"
  slack: {
    scheme: "hmac_sha256",
    options: {
      header: "x-slack-signature",
      prefix: "v0=",
      signed: "v0:{timestamp}:{body}",
      timestamp_header: "x-slack-request-timestamp",
      id_path: "event_id",
      type_path: "event.type",
      challenge: "slack",
    },
  },
} as const satisfies Record<string, { scheme: Scheme; options: Record<string, unknown> }>;

export type Preset = keyof typeof PRESETS;

/** What is wrong with a secret that an admin gives for a source of this scheme; undefined when it will do. */
export function secretFault(scheme: Scheme, secret: string): string | undefined {
  if (scheme === "none") return "is not supported: an unsigned source has none";
  if (scheme === "standard_webhooks") {
    const { byteLength } = standardKey(secret) ?? new Uint8Array();
    return byteLength >= 24 && byteLength <= 64 ? undefined : "must be whsec_ and the base64 of 24 to 64 bytes";
  }
  return /^[\x21-\x7e][\x20-\x7e]{14,510}[\x21-\x7e]$/.test(secret)
    ? undefined
    : "must be 16 to 512 printable characters, no blank first or last";
}

/** A fresh secret of 32 random bytes, as the scheme spells it. */
export function newSecret(scheme: Exclude<Scheme, "none">): string {
  const bytes = randomBytes(32);
  return scheme === "standard_webhooks" ? `whsec_${bytes.toString("base64")}` : bytes.toString("base64url");
}

/** The signing key in a Standard Webhooks secret; undefined when it is not base64. */
export function standardKey(secret: string): Uint8Array | undefined {
  const text = secret.replace(/^whsec_/, "");
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}
