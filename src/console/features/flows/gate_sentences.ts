/** What holds runs of a flow back, each as a sentence in the viewer's language; in English as ../../../flows/gates/words.ts has it. */

import { spanWords } from "../../../flows/gates/words.ts";
import { say, sayCount } from "../../words/say.ts";
import type { FlowRest } from "./draft/json.ts";

type Concurrency = NonNullable<FlowRest["concurrency"]>;
type Debounce = NonNullable<FlowRest["debounce"]>;
type Throttle = NonNullable<FlowRest["throttle"]>;

/** Of what is being typed any part may lack, or be no number. */
export function concurrencySentence({ at_once, key, when_full }: Partial<Concurrency>): string {
  const full = {
    queue: say("the next ones wait in line, 1,000 at most"),
    skip: say("the next ones are not started"),
    cancel_oldest: say("the next one cancels the oldest"),
  }[when_full ?? "queue"];
  const limit = isGiven(key)
    ? sayCount(
      counted(at_once),
      "At most {count} run is in progress at once, counted for each value of {key}",
      "At most {count} runs are in progress at once, counted for each value of {key}",
      { count: at_once ?? "…", key },
    )
    : sayCount(
      counted(at_once),
      "At most {count} run is in progress at once",
      "At most {count} runs are in progress at once",
      { count: at_once ?? "…" },
    );
  return `${limit}; ${full}`;
}

export function debounceSentence({ wait, max_wait, key }: Partial<Debounce>): string {
  const spans = { wait: spanWords(wait), latest: spanWords(max_wait) };
  if (isGiven(key)) {
    return max_wait
      ? say(
        "Of events that come less than {wait} apart, counted for each value of {key}, the last alone starts a run, {wait} after it, at the latest {latest} after the first",
        { ...spans, key },
      )
      : say(
        "Of events that come less than {wait} apart, counted for each value of {key}, the last alone starts a run, {wait} after it",
        { ...spans, key },
      );
  }
  return max_wait
    ? say(
      "Of events that come less than {wait} apart, the last alone starts a run, {wait} after it, at the latest {latest} after the first",
      spans,
    )
    : say("Of events that come less than {wait} apart, the last alone starts a run, {wait} after it", spans);
}

export function throttleSentence({ at_most, per, key, when_over }: Partial<Throttle>): string {
  const over = when_over === "queue"
    ? say("what comes beyond begins as soon as it may")
    : say("what comes beyond is not started");
  const values = { span: spanWords(per), count: at_most ?? "…" };
  const limit = isGiven(key)
    ? sayCount(
      counted(at_most),
      "Within any {span} at most {count} run begins, counted for each value of {key}",
      "Within any {span} at most {count} runs begin, counted for each value of {key}",
      { ...values, key },
    )
    : sayCount(
      counted(at_most),
      "Within any {span} at most {count} run begins",
      "Within any {span} at most {count} runs begin",
      values,
    );
  return `${limit}; ${over}`;
}

function isGiven(key: unknown): key is string {
  return typeof key === "string" && key !== "";
}

/** What is no number has the form for many. */
function counted(count: unknown): number {
  return typeof count === "number" ? count : 2;
}
