/** How the program ends, for scripts: docs/command_line.md lists them. */

/** Done. */
export const EXIT_OK = 0;
/** Asked for and not done: refused, not found, failed, or a check that found a fault. */
export const EXIT_FAILED = 1;
/** The command line itself is wrong. */
export const EXIT_USAGE = 2;
/** The configuration has faults. */
export const EXIT_CONFIG = 3;
/** The database or the program could not be reached or opened. */
export const EXIT_NOT_READY = 4;

/** Ends a command with its exit code and the lines that say why. */
export class CommandFailed extends Error {
  readonly lines: readonly string[];
  /** Of an answer of the program that says so. */
  code?: string;

  constructor(readonly exitCode: number, ...lines: string[]) {
    super(lines[0] ?? "");
    this.name = "CommandFailed";
    this.lines = lines;
  }
}
