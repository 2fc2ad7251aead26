/** Variables of Kafka. */

import { z } from "zod";
import { names, number, oneOf, say, seconds, text, type Variable } from "../shapes.ts";

const topic = <const Fallback extends string | undefined>(fallback: Fallback) => ({
  ...text(fallback, "1 to 249 letters, digits, dots, - or _"),
  schema: z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/),
});

const noBlanks = <const Fallback extends string>(fallback: Fallback) => ({
  ...text(fallback, "up to 200 characters without blanks"),
  schema: z.string().regex(/^\S{1,200}$/),
});

export const KAFKA = {
  KAFKA_BROKERS: say("Brokers that executions and cancellations go through; unset: PostgreSQL alone hands runs on.", {
    schema: names.pipe(z.array(z.string().regex(/^([^\s:,]+|\[[0-9A-Fa-f:]+\]):[1-9]\d{0,4}$/)).min(1).max(100)),
    shape: "host:port, several with commas",
    fallback: undefined,
  }),
  KAFKA_EXECUTION_TOPIC: say("Topic of requests to execute.", topic("workflow.execution.requests")),
  KAFKA_CANCELLATION_TOPIC: say("Topic of requests to cancel.", topic("workflow.cancellation.requests")),
  KAFKA_DEAD_LETTER_TOPIC: say(
    "Topic of messages that cannot be processed; unset: one for each topic, its name with .dlq.",
    topic(undefined),
  ),
  KAFKA_CLIENT_ID: say("Name of this program in the logs and quotas of the brokers.", noBlanks("executor-service")),
  KAFKA_GROUP_ID: say("Consumer group, the same for all instances.", noBlanks("executor-group")),
  KAFKA_SECURITY_PROTOCOL: say(
    "How brokers are spoken to.",
    oneOf(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], "PLAINTEXT", (text) => text.toUpperCase()),
  ),
  KAFKA_SASL_MECHANISM: say(
    "How the program logs in, with SASL_PLAINTEXT and SASL_SSL.",
    oneOf(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], "PLAIN", (text) => text.toUpperCase()),
  ),
  KAFKA_SASL_USERNAME: say("Its user.", text(undefined, "text")),
  KAFKA_SASL_PASSWORD: say("Its password.", { ...text(undefined, "text"), secret: true }),
  KAFKA_SSL_CA_FILE: say(
    "File of the certificates that sign those of the brokers; unset: those of the system.",
    text(undefined, "path of a PEM file"),
  ),
  KAFKA_SSL_CERT_FILE: say(
    "File of the program's own certificate, where brokers ask.",
    text(undefined, "path of a PEM file"),
  ),
  KAFKA_SSL_KEY_FILE: say("File of its key.", text(undefined, "path of a PEM file")),
  KAFKA_MAX_MESSAGE_BYTES: say(
    "Largest message that is sent or processed: max.message.bytes of the topics, less 64 kB.",
    number(983_040, { min: 65_536, max: 16_777_216, unit: "bytes" }),
  ),
  KAFKA_FALLBACK_SECONDS: say(
    "A run that was accepted begins without its message after so long, as when brokers are away.",
    seconds("10", 3_600),
  ),
} as const satisfies Record<string, Variable>;
