/** A new source while its form is filled in: what was chosen and typed, and the request that it becomes. */

import type { Answer } from "../../wire.ts";
import { say } from "../../words/say.ts";
import type { NewSource } from "./api.ts";

export type Senders = Answer<"get_ui_senders">;
export type SchemeForm = Senders["schemes"][number];
export type SchemeField = SchemeForm["fields"][number];

/** made: by us; given: typed in; later: the sender gives it once it has the address. */
export type SecretWay = "made" | "given" | "later";

export interface SourceDraft {
  name: string;
  /** A preset, or "scheme:" and a scheme. */
  kind: string;
  /** By names of fields. */
  values: Readonly<Record<string, string>>;
  secretWay: SecretWay;
  secret: string;
}

const SCHEME = "scheme:";

/** Everything that the first select offers: senders by their names, then schemes. */
export function kindsOf({ senders, schemes }: Senders): { key: string; label: string }[] {
  const known = senders.map(({ preset, label }) => ({ key: preset as string, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
  return [
    ...known,
    ...schemes.map(({ scheme, label }) => ({ key: SCHEME + scheme, label: say("Other: {name}", { name: label }) })),
  ];
}

/** The chosen sender, if it is one of ours, and the form of its scheme. */
export function chosen({ senders, schemes }: Senders, kind: string) {
  const sender = senders.find(({ preset }) => preset === kind);
  const scheme = sender?.scheme ?? kind.slice(SCHEME.length);
  return { sender, form: schemes.find((one) => one.scheme === scheme)! };
}

/** A draft of this kind, with the sender's own values in its fields. */
export function draftOf(all: Senders, kind: string, name: string): SourceDraft {
  const { sender, form } = chosen(all, kind);
  const values = Object.fromEntries(form.fields.map(({ name }) => [name, shown(optionAt(sender?.options, name))]));
  return { name, kind, values, secretWay: waysOf(all, kind)[0] ?? "made", secret: "" };
}

/** Ways of the secret, the likeliest one first; none of an unsigned source. */
export function waysOf(all: Senders, kind: string): SecretWay[] {
  const { sender, form } = chosen(all, kind);
  if (form.secret === "none") return [];
  if (sender?.secret_from === "handshake") return ["later", "given"];
  if (form.secret === "given") return ["later", "given"];
  return sender?.secret_from === "sender" ? ["later", "given", "made"] : ["made", "given", "later"];
}

/** A name as its events have it: "My shop" is my-shop. */
export function slugOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{Mark}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9_]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 50);
}

/** What is sent: options that differ from the sender's own, or all that were filled in. */
export function newSourceOf(all: Senders, { name, kind, values, secretWay, secret }: SourceDraft): NewSource {
  const { sender, form } = chosen(all, kind);
  const options: Record<string, unknown> = {};
  for (const field of form.fields) {
    const text = values[field.name] ?? "";
    if (text === "" || (sender && text === shown(optionAt(sender.options, field.name)))) continue;
    setAt(options, field.name, valueOf(field, text));
    // Of an option with parts all of them are sent: the object replaces the sender's.
    const [whole, part] = field.name.split(".");
    const own = part === undefined ? undefined : sender?.options[whole!];
    if (typeof own === "object" && own !== null) options[whole!] = { ...own, ...options[whole!] as object };
  }
  return {
    name: slugOf(name),
    ...(sender ? { preset: sender.preset } : { scheme: form.scheme }),
    ...(Object.keys(options).length > 0 && { options: options as NewSource["options"] }),
    ...(form.secret === "none"
      ? { allow_unsigned: true }
      : secretWay === "given"
      ? { secret: secret.trim() }
      : secretWay === "later" && { secret: null }),
  };
}

function valueOf({ kind }: SchemeField, text: string): unknown {
  if (kind === "number") return Number(text);
  if (kind === "boolean") return text === "true";
  if (kind === "list") return text.split(",").map((one) => one.trim()).filter(Boolean);
  return text;
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : value === undefined ? "" : String(value);
}

function optionAt(options: Record<string, unknown> | undefined, name: string): unknown {
  const [whole, part] = name.split(".");
  const value = options?.[whole!];
  return part === undefined ? value : (value as Record<string, unknown> | undefined)?.[part];
}

function setAt(options: Record<string, unknown>, name: string, value: unknown): void {
  const [whole, part] = name.split(".");
  options[whole!] = part === undefined ? value : { ...options[whole!] as object, [part]: value };
}
