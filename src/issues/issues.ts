/** The issues of an installation: each cause that runs or events are given up for, with what people said of it. */

import { AppError } from "../base/errors.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import type { LetterKind } from "../replay/letter_cause.ts";
import { type RunRow, runRows } from "../runs/list.ts";
import { type Example, readCauses, readExamples } from "./causes.ts";
import { type Cause, type Issue, type IssueState, type Mark, stateOf, type Wish } from "./issue.ts";
import { readMarks, writeMark } from "./marks.ts";

export interface IssuePage {
  /** The one that came last first. */
  issues: Issue[];
  /** Of all states. */
  counts: Record<IssueState, number>;
  /** There are failures that were not looked through. */
  isCut: boolean;
}

export interface IssueList {
  list(
    installationId: number,
    filter: { kinds: readonly LetterKind[]; state?: IssueState },
  ): Promise<IssuePage>;
  /** Gives it as it is then. Throws NOT_FOUND where nothing stands of such an issue. */
  mark(installationId: number, asked: { id: string; wish: Wish; person: string }): Promise<Issue>;
}

export function createIssueList(db: Pick<Database, "scoped">): IssueList {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    list: (installationId, { kinds, state }) =>
      within(installationId, async (sql) => {
        const { causes, isCut } = await readCauses(sql, installationId, kinds);
        const { marks, now } = await readMarks(sql, installationId);
        const stated = causes.map((cause) => ({
          cause,
          mark: marks.get(cause.id),
          state: stateOf(cause, { mark: marks.get(cause.id), now }),
        }));
        const counts = { open: 0, muted: 0, resolved: 0 };
        for (const { state } of stated) counts[state]++;
        const chosen = state === undefined ? stated : stated.filter((one) => one.state === state);
        return { issues: await readIssues(sql, installationId, chosen), counts, isCut };
      }),

    mark: (installationId, { id, wish, person }) =>
      within(installationId, async (sql) => {
        const kind = id.slice(0, id.indexOf("-")) as LetterKind;
        // Before the causes are read, whose counts go by it; taken back where nothing stands of the issue.
        await writeMark(sql, { installationId, issue: id, wish, person });
        const cause = (await readCauses(sql, installationId, [kind])).causes.find((one) => one.id === id);
        if (!cause) throw new AppError("NOT_FOUND", `Cannot find issue "${id}": nothing stands of it`);
        const { marks, now } = await readMarks(sql, installationId);
        const mark = marks.get(id);
        const [issue] = await readIssues(sql, installationId, [{ cause, mark, state: stateOf(cause, { mark, now }) }]);
        return issue!;
      }),
  };
}

interface Stated {
  cause: Cause;
  mark: Mark | undefined;
  state: IssueState;
}

async function readIssues(sql: TransactionSql, installationId: number, stated: readonly Stated[]): Promise<Issue[]> {
  const examples = await readExamples(sql, installationId, stated.flatMap(({ cause }) => cause.letterIds));
  const newest = stated.flatMap(({ cause }) => examples.get(cause.letterIds[0]!)?.run_id ?? []);
  const runs = new Map((await runRows(sql, installationId, newest)).map((run) => [run.id, run]));
  return stated.map((one) => toIssue(one, { examples, runs }));
}

function toIssue(
  { cause, mark, state }: Stated,
  { examples, runs }: { examples: Map<number, Example>; runs: Map<string, RunRow> },
): Issue {
  const { id, kind, letterIds, total, fresh, firstAt, freshFirstAt, lastAt } = cause;
  const named = letterIds.flatMap((id) => examples.get(id) ?? []);
  const [newest] = named;
  return {
    id,
    kind,
    state,
    count: fresh > 0 ? fresh : total,
    firstAt: freshFirstAt ?? firstAt,
    lastAt,
    since: fresh > 0 ? mark?.resolvedAt ?? null : null,
    cameBack: fresh > 0 && !!mark?.resolvedAt,
    mutedUntil: state === "muted" ? mark!.mutedUntil : null,
    person: mark?.person ?? null,
    words: newest?.words ?? null,
    job: newest?.job ?? kind,
    run: (newest?.run_id && runs.get(newest.run_id)) || null,
    examples: named.map(({ id, at, run_id, event_id, event_type }) => ({
      letterId: id,
      at,
      runId: run_id,
      event: event_id === null ? null : { id: event_id, eventType: event_type! },
    })),
  };
}
