/** migrate, keys and audit: verbs that open the databases of the configuration themselves. */

import type { Command } from "commander";
import type { AuditProof } from "../access/audit_store.ts";
import type { KeysAction, KeysReport } from "../app/keys_command.ts";
import type { MigrateAction, Migrated } from "../app/migrate_command.ts";
import { type AddVerbs, type CommandLine, configOf, type JsonOption, withJson } from "./command.ts";
import { CommandFailed, EXIT_FAILED } from "./exit_codes.ts";
import { printableJson } from "./printable.ts";

export const addDatabaseVerbs: AddVerbs = (program, line) => {
  addMigrate(program, line);
  addKeys(program, line);
  addAudit(program, line);
};

function addMigrate(program: Command, line: CommandLine): void {
  withJson(program.command("migrate").description("The schema of every configured database"))
    .addArgument(program.createArgument("[action]", "what to do").choices(["up", "status", "down"]).default("up"))
    .action(async (action: MigrateAction, { json }: JsonOption) => {
      const { terminal } = line;
      const config = await configOf(line, { schemaOnly: true });
      const { migrate } = await import("../app/migrate_command.ts");
      const databases: Migrated[] = [];
      await migrate(config, action, {
        onDone: (done) => {
          databases.push(done);
          if (!json) { for (const one of migratedLines(done)) terminal.out(one); }
        },
        onBusy: () => terminal.err("  a table is in use: retrying"),
      });
      if (json) terminal.out(printableJson({ databases }));
    });
}

function migratedLines({ database, applied, rolled_back, migrations = [] }: Migrated): string[] {
  const lines = migrations.map(({ number, name, applied_at, changed }) =>
    `  ${String(number).padStart(4, "0")} ${name}: ${applied_at ?? "missing"}${
      changed ? ", changed since it was applied: its checksum is not that of this version" : ""
    }`
  );
  if (applied) lines.push(applied.length === 0 ? "  nothing to apply" : `  applied ${applied.join(", ")}`);
  if (rolled_back !== undefined) {
    lines.push(rolled_back === null ? "  nothing to roll back" : `  rolled back ${rolled_back}`);
  }
  return [`Database ${database}`, ...lines];
}

function addKeys(program: Command, line: CommandLine): void {
  withJson(program.command("keys").description("The encryption keys of every configured database"))
    .addArgument(
      program.createArgument("[action]", "status, or rotate: rewrap everything under the first key")
        .choices(["status", "rotate"]).default("status"),
    )
    .action(async (action: KeysAction, { json }: JsonOption) => {
      const config = await configOf(line);
      const { keys } = await import("../app/keys_command.ts");
      const report = await keys(config, action);
      for (const one of json ? [printableJson(report)] : keysLines(report)) line.terminal.out(one);
      if (!report.ok) {
        throw new CommandFailed(
          EXIT_FAILED,
          "Some values cannot be opened by the keys of ENCRYPTION_KEYS, or were not rewrapped",
        );
      }
    });
}

/** What is in each database, then the first key, then for each other one whether it may be removed. */
function keysLines({ databases, keys }: KeysReport): string[] {
  return [
    ...databases.flatMap(({ database, uses, rotated }) => [
      `Database ${database}`,
      ...(rotated ?? []).map(({ place, rewrapped, unopened }) =>
        `  ${place}: ${rewrapped} rewrapped${
          Object.entries(unopened).map(([code, count]) => `, ${count} not opened (${code})`).join("")
        }`
      ),
      ...(rotated ? [] : uses).map(({ place, key, values }) => `  ${place}: ${values} under "${key}"`),
      ...(uses.length === 0 ? ["  nothing is stored yet"] : []),
    ]),
    ...keys.map(({ id, first, configured, values }) => {
      if (first) return `Key "${id}" seals`;
      if (!configured) return `Key "${id}" is missing: ${values} values need it; put it back`;
      if (values > 0) return `Key "${id}" is still needed by ${values} values: run keys:rotate`;
      return `Key "${id}" is needed by no value: it may be removed from ENCRYPTION_KEYS`;
    }),
  ];
}

function addAudit(program: Command, line: CommandLine): void {
  const audit = program.command("audit").description("The audit of the Workflow Management API: verify");
  withJson(audit.command("verify").description("Whether no row of it was altered, taken out or put in"))
    .action(async ({ json }: JsonOption) => {
      const config = await configOf(line);
      const { verifyStoredAudit } = await import("../app/audit_command.ts");
      const { database, proof } = await verifyStoredAudit(config);
      const { terminal } = line;
      if (json) terminal.out(printableJson({ database, ...(proof ?? { ok: true, rows: 0 }) }));
      else for (const one of [`Database ${database}`, ...auditLines(proof)]) terminal.out(one);
      if (proof && !proof.ok) throw new CommandFailed(EXIT_FAILED, "The audit is not as it was written");
    });
}

/** What the walk along the chain found. */
export function auditLines(proof: AuditProof | undefined): string[] {
  if (!proof) return ["  nothing is stored yet"];
  if (!proof.ok) return [`  broken at ${proof.at}: ${proof.problem}`];
  const { rows, first, last, unsealed, unsealedSince } = proof;
  return [
    `  ${rows} rows, unbroken${rows === 0 ? "" : `: ${first} to ${last}`}`,
    ...(unsealedSince ? [`  not sealed yet: ${unsealed}, written from ${unsealedSince.toISOString()} on`] : []),
  ];
}
