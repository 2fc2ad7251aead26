/** Why Kafka cannot be used now, in words from a closed list: what a broker or a library says stays in the log. */

export const KAFKA_FAULTS = [
  "no broker answers",
  "login refused",
  "not permitted",
  "topic missing",
  "certificate refused",
] as const;
export type KafkaFault = (typeof KAFKA_FAULTS)[number];

/** What the port of the library throws. */
export class KafkaError extends Error {
  readonly fault: KafkaFault;
  /** A message is larger than its topic takes. */
  readonly isTooLarge: boolean;
  /** The group deals its partitions out again: what was not committed comes again. */
  readonly isRebalance: boolean;

  constructor(cause: unknown) {
    const fault = faultOf(cause);
    super(`Cannot use Kafka: ${fault}`, { cause });
    this.name = "KafkaError";
    this.fault = fault;
    this.isTooLarge = isTooLarge(cause);
    this.isRebalance = [...chain(cause)].some(({ needsRejoin }) => needsRejoin === true);
  }
}

/** What the library throws, as far as it is read here. */
interface Thrown {
  code?: unknown;
  /** Name of an error of the protocol. */
  apiId?: unknown;
  /** Of an error of a group. */
  needsRejoin?: unknown;
  message?: unknown;
  cause?: unknown;
  errors?: unknown;
}

function faultOf(error: unknown): KafkaFault {
  const all = [...chain(error)];
  if (all.some(({ code, apiId }) => code === "PLT_KFK_AUTHENTICATION" || apiId === "SASL_AUTHENTICATION_FAILED")) {
    return "login refused";
  }
  if (all.some(({ apiId }) => String(apiId).endsWith("AUTHORIZATION_FAILED"))) return "not permitted";
  if (all.some(({ message }) => /certificate|self.signed/i.test(String(message)))) return "certificate refused";
  if (all.some(({ apiId }) => apiId === "UNKNOWN_TOPIC_OR_PARTITION")) return "topic missing";
  return "no broker answers";
}

function isTooLarge(error: unknown): boolean {
  return [...chain(error)].some(({ apiId }) => apiId === "MESSAGE_TOO_LARGE" || apiId === "RECORD_LIST_TOO_LARGE");
}

/** Errors within errors, each once. */
function* chain(error: unknown, seen = new Set<unknown>()): Generator<Thrown> {
  if (typeof error !== "object" || error === null || seen.has(error) || seen.size > 100) return;
  seen.add(error);
  const { cause, errors } = error as Thrown;
  yield error as Thrown;
  yield* chain(cause, seen);
  if (Array.isArray(errors)) { for (const one of errors) yield* chain(one, seen); }
}
