/** events list, show, retry and tail. */

import type { Command } from "commander";
import { Option } from "commander";
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
import { EVENT_COLUMNS, type EventJson } from "./event_columns.ts";
import { printableJson } from "./printable.ts";
import { factLines, tableLines, time } from "./table.ts";
import type { InstallationOptions } from "./target.ts";
import { tailEvents } from "./tail.ts";

type Options = InstallationOptions & JsonOption;

const OUTCOMES = ["waiting", "dispatched", "skipped", "dead", "failed"];

export const addEvents: AddVerbs = (program, line) => {
  const events = program.command("events").description("Received events: list, show, retry, tail");
  addList(events, line);
  addShow(events, line);
  addRetry(events, line);
  addTail(events, line);
};

interface ListOptions extends Options {
  limit: number;
  type?: string;
  outcome?: string;
  from?: string;
  to?: string;
  find?: string;
}

function addList(events: Command, line: CommandLine): void {
  const at = instant(line.clock);
  withJson(withInstallation(events.command("list").description("Received events, newest first")))
    .option("--type <type>", "of one type, as in NEW_TIME_ENTRY")
    .addOption(new Option("--outcome <outcome>", "failed: a run of it failed").choices(OUTCOMES))
    .option("--from <time>", "received not before: 30m, 24h, 7d, a day or an instant", at)
    .option("--to <time>", "received before it", at)
    .option("--find <text>", "id of an event or of an entity")
    .option("--limit <rows>", "rows at most", wholeNumber(1, MAX_ROWS), 50)
    .action(async ({ json, limit, type, outcome, from, to, find, ...options }: ListOptions) => {
      const target = await targetOf(line, options);
      await printPages<EventJson>(line, {
        json,
        target,
        limit,
        path: "/webhooks",
        query: { event_type: type, outcome, from, to, q: find },
        from: "webhooks",
        as: "events",
        lines: (rows) => tableLines(rows, EVENT_COLUMNS, { ...line.terminal, none: "No events" }),
      });
    });
}

interface EventDetail extends EventJson {
  payload_form: string;
  payload_problem: string | null;
  payload: unknown;
  verification: { result: string; text: string };
  runs: EventJson["runs"] & { run_id: string; flow_id: string; flow_name: string; state: string; created_at: string }[];
}

function addShow(events: Command, line: CommandLine): void {
  withJson(withInstallation(events.command("show").description("One event with its body and runs")))
    .argument("<id>", "id of the event", idArgument)
    .action(async (id: string, { json, ...options }: Options) => {
      const target = await targetOf(line, options);
      const event = await target.api.get<EventDetail>(target.path(`/webhooks/${id}`), target.query);
      printAnswer(line, { json, target, answer: event, lines: () => detailLines(event, line) });
    });
}

function detailLines(event: EventDetail, { terminal }: CommandLine): string[] {
  return [
    ...factLines({
      Id: event.id,
      Type: event.custom_type ?? event.event_type,
      Source: event.custom_source ?? event.source,
      Received: time(event.received_at),
      Outcome: event.outcome,
      Reason: event.reason,
      About: event.subject ?? event.entity,
      Signature: event.verification.text,
      Body: `${event.payload_size} bytes, ${event.payload_form}`,
      Problem: event.payload_problem,
    }),
    "",
    ...tableLines(event.runs, [
      { name: "run", of: ({ run_id }) => run_id },
      { name: "state", of: ({ state }) => state },
      { name: "flow", of: ({ flow_id, flow_name }) => `${flow_id} ${flow_name}`, mayShrink: true },
      { name: "created", of: ({ created_at }) => time(created_at) },
    ], { ...terminal, none: "No runs" }),
    "",
    printableJson(event.payload),
  ];
}

interface RetryOptions extends Options {
  flows: string;
  flowVersion?: string;
  dryRun?: boolean;
}

interface Replayed {
  message: string;
  notes: string[];
  skipped: { id: string; reason: string; run_id?: string; detail?: string }[];
}

function addRetry(events: Command, line: CommandLine): void {
  withJson(
    withInstallation(events.command("retry").description("Retry failed runs of events, or run flows on them again")),
  )
    .argument("<ids...>", "ids of events", (text: string, before: string[] = []) => [...before, idArgument(text)])
    .option("--flows <which>", "failed: failed runs, from the failed step; all, or ids with commas: new runs", "failed")
    .addOption(
      new Option("--flow-version <version>", "of the flow, for failed runs: same, or present").choices([
        "same",
        "present",
      ]),
    )
    .option("--dry-run", "say what would be done, and do nothing")
    .action(async (ids: string[], { json, flows, flowVersion, dryRun, ...options }: RetryOptions) => {
      const target = await targetOf(line, options);
      const answer = await target.api.post<Replayed>(target.path("/webhooks/replay"), {
        query: target.query,
        creates: true,
        body: {
          ids,
          flows: flows === "failed" || flows === "all" ? flows : flows.split(","),
          ...(flowVersion && { version: flowVersion }),
          dry_run: dryRun ?? false,
        },
      });
      printAnswer(line, {
        json,
        target,
        answer,
        lines: () => [
          answer.message,
          ...answer.notes,
          ...answer.skipped.map(({ id, reason, run_id, detail }) =>
            `Left out: event ${id}${run_id ? `, run ${run_id}` : ""} (${detail ?? reason})`
          ),
        ],
      });
    });
}

interface TailOptions extends Options {
  type?: string;
  count?: number;
}

function addTail(events: Command, line: CommandLine): void {
  withInstallation(events.command("tail").description("Events as they come, until Ctrl-C"))
    .option("--json", "a line of JSON for each")
    .option("--type <types>", "of these types, with commas")
    .option("--count <events>", "end after so many", wholeNumber(1, 1_000_000))
    .action(async ({ json, type, count, ...options }: TailOptions) => {
      const target = await targetOf(line, options);
      await tailEvents({ line, target, json: json ?? false, types: type, count });
    });
}
