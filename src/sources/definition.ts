/** The definition of a custom source: the JSON an admin sends to make or change one, checked with every fault at once. */

import { z } from "zod";
import { AppError } from "../base/errors.ts";
import { newSecret, secretFault } from "./keys.ts";
import { OPTIONS, type Rules } from "./scheme.ts";
import { isPublicKeyScheme, type Scheme, SCHEMES } from "./scheme_names.ts";
import { type OwnAnswer, type Preset, PRESETS, type Sender, SENDERS } from "./senders.ts";

export type SourceDefinition = Rules & {
  /** [a-z0-9_-]{1,50}; events are then of type `custom:<name>`. */
  name: string;
  /** The sender that its options began with; null: none of ours. */
  preset: Preset | null;
  enabled: boolean;
  /** null: as many as the listener takes. */
  maxBodyBytes: number | null;
  ratePerSecond: number;
  /** So long an equal delivery is a repeat, where its sender gives no id; null: never. */
  duplicateWindowSeconds: number | null;
  answer: OwnAnswer | null;
};

const NAME = "must be 1 to 50 of a-z, 0-9, _ and -";
const KEY_LIKE = "must not end like the address of a source: - and 16 or 26 letters or digits";
const RATE = "must be a whole number from 1 to 1000";
const SIZE = "must be a whole number of bytes from 1 to 5242880";
const WINDOW = "must be a whole number of seconds from 1 to 86400, or null";
const MAX_ANSWER_BYTES = 4_096;

/**
 * The last part of an address: `<name>-<26 of base32>`; the first ones were given 16. No name has this form, so that one
 * look distinguishes them.
 */
export const KEY_FORM = /-(?:[a-z2-7]{26}|[a-z2-7]{16})$/;

/** Event type of what a source sends; the prefix keeps it from posing as Clockify. */
export function customEvent(name: string): string {
  return `custom:${name}`;
}

/** Types that no browser runs as a page of ours. */
const ANSWER_TYPES = ["application/json", "text/plain", "application/xml", "text/xml"] as const;

const answer = z.strictObject({
  status: z.int("must be from 200 to 299").min(200, "must be from 200 to 299").max(299, "must be from 200 to 299")
    .default(200),
  content_type: z.enum(ANSWER_TYPES, `must be one of ${ANSWER_TYPES.join(", ")}`).default("application/json"),
  body: z.string("must be text").default("").refine(
    (text) => new TextEncoder().encode(text).byteLength <= MAX_ANSWER_BYTES,
    `must be at most ${MAX_ANSWER_BYTES} bytes`,
  ),
}).refine(({ status, body }) => body === "" || ![204, 205].includes(status), {
  path: ["body"],
  message: "must be empty with this status",
});

const bounds = {
  enabled: z.boolean("must be true or false"),
  max_body_bytes: z.int(SIZE).min(1, SIZE).max(5_242_880, SIZE).nullable(),
  rate_per_second: z.int(RATE).min(1, RATE).max(1_000, RATE),
  duplicate_window_seconds: z.int(WINDOW).min(1, WINDOW).max(86_400, WINDOW).nullable(),
  answer: answer.nullable(),
};
const limits = {
  enabled: bounds.enabled.default(true),
  max_body_bytes: bounds.max_body_bytes.default(null),
  rate_per_second: bounds.rate_per_second.default(20),
  duplicate_window_seconds: bounds.duplicate_window_seconds.default(null),
  answer: bounds.answer.default(null),
};

/** What parseNewSource() takes. */
export const createSchema = z.strictObject({
  name: z.string(NAME).regex(/^[a-z0-9_-]{1,50}$/, NAME).refine((name) => !KEY_FORM.test(name), KEY_LIKE),
  scheme: z.enum(SCHEMES, `must be one of ${SCHEMES.join(", ")}`).optional(),
  preset: z.enum(PRESETS, `must be one of ${PRESETS.join(", ")}`).optional(),
  options: z.record(z.string(), z.unknown(), "must be an object").default({}),
  /** Null: its sender gives one later, by a handshake or for a rotation; until then deliveries are refused. */
  secret: z.string("must be text").nullable().optional(),
  allow_unsigned: z.boolean("must be true or false").default(false),
  ...limits,
});

/** What patchSource() takes: what is absent stays. */
export const patchSchema = z.strictObject({ options: z.record(z.string(), z.unknown()), ...bounds }).partial();

const updateSchema = z.strictObject({
  options: z.record(z.string(), z.unknown(), "must be an object"),
  ...limits,
});

/** What an answer adds to a definition, or cannot be changed: a client that sends the whole answer back means the rest. */
const FIXED = [
  "id",
  "name",
  "scheme",
  "preset",
  "url",
  "secrets",
  "created_at",
  "updated_at",
  "last_event_at",
  "last_refused_at",
  "last_refused_reason",
];

/**
 * The source to make, with its secret: the one the admin gives, else a fresh one, none for an unsigned source and for one whose
 * sender gives it later. Throws REQUEST_INVALID with all faults.
 */
export function parseNewSource(input: unknown): { definition: SourceDefinition; secret: string | undefined } {
  const { name, preset = null, secret, allow_unsigned, ...rest } = checked(createSchema, input);
  const sender: Sender | null = preset && SENDERS[preset];
  const scheme = rest.scheme ?? sender?.scheme;
  if (scheme === undefined) throw invalid([{ path: "scheme", message: "must be given, or a preset" }]);
  if (sender && sender.scheme !== scheme) {
    throw invalid([{ path: "scheme", message: `is not that of the preset "${preset}"` }]);
  }
  if (scheme === "none" && !allow_unsigned) {
    throw invalid([{ path: "allow_unsigned", message: "must be true: whoever learns the address may send events" }]);
  }
  const rules = parseRules(scheme, { ...sender?.options, ...rest.options });
  requireOwnText(rules, sender);
  const own = sender?.answer && !Object.hasOwn(input as object, "answer") ? { answer: sender.answer } : {};
  return {
    definition: { ...rules, name, preset, ...limitsOf({ ...rest, ...own }) },
    secret: secretOf(rules, secret, sender),
  };
}

/** Throws REQUEST_INVALID while `signed` has the text that each source of the sender replaces by its own. */
function requireOwnText({ options }: Rules, sender: Sender | null) {
  if (!sender?.ownText || !("signed" in options) || !options.signed.includes(sender.ownText.text)) return;
  const { text, name } = sender.ownText;
  throw invalid([{ path: "options.signed", message: `must hold ${name} in place of ${text}` }]);
}

/** The source with `patch` laid over it; name and scheme stay. Throws REQUEST_INVALID with all faults. */
export function patchSource(source: SourceDefinition, patch: unknown): SourceDefinition {
  if (!isObject(patch)) throw invalid([{ path: "", message: "a source must be an object" }]);
  const faults = (["name", "scheme"] as const)
    .filter((key) => Object.hasOwn(patch, key) && patch[key] !== source[key])
    .map((key) => ({ path: key, message: "cannot be changed: create another source" }));
  if (faults.length > 0) throw invalid(faults);
  const merged: Record<string, unknown> = {
    options: source.options,
    enabled: source.enabled,
    max_body_bytes: source.maxBodyBytes,
    rate_per_second: source.ratePerSecond,
    duplicate_window_seconds: source.duplicateWindowSeconds,
    answer: source.answer,
    ...patch,
  };
  for (const key of FIXED) delete merged[key];
  const { options, ...rest } = checked(updateSchema, merged);
  const rules = parseRules(source.scheme, options);
  requireOwnText(rules, source.preset && SENDERS[source.preset]);
  return { ...rules, name: source.name, preset: source.preset, ...limitsOf(rest) };
}

/** What parseRotation() takes. */
export const rotateSchema = z.strictObject({
  secret: z.string("must be text").optional(),
  overlap_hours: z.number("must be from 0 to 168").min(0, "must be from 0 to 168").max(168, "must be from 0 to 168")
    .default(24),
});

/** The secret to come and how long the present one stays. Throws REQUEST_INVALID. */
export function parseRotation(rules: Rules, input: unknown): { secret: string; overlapMs: number } {
  const { secret, overlap_hours } = checked(rotateSchema, input);
  const next = secretOf(rules, secret, null);
  if (next === undefined) throw invalid([{ path: "", message: "an unsigned source has no secret" }]);
  return { secret: next, overlapMs: overlap_hours * 3_600_000 };
}

/** Options as they are stored, read again: the schema fills in what a newer version added. */
export function readRules(scheme: string, options: unknown): Rules {
  return parseRules(scheme as Scheme, options);
}

function parseRules(scheme: Scheme, options: unknown): Rules {
  const parsed = OPTIONS[scheme].safeParse(options);
  if (!parsed.success) throw invalid(faultsOf(parsed.error, ["options"]));
  return { scheme, options: parsed.data } as Rules;
}

/** Undefined where the source has none, or none yet. */
function secretOf(rules: Rules, given: string | null | undefined, sender: Sender | null): string | undefined {
  const { scheme } = rules;
  if (given === null || (given === undefined && sender?.secretFrom === "handshake")) return undefined;
  if (given === undefined) {
    if (!isPublicKeyScheme(scheme)) return newSecret(rules);
    throw invalid([{ path: "secret", message: "must be the sender's public key; null: it is entered later" }]);
  }
  const message = secretFault(rules, given);
  if (message !== undefined) throw invalid([{ path: "secret", message }]);
  return given;
}

function limitsOf(
  { enabled, max_body_bytes, rate_per_second, duplicate_window_seconds, answer }: {
    enabled: boolean;
    max_body_bytes: number | null;
    rate_per_second: number;
    duplicate_window_seconds: number | null;
    answer: OwnAnswer | null;
  },
) {
  return {
    enabled,
    maxBodyBytes: max_body_bytes,
    ratePerSecond: rate_per_second,
    duplicateWindowSeconds: duplicate_window_seconds,
    answer,
  };
}

interface Fault {
  path: string;
  message: string;
}

function checked<Shape extends z.ZodType>(shape: Shape, input: unknown): z.infer<Shape> {
  const parsed = shape.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalid(faultsOf(parsed.error, []));
}

function faultsOf(error: z.ZodError, base: string[]): Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    const path = [...base, ...issue.path];
    if (issue.code !== "unrecognized_keys") return [{ path: path.join("."), message: issue.message }];
    return issue.keys.map((key) => ({ path: [...path, key].join("."), message: "is not a field of a source" }));
  });
}

function invalid(faults: Fault[]): AppError {
  return new AppError(
    "REQUEST_INVALID",
    `Cannot save the source: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`,
    { details: { faults } },
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
