/** workspaces list: which installations a command can be about. */

import { Option } from "commander";
import type { ProfileKey } from "../profiles/profile.ts";
import { type AddVerbs, configOf, type JsonOption, withJson, withProgram } from "./command.ts";
import { printableJson } from "./printable.ts";
import { tableLines, time } from "./table.ts";
import { ADDON_KEYS, findProgram, listWorkspaces, type ProgramOptions } from "./target.ts";

interface Options extends ProgramOptions, JsonOption {
  addon?: ProfileKey;
}

export const addWorkspaces: AddVerbs = (program, line) => {
  const workspaces = program.command("workspaces").description("Workspaces that have an add-on: list");
  withJson(withProgram(workspaces.command("list").description("Each add-on in each workspace")))
    .addOption(new Option("--addon <key>", "of one add-on").choices(ADDON_KEYS))
    .action(async ({ json, addon, ...options }: Options) => {
      const api = await findProgram(options, { config: await configOf(line), clock: line.clock });
      const found = await listWorkspaces(api, addon);
      if (json) {
        line.terminal.out(printableJson({ workspaces: found }));
        return;
      }
      const lines = tableLines(found, [
        { name: "addon", of: ({ addon }) => addon },
        { name: "workspace", of: ({ workspace_id }) => workspace_id },
        { name: "status", of: ({ status }) => status },
        { name: "installed", of: ({ installed_at }) => time(installed_at) },
        { name: "last event", of: ({ last_event_at }) => time(last_event_at) },
        { name: "name", of: ({ name }) => name, mayShrink: true },
      ], { ...line.terminal, none: "No add-on is installed in any workspace" });
      for (const one of lines) line.terminal.out(one);
    });
};
