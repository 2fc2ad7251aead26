/** Ids in paths: UUIDs. Anything else names nothing. */

import { z } from "zod";
import type { AppError } from "../../base/errors.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const uuid = z.uuid().meta({ example: "3f2b8c1e-7a4d-4b7e-9c55-0a1b2c3d4e5f" });

/** Throws what `unknown` gives for a text that is no UUID. */
export function idFrom(text: string, unknown: (text: string) => AppError): string {
  if (!UUID.test(text)) throw unknown(text);
  return text.toLowerCase();
}

/** Undefined where none is asked for, null for a text that is no id. */
export function idIn(text: string | undefined): string | null | undefined {
  return text === undefined ? undefined : UUID.test(text) ? text.toLowerCase() : null;
}
