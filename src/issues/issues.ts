/** The issues of an installation: each cause for which something is not done that should be, with what people said of it. */

import { AppError } from "../base/errors.ts";
import { readCoverage } from "../coverage/store.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import type { Stop } from "../overview/stops.ts";
import { type RunRow, runRows } from "../runs/list.ts";
import { closeRefusals } from "../sources/refusals.ts";
import {
  type Cause,
  type Causes,
  isLetterKind,
  type Issue,
  type IssueKind,
  type IssueState,
  type Mark,
  type Marks,
  MAX_CAUSES,
  stateOf,
  type Wish,
} from "./issue.ts";
import { stopCauses, webhookCauses } from "./lasting.ts";
import { type Example, readExamples, readLetterCauses } from "./letters.ts";
import { readMarks, writeMark } from "./marks.ts";
import { readRefusedCauses } from "./refused.ts";

export interface IssueCounts {
  /** Of all states. */
  counts: Record<IssueState, number>;
  /** There are failures that were not looked through, or more issues than are answered. */
  isCut: boolean;
}

export interface IssuePage extends IssueCounts {
  /** The one that came last first, at most MAX_CAUSES. */
  issues: Issue[];
}

export interface IssueQuery {
  kinds: readonly IssueKind[];
  /** What stands still now, as GET /ui/stops says it. */
  stops: readonly Stop[];
}

export interface IssueList {
  list(installationId: number, query: IssueQuery & { state?: IssueState }): Promise<IssuePage>;
  /** The counts alone: nothing is read of runs and events. */
  count(installationId: number, query: IssueQuery): Promise<IssueCounts>;
  /** Gives it as it is then. Throws NOT_FOUND where nothing stands of such an issue. */
  mark(
    installationId: number,
    asked: { id: string; wish: Wish; person: string; stops: readonly Stop[] },
  ): Promise<Issue>;
}

export function createIssueList(db: Pick<Database, "scoped">): IssueList {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    list: (installationId, { state, ...query }) =>
      within(installationId, async (sql) => {
        const { stated, isCut } = await readStated(sql, installationId, query);
        const chosen = state === undefined ? stated : stated.filter((one) => one.state === state);
        return {
          issues: await readIssues(sql, installationId, chosen.slice(0, MAX_CAUSES)),
          counts: countsOf(stated),
          isCut: isCut || chosen.length > MAX_CAUSES,
        };
      }),

    count: (installationId, query) =>
      within(installationId, async (sql) => {
        const { stated, isCut } = await readStated(sql, installationId, query);
        return { counts: countsOf(stated), isCut };
      }),

    mark: (installationId, { id, wish, person, stops }) =>
      within(installationId, async (sql) => {
        const kind = id.slice(0, id.indexOf("-")) as IssueKind;
        // Before the causes are read, whose counts go by it; taken back where nothing stands of the issue.
        const resolvedAt = await writeMark(sql, { installationId, issue: id, wish, person });
        if (kind === "refused" && wish.state === "resolved") {
          await closeRefusals(sql, { installationId, issue: id, at: resolvedAt! });
        }
        const { stated } = await readStated(sql, installationId, { kinds: [kind], stops });
        const found = stated.filter(({ cause }) => cause.id === id);
        if (found.length === 0) throw new AppError("NOT_FOUND", `Cannot find issue "${id}": nothing stands of it`);
        const [issue] = await readIssues(sql, installationId, found);
        return issue!;
      }),
  };
}

interface Stated {
  cause: Cause;
  mark: Mark | undefined;
  state: IssueState;
}

function countsOf(stated: readonly Stated[]): Record<IssueState, number> {
  const counts = { open: 0, muted: 0, resolved: 0 };
  for (const { state } of stated) counts[state]++;
  return counts;
}

/** The one that came last first. */
async function readStated(
  sql: TransactionSql,
  installationId: number,
  query: IssueQuery,
): Promise<{ stated: Stated[]; isCut: boolean }> {
  const { marks, now } = await readMarks(sql, installationId);
  const { causes, isCut } = await readCauses(sql, installationId, { ...query, marks });
  const stated = causes.map((cause) => {
    const mark = marks.get(cause.id);
    return { cause, mark, state: stateOf(cause, { mark, now }) };
  });
  return { stated, isCut };
}

async function readCauses(
  sql: TransactionSql,
  installationId: number,
  { kinds, stops, marks }: IssueQuery & { marks: Marks },
): Promise<Causes> {
  const letterKinds = kinds.filter(isLetterKind);
  const letters = letterKinds.length > 0 && await readLetterCauses(sql, installationId, letterKinds);
  const refused = kinds.includes("refused") && await readRefusedCauses(sql, installationId);
  const causes = [
    ...letters ? letters.causes : [],
    ...refused ? refused.causes : [],
    ...kinds.includes("stopped") ? stopCauses(stops, marks) : [],
    ...kinds.includes("webhook") ? webhookCauses(await readCoverage(sql, installationId), marks) : [],
  ];
  return {
    causes: causes.sort((a, b) => b.lastAt.getTime() - a.lastAt.getTime()),
    isCut: (letters && letters.isCut) || (refused && refused.isCut),
  };
}

async function readIssues(sql: TransactionSql, installationId: number, stated: readonly Stated[]): Promise<Issue[]> {
  const letters = stated.flatMap(({ cause }) => cause.letterIds ?? []);
  if (letters.length === 0) return stated.map((one) => toIssue(one, { examples: new Map(), runs: new Map() }));
  const examples = await readExamples(sql, installationId, letters);
  const newest = stated.flatMap(({ cause: { letterIds: [id] = [] } }) => examples.get(id!)?.run_id ?? []);
  const runs = new Map((await runRows(sql, installationId, newest)).map((run) => [run.id, run]));
  return stated.map((one) => toIssue(one, { examples, runs }));
}

function toIssue(
  { cause, mark, state }: Stated,
  { examples, runs }: { examples: Map<number, Example>; runs: Map<string, RunRow> },
): Issue {
  const { id, kind, letterIds = [], total, fresh, firstAt, freshFirstAt, lastAt, refused, stop, webhooks } = cause;
  const named = letterIds.flatMap((id) => examples.get(id) ?? []);
  const [newest] = named;
  return {
    id,
    kind,
    state,
    count: total !== null && fresh > 0 ? fresh : total,
    firstAt: fresh > 0 ? freshFirstAt : firstAt,
    lastAt,
    since: fresh > 0 ? mark?.resolvedAt ?? null : null,
    cameBack: fresh > 0 && !!mark?.resolvedAt,
    mutedUntil: state === "muted" ? mark!.mutedUntil : null,
    person: mark?.person ?? null,
    words: newest?.words ?? null,
    job: newest?.job ?? (isLetterKind(kind) ? kind : null),
    run: (newest?.run_id && runs.get(newest.run_id)) || null,
    refused: refused ?? null,
    stop: stop ?? null,
    webhooks: webhooks ?? null,
    examples: named.map(({ id, at, run_id, event_id, event_type }) => ({
      letterId: id,
      at,
      runId: run_id,
      event: event_id === null ? null : { id: event_id, eventType: event_type! },
    })),
  };
}
