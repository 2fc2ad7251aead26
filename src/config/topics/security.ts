/** Variables of keys, logins, and what may be called. */

import { z } from "zod";
import { parseEgressAllow } from "../../egress/allow.ts";
import { checkKeyring } from "../../secrets/encryption.ts";
import { parseOperatorKeys } from "../../verify/operator.ts";
import { parseFrameAncestors } from "../frame_ancestors.ts";
import { checked, flag, names, number, oneOf, say, text, url, type Variable } from "../shapes.ts";

export const SECURITY = {
  ENCRYPTION_KEYS: say(
    "Keys that encrypt tokens and secrets at rest; the first encrypts, all open. Required with an external database.",
    checked(checkKeyring, { ...text(undefined, "id:base64 of 32 bytes, several with commas"), secret: true }),
  ),
  OPERATOR_API_KEYS: say(
    "Operators' keys for X-API-Key. With the embedded database and none set, one is made in DATA_DIR, for this machine.",
    checked(parseOperatorKeys, {
      ...text(undefined, "name:key with keys of at least 32 characters, several with commas"),
      secret: true,
    }),
  ),
  API_KEY_HEADER: say("Header that keys of the Workflow Management API are sent in; its operators' keys too.", {
    ...text("X-API-Key", "the name of a header, as in X-API-Key"),
    schema: z.string().regex(/^[A-Za-z0-9-]{1,100}$/).refine((name) => !/^(authorization|host|cookie)$/i.test(name)),
  }),
  CORS_ORIGINS: say("Origins whose pages may call the Workflow Management API.", {
    schema: names.pipe(z.array(z.string().refine((one) => one === "*" || URL.parse(one)?.origin === one)).min(1)),
    shape: "origins with commas, as in https://app.example.com, or * without credentials",
    fallback: "http://localhost:3000",
  }),
  CORS_ALLOW_CREDENTIALS: say("Whether those pages may send credentials.", flag(true)),
  CORS_ALLOW_METHODS: say("Methods that they may use; *: all.", {
    schema: names.pipe(z.array(z.string().regex(/^([A-Z]+|\*)$/)).min(1)),
    shape: "methods with commas, or *",
    fallback: "*",
  }),
  CORS_ALLOW_HEADERS: say("Headers that they may send; *: all.", {
    schema: names.pipe(z.array(z.string().regex(/^([A-Za-z0-9-]+|\*)$/)).min(1)),
    shape: "names of headers with commas, or *",
    fallback: "*",
  }),
  JWT_SECRET: say(
    "Signs the tokens of the Workflow Management API, also those of another issuer; unset: it accepts keys alone.",
    {
      ...text(undefined, "at least 32 characters, as of `openssl rand -hex 32`"),
      schema: z.string().min(32),
      secret: true,
    },
  ),
  JWT_ALGORITHM: say("Of those tokens.", oneOf(["HS256"], "HS256", (text) => text.toUpperCase())),
  JWT_EXPIRATION_MINUTES: say(
    "Life of a token that is issued.",
    number(60, { min: 1, max: 525_600, unit: "minutes" }),
  ),
  CLOCKIFY_PUBLIC_KEY: say("Keys that Clockify's tokens are verified with; unset: the published one.", {
    schema: z.string().regex(/-----BEGIN PUBLIC KEY-----/),
    fallback: undefined,
    shape: "one or several PEM public keys, each from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----",
  }),
  CLOCKIFY_JWKS_URL: say("Further keys from a JWKS document, read again as they rotate.", url()),
  API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION: say(
    "false takes unsigned events, and from this machine an unsigned install: local tests only.",
    flag(true),
  ),
  UNIVERSAL_WEBHOOK_REQUIRE_SIGNATURE_VERIFICATION: say("The same for Universal Webhook.", flag(true)),
  REQUIRE_SIGNATURE_VERIFICATION: say("The same for the Clockify Add-on.", flag(true)),
  WEBHOOK_HMAC_SECRET: say(
    "Lets older senders sign deliveries by HMAC-SHA256 of the body with this secret instead of a Clockify token.",
    { ...text(undefined, "at least 32 characters"), schema: z.string().min(32), secret: true },
  ),
  CONSOLE_FRAME_ANCESTORS: say(
    "Pages that may show the console in a frame, and whose messages it accepts.",
    checked(
      parseFrameAncestors,
      text(
        "https://*.clockify.me,https://*.cake.com",
        "origins with commas, as in https://app.clockify.me,https://*.clockify.me",
      ),
    ),
  ),
  EGRESS_ALLOW: say(
    "Private targets that flows may call nevertheless: exact host:port pairs.",
    checked(parseEgressAllow, text(undefined, "host:port pairs with commas, as in 127.0.0.1:9000")),
  ),
} as const satisfies Record<string, Variable>;
