/** Variables of limits. */

import { number, say, type Variable } from "../shapes.ts";

export const LIMITS = {
  WEBHOOK_MAX_PAYLOAD_BYTES: say(
    "Largest delivery.",
    number(5_242_880, { min: 1_024, max: 52_428_800, unit: "bytes" }),
  ),
  API_CALL_MAX_PAYLOAD_BYTES: say(
    "Largest body of any other request.",
    number(1_048_576, { min: 1_024, max: 52_428_800, unit: "bytes" }),
  ),
  BODY_BYTES_IN_FLIGHT: say(
    "All request bodies at once; above it 503 or 429. Unset: 33554432, or 6 of the largest.",
    number(undefined, { min: 2_097_152, max: 17_179_869_184, unit: "bytes" }),
  ),
  MAX_JSON_DEPTH: say("Deepest nesting of a JSON body.", number(64, { min: 8, max: 1_000, unit: "levels" })),
  WEBHOOK_RATE_LIMIT_RPS: say(
    "Deliveries per installation, ten times as many in a burst; above it 429.",
    number(5_000, { min: 1, max: 1_000_000, unit: "deliveries a second" }),
  ),
  WEBHOOK_RATE_LIMIT_BYTES: say(
    "Their bytes, two seconds' worth or four of the largest in a burst; above it 429.",
    number(10_485_760, { min: 65_536, max: 1_073_741_824, unit: "bytes a second" }),
  ),
  API_RATE_LIMIT_RPS: say(
    "Other requests per installation, ten times as many in a burst; above it 429.",
    number(100, { min: 1, max: 1_000_000, unit: "requests a second" }),
  ),
  MAX_RUNS_PER_MINUTE: say(
    "Runs of flows per installation and instance, ten seconds' worth in a burst; events above it wait.",
    number(6_000, { min: 60, max: 10_000_000, unit: "runs a minute" }),
  ),
  STORED_MB_PER_WORKSPACE: say(
    "Events, and outputs of steps above 32 kB, that an installation may have stored, a warning at 80 %, above it 429. The default holds 40,000 events a day for 90 days.",
    number(10_240, { min: 0, max: 100_000_000, unit: "MB (0: no quota)" }),
  ),
  DRAFTS_MB_PER_WORKSPACE: say(
    "Drafts of flows, as JSON, that an installation may have stored; above it a draft is not kept, 422. The default holds 1,000 of 16 kB.",
    number(16, { min: 1, max: 1_024, unit: "MB" }),
  ),
  INGEST_QUEUE_LIMIT: say(
    "Deliveries of one installation that may wait for their commit, of all twice as many; above it 503.",
    number(10_000, { min: 1, max: 1_000_000, unit: "deliveries" }),
  ),
} as const satisfies Record<string, Variable>;
