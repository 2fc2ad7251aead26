/** The logger: one line of JSON (or of text for people) per unit of work, redacted at this sink. */

import type { Clock } from "../base/clock.ts";
import { createStdoutWriter, type LineWriter } from "./log_output.ts";
import { logValue } from "./log_value.ts";
import { redactText } from "./redact.ts";

export const LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = "json" | "text";
export type LogFields = Record<string, unknown>;

/** The parts of the program, as the name of a logger has them behind "timewire.". */
export const LOG_PARTS = [
  "http",
  "ingest",
  "lifecycle",
  "flows",
  "engine",
  "queue",
  "schedules",
  "entities",
  "coverage",
  "installations",
  "retention",
  "audit",
  "backup",
  "calls",
  "changes",
  "stream",
  "limits",
  "kafka",
] as const;
export type LogPart = (typeof LOG_PARTS)[number];

export interface Logger {
  /** `event` names what happened, e.g. "event.received"; the names of `fields` are written in snake_case. Never throws. */
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** True when lines of this level are written; ask it before costly fields are gathered. */
  enabled(level: LogLevel): boolean;
  /** A logger that adds these fields to each line. `logger` names the part whose lines they are, below the parent's name. */
  child(fields: LogFields & { logger?: LogPart }): Logger;
  /** This logger with `level` in place of LOG_LEVEL: for lines about a workspace that chose its own. Undefined: itself. */
  at(level: LogLevel | undefined): Logger;
  /** Writes out what is still in memory. Call it before the process ends; errors are written at once. */
  flush(): void;
}

export interface LoggerOptions {
  level: LogLevel;
  format: LogFormat;
  clock: Clock;
  /** Takes one line with its line end. Default: stdout, gathered for some milliseconds. */
  write?: (line: string) => void;
}

interface Sink {
  rank: number;
  clock: Clock;
  stacks: boolean;
  format: LogFormat;
  output: LineWriter;
}

const RANKS: Record<LogLevel, number> = { DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3 };

const ROOT_NAME = "timewire";

/** The program's logger. */
export function createLogger({ level, format, clock, write }: LoggerOptions): Logger {
  const output: LineWriter = write ? { write, flush: () => {} } : createStdoutWriter(clock);
  const rank = RANKS[level];
  return build({ rank, clock, stacks: rank === RANKS.DEBUG, format, output }, ROOT_NAME, "");
}

/** `fixed` holds the fields of the children already rendered, since they are the same on each line. */
function build(sink: Sink, name: string, fixed: string): Logger {
  const { rank } = sink;
  const line = sink.format === "json" ? jsonLine : textLine;

  function emit(level: LogLevel, event: string, fields?: LogFields): void {
    try {
      sink.output.write(line(sink, { level, name, event, fixed, fields }));
    } catch (error) {
      // A field that cannot be read must not fail the work it describes.
      const reason = { event, reason: error instanceof Error ? error.name : "unknown" };
      sink.output.write(line(sink, { level: "ERROR", name, event: "log.failed", fixed: "", fields: reason }));
    }
    if (level === "ERROR") sink.output.flush();
  }

  const others: Partial<Record<LogLevel, Logger>> = {};
  const self: Logger = {
    debug: (event, fields) => rank <= RANKS.DEBUG ? emit("DEBUG", event, fields) : undefined,
    info: (event, fields) => rank <= RANKS.INFO ? emit("INFO", event, fields) : undefined,
    warn: (event, fields) => rank <= RANKS.WARNING ? emit("WARNING", event, fields) : undefined,
    error: (event, fields) => emit("ERROR", event, fields),
    enabled: (level) => rank <= RANKS[level],
    child({ logger, ...fields }) {
      const rendered = sink.format === "json" ? jsonFields(sink, fields) : textFields(sink, fields);
      return build(sink, logger === undefined ? name : `${name}.${logger}`, fixed + rendered);
    },
    at: (level) => {
      if (level === undefined || RANKS[level] === rank) return self;
      return others[level] ??= build({ ...sink, rank: RANKS[level] }, name, fixed);
    },
    flush: () => sink.output.flush(),
  };
  return self;
}

interface Line {
  level: LogLevel;
  name: string;
  event: string;
  fixed: string;
  fields?: LogFields;
}

function jsonLine(sink: Sink, { level, name, event, fixed, fields }: Line): string {
  const timestamp = new Date(sink.clock.now()).toISOString();
  const message = JSON.stringify(redactText(event));
  const rest = fields ? jsonFields(sink, fields) : "";
  return `{"timestamp":"${timestamp}","level":"${level}","logger":"${name}","message":${message}${fixed}${rest}}\n`;
}

function jsonFields(sink: Sink, fields: LogFields): string {
  let text = "";
  for (const key in fields) {
    const value = logValue(key, fields[key], sink);
    if (value !== undefined) text += `,${encodedName(key)}:${JSON.stringify(value)}`;
  }
  return text;
}

const TEXT_LEVELS: Record<LogLevel, string> = { DEBUG: "debug", INFO: "info ", WARNING: "WARN ", ERROR: "ERROR" };

/** `12:04:05.123 info  timewire.queue event.received event_id=7 duration_ms=3`, times in UTC. */
function textLine(sink: Sink, { level, name, event, fixed, fields }: Line): string {
  const time = new Date(sink.clock.now()).toISOString().slice(11, 23);
  const message = oneLine(redactText(event));
  return `${time} ${TEXT_LEVELS[level]} ${name} ${message}${fixed}${fields ? textFields(sink, fields) : ""}\n`;
}

function textFields(sink: Sink, fields: LogFields): string {
  let text = "";
  for (const key in fields) {
    const value = logValue(key, fields[key], sink);
    if (value === undefined) continue;
    text += ` ${JSON.parse(encodedName(key))}=${typeof value === "string" ? oneLine(value) : JSON.stringify(value)}`;
  }
  return text;
}

/** Quotes what would break or fake a line. */
function oneLine(text: string): string {
  return /^[\w.:/@+,\[\]-]+$/.test(text) ? text : JSON.stringify(text);
}

const RESERVED = new Set(["timestamp", "level", "logger", "message"]);
/** Field names come from our code, so this stays small. */
const encodedNames = new Map<string, string>();

/** The JSON text of a field's name in snake_case, set apart from the four names each line has. */
function encodedName(key: string): string {
  let encoded = encodedNames.get(key);
  if (encoded === undefined) {
    const snake = key.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
    encoded = JSON.stringify(RESERVED.has(snake) ? `field_${snake}` : snake);
    encodedNames.set(key, encoded);
  }
  return encoded;
}
