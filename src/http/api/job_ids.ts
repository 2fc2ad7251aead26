/** Jobs of people by their numbers: what the routes to look at one and to stop it share. */

import { AppError } from "../../base/errors.ts";

export interface JobIds {
  /** Throws NOT_FOUND for what names no job. */
  idOf(text: string): number;
  /** Throws NOT_FOUND where there is none. */
  required<Job>(found: Job | undefined, text: string): Job;
}

const MAX_TEXT = 40;

/** `wordsOf` names a job in the sentence that there is none. */
export function createJobIds(wordsOf: (id: string) => string): JobIds {
  const unknown = (text: string) =>
    new AppError("NOT_FOUND", `Cannot find ${wordsOf(text.slice(0, MAX_TEXT))}: there is none of this id`);
  return {
    idOf: (text) => {
      if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
      throw unknown(text);
    },
    required: (found, text) => {
      if (found === undefined) throw unknown(text);
      return found;
    },
  };
}
