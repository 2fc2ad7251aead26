/** Variables of backups. */

import { requireTiming } from "../../schedules/timing.ts";
import { parseKeyList } from "../../secrets/encryption.ts";
import { checked, number, say, text, url, type Variable } from "../shapes.ts";

const count = (fallback: number, unit: string) => number(fallback, { min: 0, max: 1_000, unit });

export const BACKUP = {
  BACKUP_TARGET: say(
    "Where `deno task backup` keeps its files.",
    text("./backups", "./backups, /backups, /var/backups/timewire or a folder below them, or s3://bucket/prefix"),
  ),
  BACKUP_KEYS: say(
    "Keys that encrypt backups; the first encrypts, all open. Keep them apart from the backups and from ENCRYPTION_KEYS.",
    checked((list) => parseKeyList(list, "BACKUP_KEYS"), {
      ...text(undefined, "id:base64 of 32 bytes, several with commas"),
      secret: true,
    }),
  ),
  BACKUP_SCHEDULE: say(
    "When the serving program makes a backup by itself, once an hour at most; unset: never, `deno task backup` does.",
    checked(
      (cron) => requireTiming({ cron, zone: "UTC" }, new Date(0)),
      text(undefined, "a cron expression of five fields, by UTC, as in 15 3 * * *"),
    ),
  ),
  BACKUP_KEEP_DAILY: say(
    "Newest days of which the last backup is kept; with 0 in all three every backup is.",
    count(7, "days"),
  ),
  BACKUP_KEEP_WEEKLY: say("The same for weeks.", count(4, "weeks")),
  BACKUP_KEEP_MONTHLY: say("The same for months.", count(12, "months")),
  BACKUP_PART_MB: say(
    "Parts that a backup is uploaded to a bucket in, and is read in; 10,000 at most, so that the default takes 160 GB.",
    number(16, { min: 5, max: 1_024, unit: "MB" }),
  ),
  AWS_ACCESS_KEY_ID: say("Key id for s3://, of a key for that bucket alone.", text(undefined)),
  AWS_SECRET_ACCESS_KEY: say("Its secret.", { ...text(undefined), secret: true }),
  AWS_SESSION_TOKEN: say("The token of a temporary key.", { ...text(undefined), secret: true }),
  AWS_REGION: say("Region of the bucket.", text("us-east-1", "a region such as eu-central-1")),
  AWS_ENDPOINT_URL_S3: say("Address of another S3-compatible server; unset: AWS.", url()),
} as const satisfies Record<string, Variable>;
