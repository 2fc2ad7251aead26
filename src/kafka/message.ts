/** The messages of the two topics: read, written, and what is put beside those that cannot be processed. */

import { Buffer } from "node:buffer";
import { z } from "zod";
import { hasTooManyValues, isDeeperThan, MAX_JSON_VALUES } from "../base/json_depth.ts";
import { jsonText } from "../base/json_text.ts";
import { anyJson } from "../engine/any_json.ts";
import { type WorkflowDefinition, workflowShape } from "../workflows/definition.ts";
import { runIdOf } from "../workflows/runs.ts";
import type { InMessage, OutMessage } from "./client.ts";
import type { Outgoing } from "./outbox.ts";
import type { KafkaSettings, TopicKind } from "./settings.ts";

/** Why a message is a dead letter. */
export const DEAD_LETTER_REASONS = [
  "unreadable",
  "unknown_type",
  "invalid",
  "too_large",
  "too_old",
  "refused",
  "failed",
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** A message that no further attempt would process. */
export interface Poison {
  why: DeadLetterReason;
  /** For people: what is wrong with it. */
  reason: string;
}

export interface ExecutionRequest {
  kind: "execution";
  /** UUID, lower case. */
  runId: string;
  definition: WorkflowDefinition;
  input: Record<string, unknown>;
}

export interface CancellationRequest {
  kind: "cancellation";
  runId: string;
  by: string;
  reason: string | null;
}

/** Marks what the outbox published: a hint for a run that stands in the database, and for no other. */
const SOURCE = "timewire-source";
const TYPES = { execution: "execution_request", cancellation: "cancellation_request" } as const;
/** Faults that a dead letter names. */
const MAX_FAULTS = 20;
const MAX_REASON_CHARS = 2_000;

const runId = z.string()
  .regex(/^(run-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "must be a UUID, with or without run- before it")
  .transform((text) => text.replace(/^run-/, "").toLowerCase());
const timestamp = z.union([z.string().max(64), z.number()]).optional();

/** What a message of ours is read for. */
const runOf = z.object({ run_id: runId });

const executionShape = z.object({
  run_id: runId,
  workflow_plan: workflowShape.extend({
    workflow_id: z.string().max(300).nullish(),
    version: z.int().nullish(),
    status: z.string().max(50).nullish(),
  }),
  input_data: z.record(z.string(), anyJson).nullish(),
  timestamp,
});

const cancellationShape = z.object({
  run_id: runId,
  cancelled_by: z.string().min(1).max(255).default("kafka"),
  reason: z.string().max(500).nullish(),
  timestamp,
});

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A message of ours says no more than which run it is about. */
export type Read =
  | { hint: { kind: TopicKind; runId: string } }
  | { request: ExecutionRequest | CancellationRequest }
  | { poison: Poison; plan?: BadPlan };

/** The plan of a request whose shape is wrong: what else is wrong with it is for the dead letter, too. */
export interface BadPlan {
  /** As it came. */
  sent: unknown;
  faults: { path: string; message: string }[];
}

export function readMessage(
  { value, key, headers }: Pick<InMessage, "value" | "key" | "headers">,
  kind: TopicKind,
  { maxBytes, maxDepth }: { maxBytes: number; maxDepth: number },
): Read {
  const bytes = sizeOf({ value, key, headers });
  if (bytes > maxBytes) return poison("too_large", `it has ${bytes} bytes, ${maxBytes} are processed`);
  let text: string;
  try {
    text = utf8.decode(value ?? new Uint8Array());
  } catch {
    return poison("unreadable", "it is not UTF-8");
  }
  if (isDeeperThan(maxDepth, text)) return poison("too_large", `it nests deeper than ${maxDepth} levels`);
  if (hasTooManyValues(text)) return poison("too_large", `it holds more than ${MAX_JSON_VALUES} values`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return poison("unreadable", "it is not JSON");
  }
  const type = (json as { message_type?: unknown } | null)?.message_type;
  if (type !== TYPES[kind]) return poison("unknown_type", `message_type must be ${TYPES[kind]} on this topic`);
  if (headers.some(([name]) => name?.toString() === SOURCE)) {
    const read = runOf.safeParse(json);
    return read.success ? { hint: { kind, runId: read.data.run_id } } : invalid(read.error);
  }
  if (kind === "cancellation") {
    const read = cancellationShape.safeParse(json);
    if (!read.success) return invalid(read.error);
    const { run_id, cancelled_by: by, reason } = read.data;
    return { request: { kind, runId: run_id, by, reason: reason ?? null } };
  }
  const read = executionShape.safeParse(json);
  if (!read.success) {
    const sent = (json as { workflow_plan?: unknown }).workflow_plan;
    return { ...invalid(read.error), plan: { sent, faults: faultsIn(read.error) } };
  }
  const { workflow_id: _, version: __, status: ___, ...definition } = read.data.workflow_plan;
  return { request: { kind: "execution", runId: read.data.run_id, definition, input: read.data.input_data ?? {} } };
}

function poison(why: DeadLetterReason, reason: string): { poison: Poison } {
  return { poison: { why, reason } };
}

function invalid(error: z.ZodError): { poison: Poison } {
  return poison("invalid", faultsText(faultsIn(error)));
}

function faultsIn({ issues }: z.ZodError): BadPlan["faults"] {
  return issues.map(({ path, message }) => ({ path: path.join("."), message }));
}

/** One line for all faults, the first 20 in full. */
export function faultsText(faults: readonly { path: string; message: string }[]): string {
  const named = faults.slice(0, MAX_FAULTS).map(({ path, message }) => path === "" ? message : `${path}: ${message}`);
  const more = faults.length > MAX_FAULTS ? [`and ${faults.length - MAX_FAULTS} more faults`] : [];
  return [...named, ...more].join("; ").slice(0, MAX_REASON_CHARS);
}

/** The message of a row of the outbox. `plan` is the JSON of the definition, as planText() gives it. */
export function toMessage(
  row: Outgoing,
  { topics, plan }: Pick<KafkaSettings, "topics"> & { plan: string },
): OutMessage {
  const id = runIdOf(row.runId);
  const rest = { timestamp: row.createdAt.toISOString(), message_type: TYPES[row.kind] };
  const value = row.kind === "execution"
    ? `{"run_id":${JSON.stringify(id)},"workflow_plan":${plan},"input_data":${jsonText(row.input ?? {})},${
      JSON.stringify(rest).slice(1)
    }`
    : JSON.stringify({ run_id: id, cancelled_by: row.cancelledBy, reason: row.reason, ...rest });
  return {
    topic: topics[row.kind].name,
    key: Buffer.from(id),
    value: Buffer.from(value),
    headers: new Map([[Buffer.from(SOURCE), Buffer.from("outbox")]]),
  };
}

/** As GET /api/v1/workflows shows workflow_data. */
export function planText(name: string, version: number, definition: WorkflowDefinition): string {
  const { start_step, steps, input_schema } = definition;
  return jsonText({
    workflow_id: `wf-${name}-${version}`,
    name,
    version,
    start_step,
    steps,
    input_schema: input_schema ?? null,
  });
}

/** Of key, value and headers. */
export function sizeOf(
  { key, value, headers }: {
    key: Buffer | null;
    value: Buffer | null;
    headers: Iterable<readonly [Buffer, Buffer]>;
  },
): number {
  let bytes = (key?.byteLength ?? 0) + (value?.byteLength ?? 0);
  for (const [name, text] of headers) bytes += (name?.byteLength ?? 0) + (text?.byteLength ?? 0);
  return bytes;
}

/** A producer may have written any number: one that is no instant stays as it is. */
function instantOf(ms: number): string {
  const at = new Date(ms);
  return Number.isNaN(at.getTime()) ? String(ms) : at.toISOString();
}

/**
 * The message for the dead-letter topic: key, value and headers as they came, with where it stood and why it is there in
 * headers that begin with dlq. What is larger than `maxBytes` keeps its place and its size alone.
 */
export function toDeadLetter(
  message: InMessage,
  { why, reason, topic, maxBytes }: Poison & { topic: string; maxBytes: number },
): OutMessage {
  const isWhole = sizeOf(message) <= maxBytes;
  const facts = {
    "dlq.reason": reason,
    "dlq.error": why,
    "dlq.topic": message.topic,
    "dlq.partition": String(message.partition),
    "dlq.offset": String(message.offset),
    "dlq.timestamp": instantOf(message.timestamp),
    ...(!isWhole && { "dlq.left_out_bytes": String(sizeOf(message)) }),
  };
  const kept = isWhole ? message.headers.map(([name, text]) => [name, text ?? Buffer.alloc(0)] as const) : [];
  return {
    topic,
    key: isWhole ? message.key ?? Buffer.alloc(0) : Buffer.alloc(0),
    value: isWhole ? message.value ?? Buffer.alloc(0) : Buffer.alloc(0),
    headers: new Map([
      ...kept,
      ...Object.entries(facts).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
    ]),
  };
}
