/** Variables of flows and background work. */

import { flag, number, say, seconds, type Variable } from "../shapes.ts";

export const WORK = {
  UW_ENABLE_CUSTOM_WEBHOOKS: say("Universal Webhook accepts webhooks of other systems.", {
    ...flag(true),
    aliases: ["UNIVERSAL_WEBHOOK_ENABLE_CUSTOM_WEBHOOKS"],
  }),
  UW_ENABLE_FLOWS: say("Universal Webhook runs flows.", { ...flag(true), aliases: ["UNIVERSAL_WEBHOOK_ENABLE_FLOWS"] }),
  UW_ENABLE_GENERIC_HTTP_ACTIONS: say("Its flows may call other systems.", {
    ...flag(false),
    aliases: ["UNIVERSAL_WEBHOOK_ENABLE_GENERIC_HTTP_ACTIONS"],
  }),
  WEBHOOK_REQUEST_MAX_RETRIES: say(
    "Maximum attempts of an HTTP request to another system.",
    number(5, { min: 1, max: 20, unit: "attempts" }),
  ),
  WEBHOOK_REQUEST_BACKOFF_BASE: say("Backoff before the first retry of such a request.", seconds("0.5", 60)),
  WEBHOOK_REQUEST_BACKOFF_CAP: say("Longest backoff before a later retry.", seconds("5.0", 3_600)),
  WORKER_CONCURRENCY: say(
    "Jobs that run at once (concurrency). One installation has at most half of them, and fewer beside others.",
    number(192, { min: 1, max: 1_000, unit: "jobs" }),
  ),
  JOB_LEASE_SECONDS: say(
    "Lease of a job: after it another instance rescues the job of a killed one.",
    number(25, { min: 1, max: 300, unit: "seconds" }),
  ),
  COVERAGE_CHECK_MINUTES: say(
    "How often the webhooks of an installation are checked.",
    number(15, { min: 1, max: 1_440, unit: "minutes" }),
  ),
  HEARTBEAT_HOURS: say(
    "Quiet time after which a webhook is checked although nothing failed.",
    number(24, { min: 1, max: 720, unit: "hours" }),
  ),
  POLL_MINUTES: say(
    "How often lists are read for events that have no webhook (0: never).",
    number(15, { min: 0, max: 1_440, unit: "minutes" }),
  ),
  RECONCILE_MINUTES: say(
    "How often Clockify's delivery logs and entity feeds are read for events that were missed (0: never).",
    number(60, { min: 0, max: 1_440, unit: "minutes" }),
  ),
  RECONCILE_GRACE_MINUTES: say(
    "How late a delivery may come before its event counts as missed.",
    number(10, { min: 0, max: 60, unit: "minutes" }),
  ),
} as const satisfies Record<string, Variable>;
