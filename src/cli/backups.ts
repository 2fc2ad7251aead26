/** backup, restore and move: the databases of the configuration, into files and out of them. */

import type { Command } from "commander";
import type { BackupVerb } from "../app/backup_command.ts";
import { type AddVerbs, type CommandLine, configOf, type JsonOption, withJson } from "./command.ts";
import { printableJson } from "./printable.ts";

export const addBackups: AddVerbs = (program, line) => {
  const backup = withJson(program.command("backup"))
    .description("Write an encrypted backup of every configured database; also: list, verify")
    .action(({ json }: JsonOption) => run(line, { verb: "backup" }, json));
  withJson(backup.command("list").description("The backups that are kept in BACKUP_TARGET, oldest first"))
    .action((_: JsonOption, command: Command) => run(line, { verb: "list" }, isJson(command)));
  withJson(backup.command("verify").description("Whether a backup is whole and its secrets open, without a database"))
    .argument("[name]", "latest, or a name of backup list", "latest")
    .action((name: string, _: JsonOption, command: Command) =>
      run(line, { verb: "verify", name: named(name) }, isJson(command))
    );
  program.command("restore").description("Write a backup into empty databases")
    .argument("<name>", "latest, or a name of backup list")
    .option("--force", "replace what is there")
    .action((name: string, { force = false }: { force?: boolean }) =>
      run(line, { verb: "restore", name: named(name), force })
    );
  program.command("move").description("Move the embedded database in DATA_DIR to the one of DATABASE_URL")
    .action(() => run(line, { verb: "move" }));
};

/** The option stands behind `backup` as well as behind its verb. */
function isJson(command: Command): boolean {
  return command.optsWithGlobals<JsonOption>().json === true;
}

function named(name: string): string | undefined {
  return name === "latest" ? undefined : name;
}

async function run(line: CommandLine, asked: BackupVerb, json = false): Promise<void> {
  // A backup opens nothing of what it reads: who makes it need not have the keys.
  const config = await configOf(line, { schemaOnly: !["restore", "move"].includes(asked.verb) });
  const { runBackup } = await import("../app/backup_command.ts");
  const { terminal, clock } = line;
  const report = await runBackup({ config, clock, say: (text) => void (json || terminal.out(text)) }, asked);
  if (json) terminal.out(printableJson(report));
}
