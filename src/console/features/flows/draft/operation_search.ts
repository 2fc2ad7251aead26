/** Clockify's operations by the words that people look for them with. Pure. */

import type { OperationWords } from "../vocabulary_api.ts";
import { sayLabel } from "../../../words/say.ts";

/** What people say, and what Clockify says. */
const SAME_WORDS: Record<string, string[]> = {
  add: ["create"],
  new: ["create"],
  make: ["create"],
  edit: ["update"],
  change: ["update"],
  set: ["update"],
  remove: ["delete"],
  list: ["get"],
  find: ["get"],
  read: ["get"],
  // Approving is a change of the request's status.
  approve: ["update approval"],
  reject: ["update approval"],
  withdraw: ["update approval"],
};

/** Those that hold each word; whose name is the text or begins with it first, shorter names before longer. */
export function operationsFor(operations: readonly OperationWords[], text: string): OperationWords[] {
  const wanted = text.trim().toLowerCase();
  const words = wanted.split(/\s+/);
  const rank = ({ summary, operationId }: OperationWords) =>
    (summary.toLowerCase().startsWith(wanted) || operationId.toLowerCase().startsWith(wanted) ? 0 : 1000) +
    summary.length;
  const fit = operations.filter((one) => {
    const all = `${one.summary} ${sayLabel(one.summary)} ${one.operationId} ${one.key} ${one.tag}`.toLowerCase();
    return words.every((word) => [word, ...SAME_WORDS[word] ?? []].some((one) => all.includes(one)));
  });
  return (wanted === "" ? fit : fit.sort((one, other) => rank(one) - rank(other))).slice(0, 80);
}
