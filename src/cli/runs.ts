/** runs list, show, cancel and retry. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { z } from "zod";
import type { run } from "../http/api/run_schemas.ts";
import {
  type AddVerbs,
  type CommandLine,
  idArgument,
  instant,
  type JsonOption,
  MAX_ROWS,
  printAnswer,
  printPages,
  targetOf,
  wholeNumber,
  withInstallation,
  withJson,
} from "./command.ts";
import { type Column, factLines, tableLines, time } from "./table.ts";
import type { InstallationOptions } from "./target.ts";

export type RunJson = z.output<typeof run>;

type Options = InstallationOptions & JsonOption;

const STATES = ["active", "pending", "running", "waiting", "completed", "failed", "cancelled"];

const COLUMNS: readonly Column<RunJson>[] = [
  { name: "id", of: ({ id }) => id },
  { name: "state", of: ({ state }) => state },
  { name: "flow", of: ({ flow_id, flow_name }) => `${flow_id} ${flow_name}`, mayShrink: true },
  { name: "event", of: ({ event_id, trigger }) => event_id ?? trigger },
  { name: "created", of: ({ created_at }) => time(created_at) },
  { name: "took", of: ({ duration_ms }) => duration(duration_ms) },
  { name: "error", of: ({ error }) => error?.code, mayShrink: true },
];

export const addRuns: AddVerbs = (program, line) => {
  const runs = program.command("runs").description("Runs of flows: list, show, cancel, retry");
  addList(runs, line);
  addShow(runs, line);
  addCancel(runs, line);
  addRetry(runs, line);
};

interface ListOptions extends Options {
  limit: number;
  state?: string;
  flow?: string;
  event?: string;
  from?: string;
  to?: string;
}

function addList(runs: Command, line: CommandLine): void {
  const at = instant(line.clock);
  withJson(withInstallation(runs.command("list").description("Runs, newest first")))
    .addOption(new Option("--state <state>", "active: pending, running or waiting").choices(STATES))
    .option("--flow <id>", "of one flow", idArgument)
    .option("--event <id>", "of one event", idArgument)
    .option("--from <time>", "created not before: 30m, 24h, 7d, a day or an instant", at)
    .option("--to <time>", "created before it", at)
    .option("--limit <rows>", "rows at most", wholeNumber(1, MAX_ROWS), 50)
    .action(async ({ json, limit, state, flow, event, from, to, ...options }: ListOptions) => {
      const target = await targetOf(line, options);
      await printPages<RunJson>(line, {
        json,
        target,
        limit,
        path: "/runs",
        query: { state, flow_id: flow, event_id: event, from, to },
        from: "runs",
        as: "runs",
        lines: (rows) => tableLines(rows, COLUMNS, { ...line.terminal, none: "No runs" }),
      });
    });
}

/** What GET /ui/runs/{id} answers, as far as lines show it. */
export interface RunDetailJson extends RunJson {
  can_retry: boolean;
  retry_reason: string | null;
  waiting_reason: string | null;
  next_attempt_at: string | null;
  steps: {
    number: number;
    name: string;
    state: string;
    error: { code: string; message: string | null } | null;
    attempts: { http_status: number | null }[];
  }[];
}

function addShow(runs: Command, line: CommandLine): void {
  withJson(withInstallation(runs.command("show").description("One run with its steps")))
    .argument("<id>", "id of the run", runIdArgument)
    .action(async (id: string, { json, ...options }: Options) => {
      const target = await targetOf(line, options);
      const run = await target.api.get<RunDetailJson>(target.path(`/runs/${id}`), target.query);
      printAnswer(line, { json, target, answer: run, lines: () => runLines(run, line) });
    });
}

/** A run and its steps. */
export function runLines(run: RunDetailJson, { terminal }: CommandLine): string[] {
  return [
    ...factLines({
      Id: run.id,
      State: run.paused_at ? `${run.state}, paused since ${time(run.paused_at)}` : run.state,
      Flow: `${run.flow_id} ${run.flow_name}, version ${run.flow_version}`,
      Event: run.event_id === null ? run.trigger : `${run.event_id} ${run.event_type ?? ""}`,
      Created: time(run.created_at),
      Took: duration(run.duration_ms),
      Error: run.error && `${run.error.code}: ${run.error.message}`,
      Waiting: run.waiting_reason,
      "Next attempt": time(run.next_attempt_at),
      Retry: run.can_retry ? `timewire runs retry ${run.id}` : run.state === "failed" ? run.retry_reason : null,
    }),
    "",
    ...tableLines(run.steps, [
      { name: "#", of: ({ number }) => number },
      { name: "state", of: ({ state }) => state },
      { name: "step", of: ({ name }) => name, mayShrink: true },
      { name: "attempts", of: ({ attempts }) => attempts.length },
      { name: "http", of: ({ attempts }) => attempts.findLast(({ http_status }) => http_status !== null)?.http_status },
      { name: "error", of: ({ error }) => error && `${error.code}: ${error.message ?? ""}`, mayShrink: true },
    ], { ...terminal, none: "No step has begun" }),
  ];
}

function addCancel(runs: Command, line: CommandLine): void {
  withJson(withInstallation(runs.command("cancel").description("End a run that is not over")))
    .argument("<id>", "id of the run", runIdArgument)
    .action(async (id: string, { json, ...options }: Options) => {
      const target = await targetOf(line, options);
      const answer = await target.api.post<{ run_id: string; state: string }>(target.path(`/runs/${id}/cancel`), {
        query: target.query,
      });
      printAnswer(line, { json, target, answer, lines: () => [`Run ${id} is ${answer.state}`] });
    });
}

interface RetryOptions extends Options {
  flowVersion: string;
}

function addRetry(runs: Command, line: CommandLine): void {
  withJson(withInstallation(runs.command("retry").description("Retry a failed run from the step it failed at")))
    .argument("<id>", "id of the run", runIdArgument)
    .addOption(
      new Option("--flow-version <version>", "of the flow: the same, or the present one")
        .choices(["same", "present"]).default("same"),
    )
    .action(async (id: string, { json, flowVersion, ...options }: RetryOptions) => {
      const target = await targetOf(line, options);
      const answer = await target.api.post<{ kept: number; from_step: number | null }>(
        target.path(`/runs/${id}/retry`),
        { query: target.query, creates: true, body: { version: flowVersion } },
      );
      const from = answer.from_step === null ? "no step is left" : `from step ${answer.from_step}`;
      printAnswer(line, {
        json,
        target,
        answer,
        lines: () => [`Run ${id} is pending again, ${from}; ${answer.kept} steps are kept`],
      });
    });
}

function runIdArgument(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError("Expected the id of a run, as in 0192f0c1-2345-7abc-8def-0123456789ab.");
}

function duration(ms: number | null): string | undefined {
  if (ms === null) return undefined;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1_000)} s`;
}
