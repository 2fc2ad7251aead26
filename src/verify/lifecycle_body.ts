/** Bodies of Clockify's lifecycle calls (docs/clockify-protocol.md "Lifecycle calls"), as sent and not yet trusted. */

import { z } from "zod";
import { AppError } from "../base/errors.ts";

export type LifecycleType = "INSTALLED" | "DELETED" | "SETTINGS_UPDATED" | "STATUS_CHANGED";

const id = z.string().min(1).max(128);
const token = z.string().min(1).max(8 * 1024);

const installed = z.object({
  workspaceId: id,
  addonId: id.nullish(),
  authToken: token,
  apiUrl: z.string().min(1).max(2048),
  asUser: id.nullish(),
  addonUserId: id.nullish(),
  webhooks: z.array(
    z.preprocess(
      camelKeys,
      z.object({ path: z.string().min(1).max(2048), authToken: token, webhookType: z.string().max(64).nullish() }),
    ),
  ).max(500).nullish(),
});

const echo = { workspaceId: id.nullish(), addonId: id.nullish() };

const settingValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);

const BODIES = {
  INSTALLED: installed,
  DELETED: z.object({ ...echo, asUser: id.nullish() }),
  STATUS_CHANGED: z.object({ ...echo, status: z.enum(["ACTIVE", "INACTIVE"]) }),
  SETTINGS_UPDATED: z.object({
    ...echo,
    settings: z.array(z.object({ id: z.string().min(1), name: z.string().nullish(), value: settingValue.optional() }))
      .nullish(),
  }),
} satisfies Record<LifecycleType, z.ZodType>;

export type LifecycleBody<T extends LifecycleType> = z.infer<(typeof BODIES)[T]>;

/**
 * The body of a lifecycle call; keys may be camelCase or snake_case, unknown ones are dropped. Throws
 * REQUEST_INVALID with `details.issues`: path and fault of each field, never its value.
 */
export function parseLifecycleBody<T extends LifecycleType>(type: T, body: unknown): LifecycleBody<T> {
  const result = BODIES[type].safeParse(camelKeys(body));
  if (result.success) return result.data as LifecycleBody<T>;
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new AppError("REQUEST_INVALID", `Cannot read ${type} call: ${issues.length} field(s) missing or malformed`, {
    details: { issues },
  });
}

/** The object with its own keys in camelCase; where both spellings are present, the camelCase one counts. */
function camelKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries([
    ...entries.map(([key, member]) => [key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()), member] as const),
    ...entries.filter(([key]) => !key.includes("_")),
  ]);
}
