/** Variables of the Workflow Management API. */

import { apiPrefix } from "../api_prefix.ts";
import { checked, flag, number, say, share, text, type Variable } from "../shapes.ts";

export const WORKFLOW_API = {
  API_TITLE: say("Title that GET /api/v1 and the OpenAPI document name.", text("Workflow Management API", "text")),
  API_VERSION: say("Version that they name.", text("1.0.0", "text")),
  API_DESCRIPTION: say(
    "Description that they name.",
    text("REST API for managing workflow orchestration", "text"),
  ),
  API_PREFIX: say(
    "Path that all its routes are below.",
    checked(apiPrefix, text("/api/v1", "a path such as /api/v1, none that the console or the listener has")),
  ),
  DEFAULT_PAGE_SIZE: say(
    "Rows of a page where page_size is absent.",
    number(20, { min: 1, max: 1_000, unit: "rows" }),
  ),
  MAX_PAGE_SIZE: say("Largest page_size.", number(100, { min: 1, max: 1_000, unit: "rows" })),
  ENABLE_METRICS: say("false: its listener has no /metrics.", flag(true)),
  CIRCUIT_BREAKER_ENABLED: say(
    "Agents whose calls keep failing are not called for a while; each agent may say otherwise.",
    flag(true),
  ),
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: say(
    "So many failed calls of an agent within the window open its breaker ...",
    number(5, { min: 1, max: 1_000, unit: "calls" }),
  ),
  CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD: say("... where they are at least this share of its calls.", share("0.5")),
  CIRCUIT_BREAKER_TIMEOUT_SECONDS: say(
    "So long it stays open.",
    number(60, { min: 1, max: 3_600, unit: "seconds" }),
  ),
  CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS: say(
    "Calls that are let through after that: so many answers close it, one failure opens it again.",
    number(3, { min: 1, max: 100, unit: "calls" }),
  ),
  CIRCUIT_BREAKER_WINDOW_SIZE_SECONDS: say(
    "Window in which calls of an agent are counted.",
    number(120, { min: 10, max: 3_600, unit: "seconds" }),
  ),
  ENABLE_AUDIT_LOGGING: say("false: changes of the API leave no rows in its audit.", flag(true)),
} as const satisfies Record<string, Variable>;
