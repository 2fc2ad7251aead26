/** What the steps of a workflow are called in its plan: one may become several. */

/** Names of the steps that the program adds; the output that people name is that of the step without it. */
export const PART = {
  all: "__all",
  test: "__test",
  branch: "__branch",
  each: "__each",
  fork: "__fork",
  end: "__end",
} as const;

/** Those that stand for a step while what it holds is walked. */
export const PARTS_THAT_HOLD: readonly string[] = [PART.all, PART.test, PART.branch, PART.each, PART.fork];

/** The workflow's step that a step of its plan belongs to. */
export function stepOfPlan(id: string): string {
  // The last one: a step's own id may end with _.
  const at = id.lastIndexOf("__");
  return at < 0 ? id : id.slice(0, at);
}
