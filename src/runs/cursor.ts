/** The cursor of lists of runs: a position by time of creation, as opaque text that clients hand back. */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";

export interface RunCursor {
  /** Time of creation, microseconds since 1970: the database's own resolution. */
  micros: number;
  /** Id of the run: orders what was created at the same instant. */
  id: string;
}

const FORM = /^(\d{1,16})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function encodeCursor({ micros, id }: RunCursor): string {
  return Buffer.from(`${micros}.${id}`).toString("base64url");
}

/** Throws REQUEST_INVALID for any other text. */
export function decodeCursor(text: string): RunCursor {
  const [, micros, id] = FORM.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  const cursor = { micros: Number(micros), id: id ?? "" };
  if (id !== undefined && Number.isSafeInteger(cursor.micros) && encodeCursor(cursor) === text) return cursor;
  throw new AppError("REQUEST_INVALID", "Cannot read cursor: expected the next_cursor of the page before");
}
