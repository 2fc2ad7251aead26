/** The cursor of the list of changes: a position by time, as opaque text that clients hand back. */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";

export interface ChangeCursor {
  /** When it was begun, microseconds since 1970. */
  micros: number;
  id: number;
}

const FORM = /^(\d{1,16})\.(\d{1,15})$/;

export function encodeChangeCursor({ micros, id }: ChangeCursor): string {
  return Buffer.from(`${micros}.${id}`).toString("base64url");
}

/** Throws REQUEST_INVALID for any other text. */
export function decodeChangeCursor(text: string): ChangeCursor {
  const [, micros, id] = FORM.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  const cursor = { micros: Number(micros), id: Number(id) };
  if (id !== undefined && Number.isSafeInteger(cursor.micros) && encodeChangeCursor(cursor) === text) return cursor;
  throw new AppError("REQUEST_INVALID", "Cannot read cursor: expected the next_cursor of the page before");
}
