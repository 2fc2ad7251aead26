/**
 * Entry: without a command, or with `serve`, the program serves; any other command is one of cli/program.ts. Each loads what it
 * needs alone.
 */

// `deno task timewire -- runs list` hands the dashes on.
const args = Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args;

async function serve(): Promise<void> {
  const { serveByConfig } = await import("./app/serve_command.ts");
  await serveByConfig();
}

if (args.length === 0 || (args.length === 1 && args[0] === "serve")) await serve();
else {
  const { runHere } = await import("./cli/main.ts");
  Deno.exit(await runHere(args, serve));
}

export {};
