/** The command line: its verbs, and how it ends. */

import { Command, CommanderError } from "commander";
import { type ErrorCode, toAppError } from "../base/errors.ts";
import { addAbout } from "./about.ts";
import { addBackups } from "./backups.ts";
import type { AddVerbs, CommandLine } from "./command.ts";
import { addDatabaseVerbs } from "./database.ts";
import { addDoctor } from "./doctor.ts";
import { addEvents } from "./events.ts";
import { CommandFailed, EXIT_CONFIG, EXIT_FAILED, EXIT_NOT_READY, EXIT_OK, EXIT_USAGE } from "./exit_codes.ts";
import { addFlows } from "./flows.ts";
import { addRuns } from "./runs.ts";
import type { Terminal } from "./terminal.ts";
import { addWorkspaces } from "./workspaces.ts";

/** In the order of the help. */
const GROUPS: readonly AddVerbs[] = [
  addAbout,
  addDatabaseVerbs,
  addBackups,
  addDoctor,
  addWorkspaces,
  addEvents,
  addFlows,
  addRuns,
];

/** Of what a command throws; all else was asked for and not done. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  CONFIG_INVALID: EXIT_CONFIG,
  DATA_FOLDER_LOCKED: EXIT_NOT_READY,
  DATABASE_UNAVAILABLE: EXIT_NOT_READY,
  OVERLOADED: EXIT_NOT_READY,
  START_FAILED: EXIT_NOT_READY,
};

/** Verbs of shell completion: their library is loaded for them alone. */
const COMPLETION = ["completion", "complete"];

/** Runs the command that the arguments name; gives the exit code (exit_codes.ts). Never rejects. */
export async function runCommandLine(args: readonly string[], line: CommandLine): Promise<number> {
  const { terminal } = line;
  try {
    const program = createProgram(line);
    if (COMPLETION.includes(args[0] ?? "")) await complete(program, args, terminal);
    else await program.parseAsync([...args], { from: "user" });
    return EXIT_OK;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    if (error instanceof CommandFailed) {
      for (const one of error.lines) terminal.err(one);
      return error.exitCode;
    }
    const { code, message } = toAppError(error);
    terminal.err(message);
    return EXIT_CODES[code] ?? EXIT_FAILED;
  }
}

/** What its library prints goes to the terminal like all else. */
async function complete(program: Command, args: readonly string[], terminal: Terminal): Promise<void> {
  const { default: addCompletion } = await import("@bomb.sh/tab/commander");
  const { log } = console;
  console.log = (text: string) => terminal.out(text);
  try {
    addCompletion(program, { completionCommandName: "completion" });
    await program.parseAsync([...args], { from: "user" });
  } finally {
    console.log = log;
  }
}

function createProgram(line: CommandLine): Command {
  const { terminal } = line;
  const program = new Command("timewire")
    .description("Clockify add-ons in one program. Without a command it serves.")
    .exitOverride()
    .showHelpAfterError("(--help says what is known)")
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      getOutHelpWidth: () => terminal.columns ?? 100,
      getErrHelpWidth: () => terminal.columns ?? 100,
    })
    .addHelpText(
      "after",
      "\ntimewire completion <bash|zsh|fish> prints a script for the shell. docs/command_line.md has examples.",
    );
  for (const add of GROUPS) add(program, line);
  return program;
}
