/** backup, restore and move: the databases of the configuration, into files and out of them. */

import { type AddVerbs, type CommandLine, configOf } from "./command.ts";
import { CommandFailed, EXIT_USAGE } from "./exit_codes.ts";

const VERBS = {
  backup: "An encrypted backup of every configured database; backup list, backup verify [NAME]",
  restore: "Writes the backup NAME, or latest, into empty databases",
  move: "Moves the embedded database to the one of DATABASE_URL",
} as const;

export const addBackups: AddVerbs = (program, line) => {
  for (const verb of ["backup", "restore", "move"] as const) {
    const command = program.command(verb).description(VERBS[verb]).argument(
      "[words...]",
      "docs/backup.md has them all",
    );
    if (verb === "restore") command.option("--force", "replace what is there");
    command.action((words: string[], { force }: { force?: boolean }) =>
      run(line, verb, [...words, ...(force ? ["--force"] : [])])
    );
  }
};

async function run(line: CommandLine, verb: keyof typeof VERBS, words: string[]): Promise<void> {
  const { parseBackupArgs } = await import("../app/backup_args.ts");
  const asked = parseBackupArgs(verb, words);
  if ("usage" in asked) throw new CommandFailed(EXIT_USAGE, asked.usage);
  // A backup opens nothing of what it reads: who makes it need not have the keys.
  const config = await configOf(line, { schemaOnly: verb === "backup" });
  const { runBackup } = await import("../app/backup_command.ts");
  const say = (text: string) => line.terminal.out(text);
  await runBackup({ config, clock: line.clock, say }, asked);
}
