/** What needs a person: each alarm a small function of facts, which says what is wrong and what to do next. */

import { isAlarm } from "../coverage/gauges.ts";
import type { CoverageRow } from "../coverage/store.ts";
import type { ReadView } from "../entities/bootstrap/view.ts";
import type { InstallationStatus } from "../installations/store.ts";
import { WARN_SHARE } from "../ingest/quota.ts";
import type { DoubtedList, Storage } from "./overview.ts";
import type { Receiving } from "./receiving.ts";

/** bad: something is not done that should be. warn: it may soon be so, or partly is. info: worth knowing. */
export type Severity = "bad" | "warn" | "info";

export interface NextStep {
  label: string;
  page: "events" | "flows" | "runs" | "settings" | "dashboard";
  query?: Record<string, string>;
}

export interface Alarm {
  code: string;
  severity: Severity;
  title: string;
  detail: string;
  /** Null where no one in the workspace can do anything. */
  next: NextStep | null;
}

export interface AlarmFacts {
  status: InstallationStatus;
  installedForMs: number;
  receiving: Receiving;
  /** As far back as the overview looks. */
  hours: number;
  failedRuns: number;
  deadEvents: number;
  /** Flows that people made and switched on. */
  enabledFlows: number;
  coverage: readonly Pick<CoverageRow, "eventType" | "way" | "state" | "reason" | "nextStep">[];
  bootstrap: Pick<ReadView, "status" | "lastError">;
  doubtedLists: readonly DoubtedList[];
  storage: Storage;
  settings: {
    /** The setting enable_flows. */
    flows: boolean;
    forwards: boolean;
    /** Values that were rejected, by the name that Clockify's settings page shows. */
    problems: readonly { name: string; problem: string }[];
    /** Why they could not be read from Clockify. */
    error: string | null;
  };
  signatureChecked: boolean;
  /** "ok", "off", or that it is away. */
  redis: string;
  /** Undefined when no sweep was ever finished. */
  secondsSinceRetention: number | undefined;
}

type Rule = (facts: AlarmFacts) => Alarm | undefined;

/** A sweep is expected each hour; one that is late by more than an hour raises the alarm. */
const RETENTION_LATE_MS = 2 * 3_600_000;
const NAMED = 3;

/** In the order in which a person should look at them. */
const RULES: readonly Rule[] = [
  ({ status }) =>
    status === "active" ? undefined : {
      code: "INSTALLATION_INACTIVE",
      severity: "bad",
      title: "The add-on is switched off in this workspace",
      detail: "Events are stored, but no flow runs until someone switches it on in Clockify's workspace settings.",
      next: null,
    },
  ({ signatureChecked }) =>
    signatureChecked ? undefined : {
      code: "SIGNATURE_CHECK_OFF",
      severity: "bad",
      title: "Deliveries are accepted without a signature",
      detail: "Anyone who knows the address can send events. An operator switches the check on again.",
      next: null,
    },
  silent,
  switchedOff,
  ({ storage: { bytes, limitBytes } }) => {
    if (limitBytes === undefined || bytes < limitBytes * WARN_SHARE) return undefined;
    const isFull = bytes >= limitBytes;
    return {
      code: isFull ? "STORAGE_FULL" : "STORAGE_NEARLY_FULL",
      severity: isFull ? "bad" : "warn",
      title: isFull ? "Events are refused: the workspace's storage is full" : "The workspace's storage is nearly full",
      detail: `Stored events and outputs of steps have ${megabytes(bytes)} of ${
        megabytes(limitBytes)
      } MB. Keep events for fewer days, or ask the operator for a larger quota (STORED_MB_PER_WORKSPACE).${
        isFull ? " New events are stored again as soon as old ones are deleted; those refused meanwhile are not." : ""
      }`,
      next: { label: "See how long events are kept", page: "settings" },
    };
  },
  ({ receiving, status }) =>
    receiving.state !== "never" || status !== "active" ? undefined : {
      code: "NOTHING_RECEIVED",
      severity: "info",
      title: "No event has arrived yet",
      detail: "Make a change in Clockify, such as starting and stopping a timer: it shows here within seconds.",
      next: { label: "Watch events arrive", page: "events" },
    },
  ({ failedRuns, hours }) =>
    failedRuns === 0 ? undefined : {
      code: "RUNS_FAILED",
      severity: "bad",
      title: `${counted(failedRuns, "run", "runs")} failed in the last ${span(hours)}`,
      detail: "Each run shows which step failed and why, and can be retried from that step.",
      next: { label: "Show failed runs", page: "runs", query: { state: "failed" } },
    },
  ({ deadEvents, hours }) =>
    deadEvents === 0 ? undefined : {
      code: "EVENTS_DEAD",
      severity: "bad",
      title: `${counted(deadEvents, "event was", "events were")} given up in the last ${span(hours)}`,
      detail: "They are stored, but their flows could not be started. Replay them when the cause is mended.",
      next: { label: "Show these events", page: "events", query: { outcome: "dead" } },
    },
  ({ bootstrap: { status, lastError } }) =>
    status !== "FAILED" ? undefined : {
      code: "BOOTSTRAP_FAILED",
      severity: "bad",
      title: "The workspace could not be read",
      detail: sentence(lastError ?? "Names of projects, clients and people may be missing"),
      next: { label: "Read the workspace again", page: "settings" },
    },
  ({ bootstrap: { status, lastError } }) =>
    status !== "COMPLETE" || lastError === null ? undefined : {
      code: "BOOTSTRAP_PARTIAL",
      severity: "warn",
      title: "Parts of the workspace could not be read",
      detail: sentence(lastError),
      next: { label: "Read the workspace again", page: "settings" },
    },
  ({ doubtedLists }) => {
    if (doubtedLists.length === 0) return undefined;
    const parts = doubtedLists.map(({ entityType, missing, known }) =>
      `${missing} of ${known} in the list of type ${entityType}`
    );
    return {
      code: "LIST_DOUBTED",
      severity: "warn",
      title: "Clockify's lists lack much that was there before",
      detail: `Missing: ${
        parts.join("; ")
      }. No deletion is reported until Clockify confirms it or the list is complete again. Check in Clockify whether they are there; what was deleted on purpose needs nothing more.`,
      next: { label: "Read the workspace again", page: "settings" },
    };
  },
  ({ settings: { flows }, enabledFlows }) =>
    flows ? undefined : {
      code: "FLOWS_OFF",
      severity: enabledFlows > 0 ? "warn" : "info",
      title: "Flows are switched off",
      detail: `Events are stored and nothing runs${
        enabledFlows > 0 ? `, although ${counted(enabledFlows, "flow is", "flows are")} enabled` : ""
      }.`,
      next: { label: "See where the setting comes from", page: "settings" },
    },
  ({ settings: { flows, forwards }, status }) =>
    !forwards || (flows && status === "active") ? undefined : {
      code: "FORWARDING_PAUSED",
      severity: "warn",
      title: "Events are not forwarded",
      detail: status === "active"
        ? "A forwarding address is set, but flows are switched off, and forwarding with them."
        : "A forwarding address is set, but the add-on is switched off in the workspace.",
      next: { label: "See the settings", page: "settings" },
    },
  ({ settings: { problems } }) =>
    problems.length === 0 ? undefined : {
      code: "SETTINGS_PROBLEM",
      severity: "warn",
      title: `${counted(problems.length, "setting was", "settings were")} rejected`,
      detail: `${problems.map(({ name, problem }) => `${name}: ${problem}`).join("; ")}.`,
      next: { label: "See the settings", page: "settings" },
    },
  ({ settings: { error } }) =>
    error === null ? undefined : {
      code: "SETTINGS_NOT_READ",
      severity: "warn",
      title: "Settings could not be read from Clockify",
      detail: `${sentence(error)} The settings that were read last stay effective.`,
      next: { label: "See the settings", page: "settings" },
    },
  ({ redis }) =>
    redis === "ok" || redis === "off" ? undefined : {
      code: "REDIS_AWAY",
      severity: "warn",
      title: "Redis cannot be reached",
      detail: "Each instance keeps rate budgets of its own until it is back. Nothing is lost.",
      next: null,
    },
  ({ secondsSinceRetention, installedForMs }) => {
    const lateMs = secondsSinceRetention === undefined ? installedForMs : secondsSinceRetention * 1_000;
    return lateMs <= RETENTION_LATE_MS ? undefined : {
      code: "RETENTION_LATE",
      severity: "warn",
      title: "Old data was not deleted lately",
      detail: `${
        secondsSinceRetention === undefined ? "No sweep was finished yet" : `The last sweep ended ${age(lateMs)} ago`
      }; one is expected each hour.`,
      next: null,
    };
  },
  ({ coverage }) => {
    const missing = coverage.filter(({ way }) => way === "none");
    return missing.length === 0 ? undefined : {
      code: "EVENTS_NOT_RECEIVED",
      severity: "info",
      title: `${counted(missing.length, "event type does", "event types do")} not reach Timewire`,
      detail: `${names(missing)}. An API key of a workspace admin lets Timewire register webhooks for most of them.`,
      next: { label: "See how each event arrives", page: "settings" },
    };
  },
];

/** Nothing to do: []. */
export function alarmsOf(facts: AlarmFacts): Alarm[] {
  return RULES.flatMap((rule) => rule(facts) ?? []);
}

/** Data moved in Clockify while nothing came (coverage/heartbeat.ts). */
function silent({ coverage }: AlarmFacts): Alarm | undefined {
  const row = coverage.find(({ state, way }) => state === "silent" && way !== "none");
  return row && {
    code: "RECEIVING_SILENT",
    severity: "bad",
    title: "Nothing arrives although the workspace is used",
    detail: [row.reason, row.nextStep].filter((part) => part !== undefined).join(" "),
    next: { label: "See how each event arrives", page: "settings" },
  };
}

function switchedOff({ coverage }: AlarmFacts): Alarm | undefined {
  const rows = coverage.filter((row) => isAlarm(row) && row.state !== "silent");
  if (rows.length === 0) return undefined;
  const { reason, nextStep } = rows[0]!;
  return {
    code: "WEBHOOKS_OFF",
    severity: "bad",
    title: `${counted(rows.length, "webhook needs", "webhooks need")} attention in Clockify`,
    detail: [`${names(rows)}: ${reason}`, nextStep].filter((part) => part !== undefined).join(" "),
    next: { label: "See how each event arrives", page: "settings" },
  };
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1_048_576).toLocaleString("en-US");
}

function names(rows: readonly { eventType: string }[]): string {
  const first = rows.slice(0, NAMED).map(({ eventType }) => eventType).join(", ");
  return rows.length > NAMED ? `${first} and ${rows.length - NAMED} more` : first;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** "24 hours", "7 days". */
function span(hours: number): string {
  return hours > 24 && hours % 24 === 0 ? `${hours / 24} days` : counted(hours, "hour", "hours");
}

/** "3 hours": the largest unit that fits. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return counted(seconds, "second", "seconds");
  if (seconds < 3_600) return counted(Math.floor(seconds / 60), "minute", "minutes");
  if (seconds < 86_400) return counted(Math.floor(seconds / 3_600), "hour", "hours");
  return counted(Math.floor(seconds / 86_400), "day", "days");
}
