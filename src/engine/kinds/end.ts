/** Ends the run, wherever it stands; what holds it walks its `finally` first. */

import { AppError } from "../../base/errors.ts";
import { cut } from "../faults.ts";
import { type Composite, decide, endComposite, failureOf } from "../decision.ts";
import { fill } from "../evaluate.ts";
import { keepOutput } from "../keep_output.ts";
import { KeptOutput } from "../outputs.ts";
import type { EndStep } from "../plan.ts";
import type { StepDeps, Walk, Walker } from "../walk.ts";

/** JSON. How the run ends, the same in all walks. */
interface RunEnd {
  outcome: EndStep["outcome"];
  message: string | null;
  /** Of the run, where it is small; else `kept` says where it is. */
  output?: unknown;
  kept?: { id: string; bytes: number };
}

const MAX_MESSAGE = 1_000;

export const walkEnd: Walker<EndStep> = async (step, path, walk, deps) => {
  const composite: Composite = { kind: step.kind, path, walk };
  let end: RunEnd;
  try {
    end = await decide(composite, () => endOf(step, { path, walk, deps }));
  } catch (error) {
    return endComposite(composite, { kind: "failed", error: failureOf(error) });
  }
  const { outcome, message, output, kept } = end;
  return endComposite(composite, {
    kind: "over",
    path,
    ...(outcome === "failure" && { error: new AppError("FLOW_ENDED_RUN", message ?? "The flow ended the run") }),
    ...("output" in end && { output }),
    ...(kept && { output: new KeptOutput(kept.id, kept.bytes) }),
  });
};

async function endOf(
  { outcome, message, output }: EndStep,
  { path, walk, deps }: { path: string; walk: Walk; deps: StepDeps },
): Promise<RunEnd> {
  const text = message === undefined ? undefined : await fill(walk, message);
  const words = text === undefined || text === null ? null : cut(asText(text), MAX_MESSAGE);
  if (output === undefined) return { outcome, message: words };
  const value = await fill(walk, output) ?? null;
  const sized = await keepOutput(value, { id: `${path}@end`, maxBytes: deps.maxOutputBytes });
  walk.counts.add("outputBytes", sized.bytes);
  if (!sized.kept) return { outcome, message: words, output: value };
  walk.draft.add({ output: sized.kept });
  return { outcome, message: words, kept: { id: sized.kept.id, bytes: sized.bytes } };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
