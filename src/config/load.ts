/** The only reader of the environment: all variables checked at once, one typed Config out. */

import { load } from "@std/dotenv";
import { AppError } from "../base/errors.ts";
import { type NearestName, nearestName } from "../base/nearest_name.ts";
import { assemble } from "./assemble.ts";
import { crossFaults, dangers } from "./checks.ts";
import type { Config, ConfigFault } from "./config.ts";
import {
  IGNORED,
  OUR_PREFIXES,
  PLANNED,
  type Values,
  type Variable,
  type VariableName,
  VARIABLES,
} from "./variables.ts";

export type ConfigResult = { ok: true; config: Config; warnings: string[] } | { ok: false; faults: ConfigFault[] };

/** The environment over `.env` in the working directory; an empty value counts as unset. */
export async function readEnvironment(): Promise<Record<string, string>> {
  const file = await load().catch((error) => {
    throw new AppError("CONFIG_INVALID", `Cannot read .env: ${error.message}`, { cause: error });
  });
  return { ...file, ...filled(Deno.env.toObject()) };
}

/** Without empty values and the blanks around others; without what Kubernetes adds for a service named like one of ours. */
function filled(env: Record<string, string>): Record<string, string> {
  const entries = Object.entries(env).map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== "" && !value.startsWith("tcp://")));
}

/** Names that the schema reads, aliases included: what the permission set of deno.json must allow. */
export function knownVariables(): string[] {
  return Object.entries(VARIABLES).flatMap(([name, variable]: [string, Variable]) => [name, ...variable.aliases ?? []]);
}

/**
 * Checks everything and reports all faults at once; a fault names the variable as it was given, its shape and the remedy, never
 * a value. `schemaOnly`: nothing that is stored will be opened, so that its keys may be missing.
 */
export function loadConfig(
  given: Record<string, string>,
  { schemaOnly = false }: { schemaOnly?: boolean } = {},
): ConfigResult {
  const env = filled(given);
  const faults: ConfigFault[] = [];
  const warnings: string[] = [];
  const values: Partial<Record<VariableName, unknown>> = {};
  for (const [name, variable] of Object.entries(VARIABLES) as [VariableName, Variable][]) {
    const text = readOne(name, variable, { env, faults, warnings });
    if (text === undefined) continue;
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else {
      const [issue] = parsed.error.issues;
      const problem = issue?.code === "custom" && issue.message ? issue.message : "the value has the wrong shape";
      const alias = env[name] === undefined ? variable.aliases?.find((alias) => env[alias] !== undefined) : undefined;
      faults.push({ name: alias ?? name, problem, remedy: `set ${variable.shape}` });
    }
  }
  warnings.push(...strangers(env));
  // Each was read by its own schema; those with a fallback are there unless a fault says otherwise.
  faults.push(
    ...crossFaults(values as Partial<Values>).filter(({ name }) => !(schemaOnly && name === "ENCRYPTION_KEYS")),
  );
  if (faults.length > 0) return { ok: false, faults };
  const otel = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("OTEL_")));
  const config = assemble(values as Values, otel);
  warnings.push(...dangers(config));
  return { ok: true, config, warnings };
}

interface Reading {
  env: Record<string, string>;
  faults: ConfigFault[];
  warnings: string[];
}

function readOne(name: string, { aliases = [], fallback }: Variable, { env, faults, warnings }: Reading) {
  for (const alias of aliases) {
    if (env[alias] === undefined) continue;
    if (env[name] !== undefined && env[name] !== env[alias]) {
      faults.push({ name, problem: `${alias}, its other name, has another value`, remedy: `remove ${alias}` });
    } else warnings.push(`${alias} is read as ${name}; use ${name}`);
    return env[name] ?? env[alias];
  }
  return env[name] ?? fallback;
}

/** Kubernetes sets these for every service of the namespace, also for one named like a prefix of ours. */
const KUBERNETES = /_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))/;

/** Edits that are a slip: a letter or two wrong, or two that changed places. */
const MAX_SLIPS = 2;

/** The name of ours that another one is by a slip, in a name long enough that no other program's looks so by chance. */
function meantBySlip(name: string, known: Iterable<string>): NearestName | undefined {
  if (name.length < 8) return undefined;
  const near = [...known].filter(({ length }) => Math.abs(length - name.length) <= MAX_SLIPS);
  const meant = nearestName(name, near);
  return meant && meant.edits <= MAX_SLIPS ? meant : undefined;
}

/** Warnings for names that look like ours and are not read. */
function strangers(env: Record<string, string>): string[] {
  const known = new Set(knownVariables());
  const warnings: string[] = [];
  for (const name of Object.keys(env)) {
    if (known.has(name)) continue;
    if (KUBERNETES.test(name)) continue;
    if (IGNORED[name]) warnings.push(`${name} has no effect here: ${IGNORED[name]}`);
    else if (PLANNED.test(name)) warnings.push(`${name} is not used by this version yet`);
    else {
      const meant = OUR_PREFIXES.test(name) ? nearestName(name, known) : meantBySlip(name, known);
      if (meant) warnings.push(`${name} is unknown; did you mean ${meant.name}?`);
    }
  }
  return warnings;
}
