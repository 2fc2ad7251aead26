/** Steps that ask people: who is asked is recorded with the wait; then the steps of `ask` bring them the link, and those of `remind` once more. */

import { AppError } from "../base/errors.ts";
import { cancelOpen, completeComposite, type Composite, endComposite, endedBefore } from "./decision.ts";
import { cut } from "./faults.ts";
import { mergeParked } from "./parked.ts";
import type { ApprovalStep, PlanStep } from "./plan.ts";
import { isWithin } from "./step_path.ts";
import { type WaitEnd, waitForSignal } from "./wait.ts";
import { createFrame } from "./frame.ts";
import { fill } from "./evaluate.ts";
import { recallList } from "./recall.ts";
import { walkList } from "./step.ts";
import { factsOf, orFailure } from "./wait_parts.ts";
import { instantAfter, latestEnd } from "./wait_time.ts";
import type { OpenWait, StepDeps, StepEnd, Walk, Walker } from "./walk.ts";

/** Type of the wait (approvals/decide.ts); the key is the approval's id. */
const APPROVAL = "approval";
/** Why a run does nothing that waits for people. */
export const APPROVAL_REASON = "waits for an approval";
/** As of a flow, which may give them by an expression. */
const MAX_PEOPLE = 50;
const MAX_NOTE_CHARS = 4_000;
const MAX_ID_CHARS = 64;

/** Numbers of the lists, in paths. */
const LISTS = { approved: 0, rejected: 1, expired: 2, ask: 3, remind: 4 } as const;
type ListName = keyof typeof LISTS;

/** What the step gives. */
interface Decided {
  decision: "approved" | "rejected" | "expired";
  /** Clockify user id, or "operator:" and a name; null of one that has expired. */
  by: string | null;
  by_name: string | null;
  note: string | null;
  /** ISO instant. */
  at: string;
}

/**
 * Asks, and is parked until a person decides or the deadline comes; then the list of the decision is walked, and the run goes on. A
 * rejection without a list cancels what is around the step, a deadline without one fails it with APPROVAL_EXPIRED.
 */
export const walkApproval: Walker<ApprovalStep> = async (step, path, walk, deps) => {
  const composite = { kind: step.kind, path, walk };
  const over = endedBefore(walk, path);
  const decision = walk.history.get(path)?.decided?.decision as WaitEnd | undefined;
  if (over) {
    // Later steps may name what was walked of it.
    if (decision) {
      const list = decidedBy(decision).decision;
      recallList(step[list] ?? [], listPath(path, list), walk);
    }
    return over;
  }
  const { clock } = deps;
  const isBegun = decision !== undefined || walk.waits.has(path);
  const prepared = isBegun ? { made: undefined } : await orFailure(() => begin(step, walk, deps));
  if ("failed" in prepared) return endComposite(composite, prepared.failed);
  const end = await waitForSignal(composite, { clock, reason: APPROVAL_REASON }, () => prepared.made!);
  if (!("kind" in end)) {
    if (!decision && "expired" in end) deps.observer.approvalExpired?.({ run: walk.run });
    return await follow(decidedBy(end), { step, path, walk, deps }, composite);
  }
  if (end.kind !== "parked") return end;
  const asked = await ask({ step, path, walk, deps });
  // The approval ends with the step: no one is asked what can no longer be reached.
  const left = asked.find(({ kind }) => kind !== "completed" && kind !== "parked");
  return left ? endComposite(composite, left) : mergeParked([end, ...asked])!;
};

interface Place {
  step: ApprovalStep;
  path: string;
  walk: Walk;
  deps: StepDeps;
}

/** Walks `ask`, and `remind` once its time has come; gives what of it is not over, or failed to ask. */
async function ask({ step, path, walk, deps }: Place): Promise<StepEnd[]> {
  const { key: id, condition } = walk.waits.get(path)!.on[0]!;
  const link = await deps.approvalLink?.({ installationId: walk.run.installationId, id }) ?? "";
  const asking: Walk = { ...walk, frame: { ...createFrame(walk.frame), approval: { link, id } } };
  const asked = await walkList(step.ask, listPath(path, "ask"), asking, deps);
  const remindAt = (condition as { remind_at?: number } | undefined)?.remind_at;
  const isLeft = asked.kind !== "completed" && asked.kind !== "parked";
  if (!step.remind || remindAt === undefined || isLeft) return [asked];
  if (remindAt > deps.clock.now()) {
    return [asked, { kind: "parked", until: remindAt, on: [], reason: APPROVAL_REASON, retry: false }];
  }
  if (!isWalked(walk, listPath(path, "remind"))) walk.draft.add({ waits: { reminded: [path] } });
  const reminded = await walkList(step.remind.steps, listPath(path, "remind"), asking, deps);
  // A reminder that cannot be sent ends no approval: who was asked may answer all the same.
  return [asked, ...reminded.kind === "failed" ? [] : [reminded]];
}

async function follow(decided: Decided, place: Place, composite: Composite): Promise<StepEnd> {
  const { step, path, walk } = place;
  for (const list of ["ask", "remind"] as const) {
    const isOpen = [...walk.history.values()].some((one) =>
      one.state === "running" && isWithin(one.path, listPath(path, list))
    );
    if (isOpen) cancelOpen(walk, listPath(path, list), `the approval was ${decided.decision}`);
  }
  // The steps that follow name it as those behind do.
  walk.frame.results.push({ id: step.id, output: decided });
  const last = await walkDecided(decided, place);
  if (last.kind === "parked") return last;
  if (last.kind !== "completed") return endComposite(composite, last);
  if (!step[decided.decision] && decided.decision !== "approved") return endComposite(composite, endWithout(decided));
  return completeComposite(composite, decided, { maxBytes: place.deps.maxOutputBytes });
}

function walkDecided({ decision }: Decided, { step, path, walk, deps }: Place): Promise<StepEnd> {
  const steps: readonly PlanStep[] = step[decision] ?? [];
  return walkList(steps, listPath(path, decision), walk, deps);
}

function endWithout({ decision, by, by_name: name, note, at }: Decided): StepEnd {
  if (decision === "expired") {
    return {
      kind: "failed",
      error: new AppError("APPROVAL_EXPIRED", `Cannot go on: no one decided the approval by ${at}`),
    };
  }
  const who = name ?? (by?.startsWith("operator:") ? by : `user ${by}`);
  return { kind: "cancelled", reason: `Rejected by ${who}${note ? `: ${cut(note, 500)}` : ""}` };
}

function decidedBy(end: WaitEnd): Decided {
  if ("came" in end) return end.came.value as Decided;
  const at = new Date(end.at ?? 0).toISOString();
  return { decision: "expired", by: null, by_name: null, note: null, at };
}

/** What is asked, for the first walk that comes to it. */
async function begin(
  step: ApprovalStep,
  walk: Walk,
  { clock, waitRoom }: Pick<StepDeps, "clock" | "waitRoom">,
): Promise<OpenWait> {
  const nowMs = clock.now();
  const now = { nowMs, timeZone: factsOf(walk).timeZone };
  const people = peopleOf(await fill(walk, step.people), step.roles);
  const note = await fill(walk, step.note ?? "");
  const { deadline, remind } = step;
  const until = deadline === undefined ? latestEnd(nowMs) : instantAfter("deadline", await fill(walk, deadline), now);
  const remindAt = remind && instantAfter("remind.after", await fill(walk, remind.after), now);
  await waitRoom?.(walk.run.installationId, 1);
  const id = crypto.randomUUID();
  return {
    until,
    on: [{ type: APPROVAL, key: id, ...(remindAt !== undefined && { condition: { remind_at: remindAt } }) }],
    approval: { id, people, roles: step.roles, note: noteOf(note) },
  };
}

/** Throws EXPRESSION_FAILED where no one is left who could answer. */
function peopleOf(resolved: unknown, roles: readonly string[]): string[] {
  const list = Array.isArray(resolved) ? resolved : [resolved];
  const people = [...new Set(list.filter((one): one is string => typeof one === "string" && one !== ""))];
  if (people.length > MAX_PEOPLE || people.some(({ length }) => length > MAX_ID_CHARS)) {
    throw new AppError("EXPRESSION_FAILED", `Cannot ask: people must be at most ${MAX_PEOPLE} ids of users`);
  }
  if (people.length > 0 || roles.length > 0) return people;
  throw new AppError("EXPRESSION_FAILED", "Cannot ask: people gives no id of a user, and there are no roles");
}

function noteOf(note: unknown): string {
  const text = typeof note === "string" ? note : note === undefined || note === null ? "" : JSON.stringify(note);
  return text.length <= MAX_NOTE_CHARS ? text : `${text.slice(0, MAX_NOTE_CHARS)}…`;
}

function isWalked({ history }: Walk, path: string): boolean {
  return [...history.keys()].some((one) => isWithin(one, path));
}

function listPath(path: string, list: ListName): string {
  return `${path}#${LISTS[list]}`;
}
