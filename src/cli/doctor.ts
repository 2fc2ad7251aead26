/** doctor: what is wrong, and what to do. */

import { VERSION } from "../app/version.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { type Check, CHECK_AREAS } from "../doctor/check.ts";
import { type AddVerbs, type CommandLine, type JsonOption, withJson, withProgram } from "./command.ts";
import { CommandFailed, EXIT_FAILED, EXIT_NOT_READY } from "./exit_codes.ts";
import { printable, printableJson } from "./printable.ts";
import type { ProgramApi } from "./program_api.ts";
import { colored } from "./table.ts";
import { ADDON_KEYS, findProgram, isNoSuchAddon, type ProgramOptions } from "./target.ts";

export const addDoctor: AddVerbs = (program, line) => {
  withJson(withProgram(program.command("doctor").description("Look at everything; say what is wrong and what to do")))
    .action(async ({ json, ...options }: ProgramOptions & JsonOption) => {
      const checks = inOrder(await examine(options, line));
      const faults = checks.filter(({ state }) => state === "fault").length;
      const warnings = checks.filter(({ state }) => state === "warning").length;
      if (json) line.terminal.out(printableJson({ ok: faults === 0, faults, warnings, checks }));
      else for (const one of checkLines(checks, line)) line.terminal.out(one);
      const found = `${faults} faults, ${warnings} warnings, ${checks.length} checks`;
      if (faults > 0) throw new CommandFailed(EXIT_FAILED, found);
      line.terminal.err(found);
    });
};

async function examine(options: ProgramOptions, line: CommandLine): Promise<Check[]> {
  const loaded = loadConfig(await line.environment());
  if (!loaded.ok) {
    return loaded.faults.map(({ name, problem, remedy }) => ({
      area: "configuration",
      about: name,
      state: "fault",
      detail: problem,
      remedy,
    }));
  }
  const { config, warnings } = loaded;
  const ofVariables = warnings.map((detail): Check => ({
    area: "configuration",
    about: "variables",
    state: "warning",
    detail,
    remedy: "see docs/configuration.md",
  }));
  return [...ofVariables, ...await examineProgram(options, { config, line })];
}

/** A program that runs looks for itself: it has the embedded database open, and its own way to the network. */
async function examineProgram(
  options: ProgramOptions,
  { config, line: { clock } }: { config: Config; line: CommandLine },
): Promise<Check[]> {
  const isElsewhere = options.url !== undefined || config.commandLine.url !== undefined;
  const here = async (runs: boolean) => {
    if (isElsewhere) return [];
    const { examineHere } = await import("../app/doctor.ts");
    return await examineHere(config, { clock, mayOpenEmbedded: !runs });
  };
  let url = "this machine";
  try {
    const api = await findProgram(options, { config, clock });
    url = api.url;
    const asked = await askProgram(api);
    return asked ?? [servesNoAddon(url), ...await here(true)];
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const isDown = error.exitCode === EXIT_NOT_READY;
    const asked: Check = {
      area: "program",
      about: url,
      state: isElsewhere ? "fault" : "warning",
      detail: isDown && !isElsewhere
        ? "No program answers: what follows is seen by this command"
        : error.lines.join(" "),
      remedy: isDown ? "start it: timewire serve" : "give an operator's key: TIMEWIRE_API_KEY",
    };
    return [asked, ...await here(!isDown)];
  }
}

function servesNoAddon(about: string): Check {
  const detail = "It serves no add-on, by whose routes it could be asked";
  return { area: "program", about, state: "warning", detail, remedy: "run doctor where an add-on is served" };
}

/** Undefined where it serves no add-on. */
async function askProgram(api: ProgramApi): Promise<Check[] | undefined> {
  const answers = await Promise.all(ADDON_KEYS.map(async (key) => {
    try {
      return await api.get<{ version: string; checks: Check[] }>(`/addons/${key}/ui/doctor`);
    } catch (error) {
      if (isNoSuchAddon(error)) return undefined;
      throw error;
    }
  }));
  const given = answers.filter((one) => one !== undefined);
  const [first] = given;
  if (!first) return undefined;
  const isSame = first.version === VERSION;
  const ofProgram: Check = {
    area: "program",
    about: api.url,
    state: isSame ? "ok" : "warning",
    detail: `It serves, version ${first.version}${isSame ? "" : `; this command is of version ${VERSION}`}`,
  };
  return [ofProgram, ...given.flatMap(({ checks }) => checks)];
}

/** By area; what several add-ons say of one database or process, once. */
function inOrder(checks: readonly Check[]): Check[] {
  const once = new Map<string, Check>();
  for (const check of checks) {
    // What is counted may be another number a moment later.
    const detail = check.state === "ok" ? check.detail.replaceAll(/\d+/g, "#") : check.detail;
    const key = `${check.area} ${check.about} ${detail}`;
    if (!once.has(key)) once.set(key, check);
  }
  // A database of its own has counts of its own, but also a place of its own.
  const isCalm = (check: Check) => check.area === "configuration" && check.state === "ok";
  const hasWarnings = [...once.values()].some(({ area, state }) => area === "configuration" && state !== "ok");
  return [...once.values()].filter((check) => !(hasWarnings && isCalm(check)))
    .toSorted((a, b) => CHECK_AREAS.indexOf(a.area) - CHECK_AREAS.indexOf(b.area));
}

function checkLines(checks: readonly Check[], { terminal }: CommandLine): string[] {
  return checks.flatMap(({ area, about, state, detail, remedy }) => {
    const word = (terminal.colors ? colored(state) : state) + " ".repeat(7 - state.length);
    return [
      `${word}  ${area.padEnd(13)}  ${printable(`${about}: ${detail}`)}`,
      ...(remedy === undefined || state === "ok"
        ? []
        : [`${" ".repeat(9)}${" ".repeat(15)}${printable(`To do: ${remedy}`)}`]),
    ];
  });
}
