/** The two ways in which a backup or a restore ends with nothing done. */

import { AppError } from "../base/errors.ts";

/** CONFLICT: it was not begun, or rolled back, for a reason that the operator can do something about. */
export function refused(sentence: string, cause?: unknown): AppError {
  return new AppError("CONFLICT", sentence, { cause });
}

/** ENCRYPTED_VALUE_INVALID: the file is not what was written. */
export function damaged(problem: string, cause?: unknown): AppError {
  return new AppError("ENCRYPTED_VALUE_INVALID", `Cannot read the backup: ${problem}`, { cause });
}
