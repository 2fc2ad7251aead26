/** Variables of the calls to Clockify, and of the first read of a workspace. */

import { apiOverride, auditBase, parseAllowedDomains } from "../../clockify/hosts.ts";
import { parseHourlyLimits } from "../../clockify/hourly_limits.ts";
import { checked, flag, number, say, text, type Variable } from "../shapes.ts";

const rate = (fallback: number) => number(fallback, { min: 1, max: 50, unit: "requests a second" });

export const CLOCKIFY = {
  CLOCKIFY_API_BASE_URL: say(
    "Replaces the API host that token claims name. Clockify's public address changes nothing.",
    checked(apiOverride, text(undefined, "as in http://127.0.0.1:9400")),
  ),
  CLOCKIFY_AUDIT_LOG_BASE_URL: say(
    "Where Clockify's audit log is served: no token names it, and of production alone it is known. Unset: beside api.clockify.me, and elsewhere not called.",
    checked(auditBase, text(undefined, "as in https://auditlog-api.api.clockify.me")),
  ),
  ALLOWED_API_DOMAINS: say(
    "Hosts that are accepted as Clockify's.",
    checked(
      parseAllowedDomains,
      text("*.clockify.me", "hosts with commas, * for a suffix", ["CLOCKIFY_ALLOWED_API_DOMAINS"]),
    ),
  ),
  CLOCKIFY_OPENAPI_FILE: say(
    "An OpenAPI 3 document, JSON or YAML of at most 20 MB, that replaces the built-in catalogue of operations; GET /ui/api-explorer/catalogue says what it changes.",
    text(undefined, "a file"),
  ),
  CLOCKIFY_TIMEOUT_SECONDS: say("Timeout of one call to Clockify.", number(30, { min: 1, max: 300, unit: "seconds" })),
  RATE_LIMIT_RPS: say("Calls to Clockify per add-on and workspace.", rate(50)),
  RATE_LIMIT_PER_HOUR: say(
    "The same in an hour where Clockify limits that; unset: learnt from 429.",
    checked(
      parseHourlyLimits,
      text(undefined, "calls, or workspace:calls with commas"),
    ),
  ),
  RATE_LIMIT_ENABLED: say("false leaves the budget to Clockify's own 429 answers.", flag(true)),
  API_STUDIO_BOOTSTRAP_MAX_RPS: say("Calls a second while API Studio reads a workspace.", rate(25)),
  API_STUDIO_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS: say("Also reads large lists.", flag(false)),
  API_STUDIO_BOOTSTRAP_INCLUDE_TIME_ENTRIES: say("Also reads time entries.", flag(false)),
  API_STUDIO_BOOTSTRAP_TIME_ENTRY_DAYS: say(
    "How far back time entries are read.",
    number(30, { min: 1, max: 365, unit: "days" }),
  ),
  API_STUDIO_BOOTSTRAP_MAX_PAGES: say(
    "Most pages that API Studio reads of one list.",
    number(200, { min: 1, max: 100_000, unit: "pages" }),
  ),
  API_STUDIO_ALLOW_WRITE_CALLS: say(
    "People of API Studio may write to Clockify by hand, as the guard allows.",
    flag(false),
  ),
  UW_BOOTSTRAP_MAX_RPS: say("The same for Universal Webhook.", {
    ...rate(25),
    aliases: ["UNIVERSAL_WEBHOOK_BOOTSTRAP_MAX_RPS"],
  }),
  UW_BOOTSTRAP_INCLUDE_HEAVY: say("Also reads large lists.", {
    ...flag(false),
    aliases: [
      "UW_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS",
      "UNIVERSAL_WEBHOOK_BOOTSTRAP_INCLUDE_HEAVY",
      "UNIVERSAL_WEBHOOK_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS",
    ],
  }),
  UW_BOOTSTRAP_INCLUDE_TIME_ENTRIES: say("Also reads time entries.", {
    ...flag(false),
    aliases: ["UNIVERSAL_WEBHOOK_BOOTSTRAP_INCLUDE_TIME_ENTRIES"],
  }),
  UW_BOOTSTRAP_TIME_ENTRY_DAYS: say("How far back time entries are read.", {
    ...number(30, { min: 1, max: 365, unit: "days" }),
    aliases: [
      "UW_BOOTSTRAP_TIME_ENTRY_DAYS_BACK",
      "UNIVERSAL_WEBHOOK_BOOTSTRAP_TIME_ENTRY_DAYS",
      "UNIVERSAL_WEBHOOK_BOOTSTRAP_TIME_ENTRY_DAYS_BACK",
    ],
  }),
  UW_BOOTSTRAP_MAX_PAGES: say("Most pages that Universal Webhook reads of one list.", {
    ...number(200, { min: 1, max: 100_000, unit: "pages" }),
    aliases: ["UNIVERSAL_WEBHOOK_BOOTSTRAP_MAX_PAGES"],
  }),
  AUTO_BOOTSTRAP_ON_INSTALL: say("The Clockify Add-on reads the workspace on install.", flag(true)),
  BOOTSTRAP_MAX_RPS: say("Calls a second while the Clockify Add-on reads a workspace.", rate(25)),
  BOOTSTRAP_INCLUDE_HEAVY: say("The Clockify Add-on also reads large lists.", flag(false)),
  BOOTSTRAP_INCLUDE_TIME_ENTRIES: say("The Clockify Add-on also reads time entries.", flag(false)),
  BOOTSTRAP_TIME_ENTRY_DAYS: say(
    "How far back it reads them.",
    number(30, { min: 1, max: 365, unit: "days" }),
  ),
  BOOTSTRAP_PAGE_SIZE: say(
    "Entities of one page of a list, for each add-on. Clockify's own default is 50, and 200 is what every list accepts.",
    number(50, { min: 1, max: 200, unit: "entities" }),
  ),
  BOOTSTRAP_BATCH_SIZE: say(
    "Lists of a workspace that are read in parallel.",
    number(10, { min: 1, max: 50, unit: "lists" }),
  ),
  BOOTSTRAP_MAX_RETRIES: say(
    "Maximum attempts to read one list before it counts as failed.",
    number(3, { min: 1, max: 20, unit: "attempts" }),
  ),
  BOOTSTRAP_MAX_PAGES: say(
    "Most pages the Clockify Add-on reads of one list.",
    number(1_000, { min: 1, max: 100_000, unit: "pages" }),
  ),
} as const satisfies Record<string, Variable>;
