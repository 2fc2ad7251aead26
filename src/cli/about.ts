/** serve, config, openapi and version: the program itself. */

import type { Command } from "commander";
import { VERSION } from "../app/version.ts";
import { loadConfig } from "../config/load.ts";
import { maskedSummary } from "../config/summary.ts";
import { type AddVerbs, type CommandLine, faultLines, type JsonOption, withJson } from "./command.ts";
import { CommandFailed, EXIT_CONFIG, EXIT_FAILED, EXIT_NOT_READY } from "./exit_codes.ts";
import { printableJson } from "./printable.ts";
import { factLines } from "./table.ts";

export const addAbout: AddVerbs = (program, line) => {
  program.command("serve").description("Serve until a signal; what is done without a command")
    .action(() => line.serve());
  addConfig(program, line);
  addOpenApi(program, line);
  addVersion(program, line);
};

function addConfig(program: Command, line: CommandLine): void {
  withJson(program.command("config").description("What the environment and .env come to, secrets masked"))
    .action(async ({ json }: JsonOption) => {
      const { terminal } = line;
      const loaded = loadConfig(await line.environment());
      if (!loaded.ok) {
        if (json) terminal.out(printableJson({ ok: false, faults: loaded.faults }));
        throw new CommandFailed(EXIT_CONFIG, "The configuration has faults", ...faultLines(loaded));
      }
      const summary = maskedSummary(loaded.config);
      if (json) terminal.out(printableJson({ ok: true, config: summary, warnings: loaded.warnings }));
      else for (const one of factLines(flat(summary))) terminal.out(one);
      for (const warning of json ? [] : loaded.warnings) terminal.err(`Warning: ${warning}`);
    });
}

/** Values by their path, as in `profiles.0.port`. */
function flat(value: object, before = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]): [string, string][] => {
      if (part === undefined) return [];
      const path = `${before}${name}`;
      return typeof part === "object" && part !== null
        ? Object.entries(flat(part, `${path}.`))
        : [[path, String(part)]];
    }),
  );
}

function addOpenApi(program: Command, line: CommandLine): void {
  program.command("openapi").description(
    "All routes as OpenAPI 3.1: of this version, or of the program that --url names",
  )
    .option("--url <address>", "address of a listener")
    .action(async ({ url }: { url?: string }) => {
      line.terminal.out(printableJson(url === undefined ? await ownDocument() : await servedDocument(url)));
    });
}

async function ownDocument(): Promise<unknown> {
  const [{ CONTRACTS }, { openApiOf }] = await Promise.all([
    import("../http/api/contracts.ts"),
    import("../http/api/openapi.ts"),
  ]);
  return await openApiOf(CONTRACTS, {
    title: "Timewire",
    description: "All routes of every listener.",
    version: VERSION,
    serverUrl: "/",
  });
}

/** No key is sent: every listener shows its routes to everyone. */
async function servedDocument(url: string): Promise<unknown> {
  const address = URL.parse(`${url.replace(/\/+$/, "")}/openapi.json`);
  if (!address) {
    throw new CommandFailed(EXIT_FAILED, "Cannot read --url: expected an address such as http://127.0.0.1:8001");
  }
  const response = await fetch(address).catch(() => undefined);
  if (!response) throw new CommandFailed(EXIT_NOT_READY, `Cannot reach ${url}: no answer`);
  if (response.ok) return await response.json();
  await response.body?.cancel();
  throw new CommandFailed(EXIT_FAILED, `Cannot read ${url}/openapi.json: status ${response.status}`);
}

function addVersion(program: Command, line: CommandLine): void {
  withJson(program.command("version").description("Version of the program and of its runtime"))
    .action(({ json }: JsonOption) => {
      const facts = {
        version: VERSION,
        deno: Deno.version.deno,
        target: Deno.build.target,
        binary: Deno.build.standalone,
      };
      line.terminal.out(
        json
          ? printableJson(facts)
          : `timewire ${VERSION} (Deno ${facts.deno}, ${facts.target}${facts.binary ? ", one binary" : ""})`,
      );
    });
}
