/** Places of a flow for people; how its paths are spelt is that of all definitions. */

import { fieldWords } from "./field_words.ts";
import { say } from "../../../words/say.ts";

export { at, enclosingPaths, faultsAt, isWithin, valueAt } from "../../../ui/json_path.ts";

/** "Step 2, projectId": a place for people, as the form labels it. */
export function describePath(path: string): string {
  const [, number, rest] = /^actions\[(\d+)\]\.?(.*)$/s.exec(path) ?? [];
  if (number !== undefined) {
    return `${say("Step {number}", { number: Number(number) + 1 })}${rest ? `, ${fieldWords(rest)}` : ""}`;
  }
  return { "": say("Flow"), actions: say("Steps") }[path] ?? fieldWords(path);
}
