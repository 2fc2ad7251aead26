/** Which pages may frame the console: origins as CSP's frame-ancestors takes them (CSP Level 3, section 6.4.2). */

import { AppError } from "../base/errors.ts";

const ORIGIN = /^https?:\/\/(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;

/** The origins of a comma-separated list, lower case; `none` is an empty list. Throws CONFIG_INVALID. */
export function parseFrameAncestors(list: string): readonly string[] {
  const origins = list.split(",").map((part) => part.trim().toLowerCase().replace(/\/$/, "")).filter((part) => part);
  if (origins.length === 1 && origins[0] === "none") return [];
  for (const origin of origins) {
    if (!ORIGIN.test(origin)) {
      throw new AppError(
        "CONFIG_INVALID",
        "Cannot read CONSOLE_FRAME_ANCESTORS: expected origins such as https://app.clockify.me or https://*.clockify.me",
      );
    }
  }
  return origins;
}
