/** flows list, export, validate, import and run. */

import { type Command, Option } from "commander";
import type { z } from "zod";
import type { flow } from "../http/api/flow_schemas.ts";
import {
  type AddVerbs,
  type CommandLine,
  idArgument,
  type JsonOption,
  printAnswer,
  targetOf,
  wholeNumber,
  withInstallation,
  withJson,
} from "./command.ts";
import { CommandFailed, EXIT_FAILED, EXIT_USAGE } from "./exit_codes.ts";
import { printableJson } from "./printable.ts";
import { type RunDetailJson, runLines } from "./runs.ts";
import { tableLines, time } from "./table.ts";
import type { InstallationOptions, Target } from "./target.ts";
import { type PlanJson, planLines } from "./import_plan.ts";

type FlowJson = z.output<typeof flow> & {
  stats: { runs_24h: number; failed_24h: number; last_run: { state: string; created_at: string } | null };
};

type Options = InstallationOptions & JsonOption;

export const addFlows: AddVerbs = (program, line) => {
  const flows = program.command("flows").description("Flows: list, export, validate, import, run");
  addList(flows, line);
  addExport(flows, line);
  addValidate(flows, line);
  addImport(flows, line);
  addRun(flows, line);
};

function addList(flows: Command, line: CommandLine): void {
  withJson(withInstallation(flows.command("list").description("All flows, with how they did lately")))
    .action(async ({ json, ...options }: Options) => {
      const target = await targetOf(line, options);
      const answer = await target.api.get<{ flows: FlowJson[] }>(target.path("/flows"), target.query);
      printAnswer(line, { json, target, answer, lines: () => flowLines(answer.flows, line) });
    });
}

function flowLines(flows: FlowJson[], { terminal }: CommandLine): string[] {
  return tableLines(flows, [
    { name: "id", of: ({ id }) => id },
    { name: "is", of: ({ enabled }) => enabled ? "on" : "off" },
    { name: "version", of: ({ version }) => version },
    { name: "name", of: ({ name }) => name, mayShrink: true },
    { name: "events", of: ({ trigger_event_types: types }) => types.join(", "), mayShrink: true },
    { name: "24 h", of: ({ stats: { runs_24h } }) => runs_24h },
    { name: "failed", of: ({ stats: { failed_24h } }) => failed_24h },
    { name: "last run", of: ({ stats: { last_run } }) => time(last_run?.created_at) },
  ], { ...terminal, none: "No flows" });
}

/** More are refused by the program, with their number. */
function addExport(flows: Command, line: CommandLine): void {
  withInstallation(flows.command("export").description("Flows as one file on standard output, without their secrets"))
    .argument("[ids...]", "ids of flows; all unless given", ids)
    .action(async (ids: string[], options: Options) => {
      const target = await targetOf(line, options);
      const { path, query, api } = target;
      const chosen = ids.length > 0
        ? ids
        : (await api.get<{ flows: FlowJson[] }>(path("/flows"), query)).flows.map(({ id }) => id);
      if (chosen.length === 0) throw new CommandFailed(EXIT_FAILED, "Cannot export: there are no flows");
      const file = await api.post(path("/flows/export"), { query, body: { ids: chosen } });
      line.terminal.err(target.title);
      line.terminal.out(printableJson(file));
    });
}

interface FileOptions extends Options {
  mapping?: string;
  confirm?: string;
}

interface Imported {
  plan: PlanJson;
  created: { id: string; name: string; from: string }[] | null;
}

function withFile(command: Command): Command {
  return withJson(withInstallation(command))
    .argument("<file>", "a file of flows export; -: standard input")
    .option("--mapping <file>", "JSON file of entities, sources, flows and secrets: what they are here");
}

function addValidate(flows: Command, line: CommandLine): void {
  withFile(
    flows.command("validate").description("What an import of the file would do; exit code 1 where it has faults"),
  )
    .action(async (file: string, { json, mapping, ...options }: FileOptions) => {
      const target = await targetOf(line, options);
      const answer = await sendFile({ file, mapping, isDry: true }, { target, line });
      printAnswer(line, { json, target, answer, lines: () => planLines(answer.plan) });
      if (!answer.plan.ready) throw new CommandFailed(EXIT_FAILED, "The file cannot be imported as it is");
    });
}

function addImport(flows: Command, line: CommandLine): void {
  withFile(flows.command("import").description("Make the flows of a file, switched off; all of them, or none"))
    .option("--confirm <token>", "what a refusal by the workspace's policy names")
    .action(async (file: string, { json, mapping, confirm, ...options }: FileOptions) => {
      const target = await targetOf(line, options);
      const answer = await sendFile({ file, mapping, isDry: false, confirm }, { target, line });
      printAnswer(line, {
        json,
        target,
        answer,
        lines: () => [
          ...planLines(answer.plan),
          ...(answer.created ?? []).map(({ id, name, from }) => `Flow ${id} was made of ${from}: ${name}`),
        ],
      });
    });
}

async function sendFile(
  { file, mapping, isDry, confirm }: { file: string; mapping?: string; isDry: boolean; confirm?: string },
  { target: { api, path, query }, line }: { target: Target; line: CommandLine },
): Promise<Imported> {
  if (file === "-" && mapping === "-") {
    throw new CommandFailed(EXIT_USAGE, "Cannot read both from standard input: give one of them as a file");
  }
  return await api.post<Imported>(path("/flows/import"), {
    query,
    creates: true,
    body: {
      file: await readJson(file, line),
      ...(mapping !== undefined && { mapping: await readJson(mapping, line) }),
      dry_run: isDry,
      ...(confirm !== undefined && { confirm_token: confirm }),
    },
  });
}

interface RunOptions extends Options {
  input?: string;
  via: string;
  wait?: boolean;
  timeout: number;
}

function addRun(flows: Command, line: CommandLine): void {
  withJson(withInstallation(flows.command("run").description("Run a flow now, without an event")))
    .argument("<id>", "id of the flow", idArgument)
    .option("--input <json>", "what its steps find at $.webhook: JSON, @file, or - for standard input")
    .addOption(
      new Option("--via <trigger>", "the trigger of the flow that allows it").choices(["api", "manual"]).default("api"),
    )
    .option("--wait", "until the run is over; exit code 1 where it fails")
    .option("--timeout <seconds>", "for --wait", wholeNumber(1, 86_400), 300)
    .action(async (id: string, { json, input, via, wait, timeout, ...options }: RunOptions) => {
      const target = await targetOf(line, options);
      const started = await target.api.post<{ run_id: string }>(target.path(`/flows/${id}/run`), {
        query: target.query,
        creates: true,
        body: { via, ...(input !== undefined && { input: await readInput(input, line) }) },
      });
      if (!wait) {
        printAnswer(line, { json, target, answer: started, lines: () => [`Run ${started.run_id} has been asked for`] });
        return;
      }
      const run = await untilOver(started.run_id, { target, line, timeoutMs: timeout * 1_000 });
      printAnswer(line, { json, target, answer: run, lines: () => runLines(run, line) });
      if (run.state !== "completed") {
        throw new CommandFailed(EXIT_FAILED, `The run ${run.state === "failed" ? "failed" : `is ${run.state}`}`);
      }
    });
}

const OVER = ["completed", "failed", "cancelled"];
const LOOK_EVERY_MS = 500;

/** Throws CommandFailed when it is not over in time; the run continues. */
async function untilOver(
  id: string,
  { target: { api, path, query }, line: { clock, terminal }, timeoutMs }: {
    target: Target;
    line: CommandLine;
    timeoutMs: number;
  },
): Promise<RunDetailJson> {
  const endsAt = clock.monotonicMs() + timeoutMs;
  while (true) {
    const run = await api.get<RunDetailJson>(path(`/runs/${id}`), query).catch((error) => {
      // Asked for, and not begun: a worker makes it.
      if (error instanceof CommandFailed && error.code === "NOT_FOUND") return undefined;
      throw error;
    });
    if (run && OVER.includes(run.state)) return run;
    if (terminal.stopped.aborted || clock.monotonicMs() >= endsAt) {
      throw new CommandFailed(
        EXIT_FAILED,
        `The run is not over: it is ${run?.state ?? "not begun"}, and continues; timewire runs show ${id}`,
      );
    }
    await clock.sleep(LOOK_EVERY_MS, terminal.stopped).catch(() => {});
  }
}

function ids(text: string, before: string[] = []): string[] {
  return [...before, idArgument(text)];
}

async function readInput(input: string, line: CommandLine): Promise<unknown> {
  if (input === "-") return await readJson("-", line);
  if (input.startsWith("@")) return await readJson(input.slice(1), line);
  try {
    return JSON.parse(input);
  } catch {
    throw new CommandFailed(EXIT_USAGE, "Cannot read --input: expected JSON, @file or -");
  }
}

async function readJson(file: string, { terminal }: CommandLine): Promise<unknown> {
  const name = file === "-" ? "standard input" : `"${file}"`;
  let text: string;
  try {
    text = await terminal.read(file);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : (error as Error).message;
    throw new CommandFailed(EXIT_USAGE, `Cannot read ${name}: ${why}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailed(EXIT_USAGE, `Cannot read ${name}: it is no JSON`);
  }
}
