/** What pages show people of limits, egress and retention: the value, its reason, and the variable that sets it. */

import type { ShownDays, ShownLimit } from "../limits/shown.ts";
import type { ProfileKey } from "../profiles/profile.ts";
import type { Config } from "./config.ts";
import type { Variable } from "./shapes.ts";
import { settingVariable, type VariableName, VARIABLES } from "./variables.ts";

const MB = 1_048_576;

/** Of one workspace, or of a request of it, in the order in which people meet them. */
const LIMITS: readonly (readonly [variable: VariableName, read: (config: Config) => number, reason: string])[] = [
  [
    "WEBHOOK_RATE_LIMIT_RPS",
    ({ limits }) => limits.webhooksPerSecond,
    "One workspace's deliveries leave room for others'.",
  ],
  [
    "WEBHOOK_RATE_LIMIT_BYTES",
    ({ limits }) => limits.webhookBytesPerSecond,
    "Bytes, not deliveries, fill the disk and the connection.",
  ],
  ["WEBHOOK_MAX_PAYLOAD_BYTES", ({ limits }) => limits.webhookBodyBytes, "A body is in memory until it is stored."],
  [
    "INGEST_QUEUE_LIMIT",
    ({ limits }) => limits.ingestQueue,
    "A delivery is answered once it is stored: a longer line would answer too late.",
  ],
  ["STORED_MB_PER_WORKSPACE", ({ limits }) => limits.storedBytes / MB, "One workspace does not fill the disk of all."],
  [
    "DRAFTS_MB_PER_WORKSPACE",
    ({ limits }) => limits.draftBytes / MB,
    "All drafts of a workspace are in memory at once where it is asked what they use, and in its export.",
  ],
  ["API_RATE_LIMIT_RPS", ({ limits }) => limits.apiPerSecond, "One workspace's requests leave room for others'."],
  ["API_CALL_MAX_PAYLOAD_BYTES", ({ limits }) => limits.apiBodyBytes, "A body is in memory while it is read."],
  ["MAX_JSON_DEPTH", ({ limits }) => limits.jsonDepth, "Deeper JSON costs more to read than to send."],
  [
    "MAX_RUNS_PER_MINUTE",
    ({ limits }) => limits.runsPerMinute,
    "A flow that its own change starts again does not take the whole worker.",
  ],
  [
    "RATE_LIMIT_RPS",
    ({ clockify }) => clockify.ratePerSecond,
    "Clockify refuses add-ons that call more often, for all of the workspace.",
  ],
];

/** As they apply to each workspace. */
export function shownLimits(config: Config): ShownLimit[] {
  return LIMITS.map(([variable, read, reason]) => {
    const { about = "", unit = "", fallback }: Variable = VARIABLES[variable];
    return { variable, value: read(config), unit, about, reason, fallback: numberOf(fallback) };
  });
}

function numberOf(fallback: string | undefined): number | undefined {
  return fallback === undefined ? undefined : Number(fallback);
}

/** Those of an add-on. */
export function shownDays(profile: ProfileKey): ShownDays[] {
  const own = (name: "webhookLogDays" | "flowExecutionDays" | "callLogDays" | "cacheTtlDays") =>
    settingVariable(profile, name)!;
  return [
    {
      kind: "events",
      variable: own("webhookLogDays"),
      reason: "Bodies are the largest part of the database, and hold data of people.",
    },
    { kind: "runs", variable: own("flowExecutionDays"), reason: "Steps and outputs of runs repeat data of events." },
    {
      kind: "calls",
      variable: own("callLogDays"),
      reason: "A row for each request; the newest 100,000 at most whatever the days.",
    },
    {
      kind: "entities",
      variable: own("cacheTtlDays"),
      reason: "What was not seen for so long may be gone in Clockify.",
    },
    { kind: "journal", variable: "JOURNAL_RETENTION_DAYS", reason: "An undo of an older change meets another state." },
    {
      kind: "audit",
      variable: "AUDIT_RETENTION_DAYS",
      reason: "Who changed what is looked up after months, 90 days at least.",
    },
    {
      kind: "uninstalled",
      variable: "UNINSTALL_GRACE_DAYS",
      reason: "A reinstall by then finds everything as it was.",
    },
  ];
}
