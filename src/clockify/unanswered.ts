/** What follows a request to Clockify that brought no answer: how long what asked for it waits. */

import type { AppError } from "../base/errors.ts";

const NO_ANSWER_MS = 300_000;
const LEAST_MS = 1_000;

/** As long as the refusal says; five minutes where it says nothing. */
export function waitAfter({ details: { retryInMs } }: AppError): number {
  return typeof retryInMs === "number" ? Math.max(LEAST_MS, retryInMs) : NO_ANSWER_MS;
}
