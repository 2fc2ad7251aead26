/** Variables of the databases, the data folder and Redis. */

import { z } from "zod";
import { database, flag, number, say, text, type Variable } from "../shapes.ts";

export const STORAGE = {
  DATABASE_URL: say("PostgreSQL of all add-ons; unset: the embedded database.", database()),
  API_STUDIO_DB_URL: say("A database of its own for API Studio.", database()),
  UNIVERSAL_WEBHOOK_DB_URL: say(
    "A database of its own for Universal Webhook.",
    database(["UNIVERSAL_WEBHOOK_DATABASE_URL"]),
  ),
  CLOCKIFY_ADDON_DB_URL: say("A database of its own for the Clockify Add-on.", database()),
  WORKFLOW_DB_URL: say("A database of its own for the Workflow Management API.", database()),
  DATA_DIR: say(
    "Folder of the embedded database and the secrets made at first start.",
    text("./data", "./data, /data, /var/lib/timewire or a folder below them"),
  ),
  DATABASE_POOL_SIZE: say(
    "Connections to each database, beside three for storing deliveries and one for wake-ups.",
    number(10, { min: 2, max: 1_000, unit: "connections" }),
  ),
  DATABASE_MAX_OVERFLOW: say("Added to the pool.", number(0, { min: 0, max: 1_000, unit: "connections" })),
  DATABASE_PREPARE: say(
    "Prepare statements and keep settings in sessions; false behind a pooler that is not found by itself.",
    flag(true),
  ),
  DATABASE_REQUEST_TIMEOUT_SECONDS: say(
    "How long a request waits for the database before it is answered 503. The default answers a sender within 5 s.",
    number(2, { min: 1, max: 60, unit: "seconds" }),
  ),
  DATABASE_ECHO: say("Log each statement that is sent to a database, without its values.", flag(false)),
  USE_REDIS: say("Share rate budgets between instances through Redis.", flag(false)),
  REDIS_URL: say("The Redis server.", {
    ...text("redis://localhost:6379/0", "an address such as redis://:password@host:6379/0"),
    schema: z.string().refine((text) => /^rediss?:$/.test(URL.parse(text)?.protocol ?? "")),
    secret: true,
  }),
} as const satisfies Record<string, Variable>;
