/** What is configured of Kafka. */

export type TopicKind = "execution" | "cancellation";

export interface KafkaSettings {
  /** As in "host:9092". */
  brokers: readonly string[];
  clientId: string;
  groupId: string;
  topics: Record<TopicKind, { name: string; deadLetters: string }>;
  /** Undefined: without TLS. */
  tls?: { caFile?: string; certFile?: string; keyFile?: string };
  /** Undefined: without a login. */
  sasl?: { mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512"; username: string; password: string };
  /** Of key, value and headers of one message. */
  maxMessageBytes: number;
  /** How long a run waits for its message. */
  fallbackMs: number;
}
