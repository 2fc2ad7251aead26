/** What the verbs share: the configuration, options, and how an answer is printed. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import { type ConfigResult, loadConfig } from "../config/load.ts";
import { CommandFailed, EXIT_CONFIG } from "./exit_codes.ts";
import { printableJson } from "./printable.ts";
import { ADDON_KEYS, findTarget, type InstallationOptions, type Target } from "./target.ts";
import type { Terminal } from "./terminal.ts";

/** What a command line is given. */
export interface CommandLine {
  terminal: Terminal;
  clock: Clock;
  /** Variables by name, those of .env too. */
  environment(): Promise<Record<string, string>>;
  /** Serves until a signal. */
  serve(): Promise<void>;
}

/** Adds the verbs of one group to the program. */
export type AddVerbs = (program: Command, line: CommandLine) => void;

export interface JsonOption {
  json?: boolean;
}

/** Throws CommandFailed with every fault. */
export async function configOf(line: CommandLine, options?: { schemaOnly?: boolean }): Promise<Config> {
  const loaded = loadConfig(await line.environment(), options);
  if (loaded.ok) return loaded.config;
  throw new CommandFailed(EXIT_CONFIG, "Cannot start: the configuration has faults", ...faultLines(loaded));
}

export function faultLines({ faults }: ConfigResult & { ok: false }): string[] {
  return faults.map(({ name, problem, remedy }) => `  ${name}: ${problem}; ${remedy}`);
}

export function withJson(command: Command): Command {
  return command.option("--json", "answer as JSON");
}

export function withProgram(command: Command): Command {
  return command.option("--url <address>", "address of the operators' listener (TIMEWIRE_URL)");
}

/** Options of a verb that is about one installation. */
export function withInstallation(command: Command): Command {
  return withProgram(command)
    .addOption(new Option("--addon <key>", "the add-on; may be left out where one is installed").choices(ADDON_KEYS))
    .option("--workspace <id>", "the workspace; may be left out where there is one");
}

export async function targetOf(line: CommandLine, options: InstallationOptions): Promise<Target> {
  return await findTarget(options, { config: await configOf(line), clock: line.clock });
}

/**
 * The answer as JSON, with the add-on it is of, or as lines for people, with the installation named on standard error so that
 * standard output holds the rows alone.
 */
export function printAnswer(
  { terminal }: CommandLine,
  { json, target, answer, lines }: JsonOption & { target: Target; answer: object; lines(): string[] },
): void {
  const { addon, workspaceId, title } = target;
  if (json) {
    terminal.out(printableJson({ addon, workspace_id: workspaceId, ...answer }));
    return;
  }
  terminal.err(title);
  for (const one of lines()) terminal.out(one);
}

/** A whole number of an option, from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** An instant with a zone, or a time before now such as 30m, 24h or 7d; gives ISO 8601. */
export function instant(clock: Clock): (text: string) => string {
  return (text) => {
    const ago = /^(\d{1,5})([mhd])$/.exec(text);
    if (ago) return new Date(clock.now() - Number(ago[1]) * UNIT_MS[ago[2] as keyof typeof UNIT_MS]).toISOString();
    const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
    const hasZone = /T.*(Z|[+-]\d\d:\d\d)$/.test(text);
    const ms = isDay || hasZone ? Date.parse(text) : NaN;
    if (!Number.isNaN(ms)) return new Date(ms).toISOString();
    throw new InvalidArgumentError("Expected 30m, 24h, 7d, a day (UTC) such as 2026-11-21, or 2026-11-21T08:00:00Z.");
  };
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An id of events and flows. */
export function idArgument(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected an id, a whole number.");
}

/** Up to `limit` rows of a list that has pages. */
async function readPages<Row>(
  limit: number,
  read: (page: { limit: number; cursor?: string }) => Promise<{ rows: Row[]; next: string | null }>,
): Promise<{ rows: Row[]; next: string | null }> {
  const rows: Row[] = [];
  let next: string | null = null;
  do {
    const page = await read({ limit: Math.min(MAX_PAGE, limit - rows.length), cursor: next ?? undefined });
    rows.push(...page.rows);
    next = page.next;
  } while (next !== null && rows.length < limit);
  return { rows, next };
}

/** Prints up to `limit` rows of a list of the target's, which the answer has as `from` and JSON as `as`. */
export async function printPages<Row>(
  line: CommandLine,
  { json, target, limit, path, query, from, as, lines }: JsonOption & {
    target: Target;
    limit: number;
    path: string;
    query: Record<string, string | undefined>;
    from: string;
    as: string;
    lines(rows: Row[]): string[];
  },
): Promise<void> {
  type Page = Record<string, Row[]> & { pagination: { next_cursor: string | null } };
  const { rows, next } = await readPages<Row>(limit, async (page) => {
    const answer = await target.api.get<Page>(target.path(path), { ...target.query, ...query, ...page });
    return { rows: answer[from]!, next: answer.pagination.next_cursor };
  });
  printAnswer(line, { json, target, answer: { [as]: rows, next_cursor: next }, lines: () => lines(rows) });
}

/** Rows that the program gives at once. */
const MAX_PAGE = 100;
/** Rows of one list at most. */
export const MAX_ROWS = 10_000;
