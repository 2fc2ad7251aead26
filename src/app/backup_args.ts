/** The arguments of backup, restore and move. */

export type BackupVerb =
  | { verb: "backup" }
  | { verb: "list" }
  /** `name` undefined: the newest. */
  | { verb: "verify"; name?: string }
  | { verb: "restore"; name?: string; force: boolean }
  | { verb: "move" };

const USAGE = {
  backup: "backup, backup list and backup verify [NAME] are known; without a name the newest is meant",
  restore: 'restore NAME and restore latest are known, each with --force to replace what is there; see "backup list"',
  move: "move takes nothing: it moves the embedded database in DATA_DIR to the one of DATABASE_URL",
};

/** What the words behind `backup`, `restore` or `move` ask for, or a sentence for who asked wrongly. */
export function parseBackupArgs(command: keyof typeof USAGE, args: readonly string[]): BackupVerb | { usage: string } {
  const usage = { usage: `Unknown command "${[command, ...args].join(" ")}": ${USAGE[command]}` };
  const words = args.filter((one) => one !== "--force");
  const force = words.length < args.length;
  if (words.some((word) => word.startsWith("-")) || (force && command !== "restore")) return usage;
  const [first, second, ...more] = words;
  if (more.length > 0) return usage;
  const named = (name: string | undefined) => name === "latest" ? undefined : name;
  switch (command) {
    case "backup":
      if (first === undefined) return { verb: "backup" };
      if (first === "list" && second === undefined) return { verb: "list" };
      return first === "verify" ? { verb: "verify", name: named(second) } : usage;
    case "restore":
      return first === undefined || second !== undefined ? usage : { verb: "restore", name: named(first), force };
    case "move":
      return first === undefined ? { verb: "move" } : usage;
  }
}
