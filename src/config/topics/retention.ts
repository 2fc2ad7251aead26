/** Variables of how long rows are kept. */

import { number, say, type Variable } from "../shapes.ts";

const days = (fallback: number) => number(fallback, { min: 0, max: 3_650, unit: "days (0 keeps)" });

export const RETENTION = {
  API_STUDIO_WEBHOOK_LOG_RETENTION_DAYS: say("Events of API Studio are kept so long.", days(90)),
  API_STUDIO_FLOW_EXECUTION_RETENTION_DAYS: say("Its finished runs.", days(30)),
  API_STUDIO_CALL_LOG_RETENTION_DAYS: say("Its records of requests to Clockify, the newest 100,000 at most.", days(30)),
  UW_WEBHOOK_LOG_RETENTION_DAYS: say("Events of Universal Webhook.", {
    ...days(90),
    aliases: ["UNIVERSAL_WEBHOOK_WEBHOOK_LOG_RETENTION_DAYS"],
  }),
  UW_FLOW_EXECUTION_RETENTION_DAYS: say("Its finished runs.", {
    ...days(90),
    aliases: ["UNIVERSAL_WEBHOOK_FLOW_EXECUTION_RETENTION_DAYS"],
  }),
  UW_CALL_LOG_RETENTION_DAYS: say("Its records of requests to Clockify, the newest 100,000 at most.", {
    ...days(30),
    aliases: ["UNIVERSAL_WEBHOOK_CALL_LOG_RETENTION_DAYS"],
  }),
  UW_CACHE_TTL_DAYS: say("Its cached entities.", { ...days(7), aliases: ["UNIVERSAL_WEBHOOK_CACHE_TTL_DAYS"] }),
  WEBHOOK_LOG_RETENTION_DAYS: say("Events of the Clockify Add-on.", days(90)),
  FLOW_EXECUTION_RETENTION_DAYS: say("Its finished runs.", days(30)),
  CALL_LOG_RETENTION_DAYS: say("Its records of requests to Clockify, the newest 100,000 at most.", days(30)),
  CACHE_TTL_DAYS: say("Cached entities of API Studio and the Clockify Add-on.", days(7)),
  AUDIT_RETENTION_DAYS: say("The audit record.", number(365, { min: 90, max: 3_650, unit: "days" })),
  JOURNAL_RETENTION_DAYS: say("What was written to Clockify, and can be undone.", days(90)),
  UNINSTALL_GRACE_DAYS: say(
    "Data of an uninstalled workspace, kept for a reinstall.",
    number(30, { min: 0, max: 3_650, unit: "days" }),
  ),
} as const satisfies Record<string, Variable>;
