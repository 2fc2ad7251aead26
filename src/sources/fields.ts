/** The options of each scheme as fields of a form, in its order: what the console draws, and what the documents list. */

import { CHALLENGES } from "./challenge.ts";
import { type Scheme, SCHEMES, SECRET_ENCODINGS } from "./scheme_names.ts";

export interface SchemeField {
  /** Of the option, as in `header` or `elements.signature`. */
  name: string;
  label: string;
  /** Of what a form takes: text, one of `choices`, a whole number, names with commas between, or yes and no. */
  kind: "text" | "choice" | "number" | "list" | "boolean";
  choices?: readonly string[];
  required?: true;
  /** What counts where it is left out. */
  default?: string;
}

export interface SchemeForm {
  scheme: Scheme;
  label: string;
  /** Whether a source has a secret that we can make, one that only its sender can give, or none. */
  secret: "made" | "given" | "none";
  secretLabel: string;
  fields: readonly SchemeField[];
}

const text = (name: string, label: string, more: Partial<SchemeField> = {}): SchemeField => ({
  name,
  label,
  kind: "text",
  ...more,
});
const choice = (name: string, label: string, choices: readonly string[], fallback?: string): SchemeField => ({
  name,
  label,
  kind: "choice",
  choices,
  ...(fallback !== undefined && { default: fallback }),
});

const PLACE = [
  text("header", "Header of the proof"),
  text("query", "Or parameter of the address"),
  text("body_path", "Or field of the body"),
];
const TOLERANCE: SchemeField = {
  name: "tolerance_seconds",
  label: "Greatest age in seconds",
  kind: "number",
  default: "300",
};
const FACTS: readonly SchemeField[] = [
  { name: "id_header", label: "Headers that name the delivery, the first that is there counts", kind: "list" },
  text("id_path", "Or field of the body that names it"),
  text("type_header", "Header with the event's type"),
  text("type_path", "Or field of the body with it"),
  choice("challenge", "Questions of the sender that are answered", CHALLENGES),
];
const SIGNATURE: readonly SchemeField[] = [
  ...PLACE,
  choice("encoding", "Encoding of the signature", ["hex", "base64", "base64url"], "hex"),
  text("prefix", "Text before the signature"),
  text("elements.signature", "For a list: name of the signatures in it"),
  text("elements.timestamp", "For a list: name of the time in it"),
  choice("elements.separator", "For a list: sign between its elements", [",", ";", " "], ","),
  choice("elements.assign", "For a list: sign between name and value", ["=", ","], "="),
  text("signed", "What is signed", { default: "{body}" }),
  { name: "allow_unsigned_body", label: "The body is not signed, only an id and a time", kind: "boolean" },
  { name: "signed_fields", label: "Fields of the part {fields}, in their order", kind: "list" },
  text("timestamp_header", "Header with the time"),
  text("timestamp_path", "Or field of the body with it"),
  choice("timestamp_format", "Form of the time", ["seconds", "milliseconds", "iso8601"], "seconds"),
  TOLERANCE,
  text("body_sha256_query", "Parameter of the address with the SHA-256 of a body that is no form"),
];
const HMAC: readonly SchemeField[] = [
  ...SIGNATURE,
  choice("secret_encoding", "Encoding of the secret", SECRET_ENCODINGS, "utf8"),
  text("secret_prefix", "Text before an encoded secret"),
  { name: "body_once", label: "An equal body counts once a week, whatever its id", kind: "boolean" },
];

const SECRET = "Secret";
const PUBLIC_KEY = "Public key of the sender: PEM, hex or base64";

const FORMS: Record<Scheme, Omit<SchemeForm, "scheme">> = {
  standard_webhooks: {
    label: "Standard Webhooks",
    secret: "made",
    secretLabel: "Secret (whsec_) or public key (whpk_)",
    fields: [choice("headers", "Names of the headers", ["webhook", "svix"], "webhook"), TOLERANCE, ...FACTS],
  },
  hmac_sha256: { label: "HMAC-SHA256", secret: "made", secretLabel: SECRET, fields: [...HMAC, ...FACTS] },
  hmac_sha1: { label: "HMAC-SHA1", secret: "made", secretLabel: SECRET, fields: [...HMAC, ...FACTS] },
  hmac_sha512: { label: "HMAC-SHA512", secret: "made", secretLabel: SECRET, fields: [...HMAC, ...FACTS] },
  ed25519: { label: "Ed25519", secret: "given", secretLabel: PUBLIC_KEY, fields: [...SIGNATURE, ...FACTS] },
  ecdsa_sha256: {
    label: "ECDSA with SHA-256",
    secret: "given",
    secretLabel: PUBLIC_KEY,
    fields: [...SIGNATURE, ...FACTS],
  },
  rsa_sha256: {
    label: "RSA with SHA-256",
    secret: "given",
    secretLabel: "Public key or certificate of the sender: PEM",
    fields: [...SIGNATURE, ...FACTS],
  },
  jwt_hs256: {
    label: "Token (JWT, HS256)",
    secret: "made",
    secretLabel: SECRET,
    fields: [
      text("header", "Header of the token", { default: "authorization" }),
      text("prefix", "Text before the token"),
      ...FACTS,
    ],
  },
  basic: {
    label: "Basic authentication",
    secret: "made",
    secretLabel: "Password",
    fields: [text("user", "User", { required: true }), ...FACTS],
  },
  api_key: {
    label: "Key in a header, the address or the body",
    secret: "made",
    secretLabel: "Key",
    fields: [
      text("header", "Header of the key", { default: "x-api-key" }),
      ...PLACE.slice(1),
      text("prefix", "Text before the key"),
      ...FACTS,
    ],
  },
  none: {
    label: "Unsigned: anyone who knows the address can send",
    secret: "none",
    secretLabel: "",
    fields: FACTS,
  },
};

export const SCHEME_FORMS: readonly SchemeForm[] = SCHEMES.map((scheme) => ({ scheme, ...FORMS[scheme] }));
