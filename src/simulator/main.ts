/** Runs the simulator alone: `deno run -P=timewire src/simulator/main.ts --port 9400`, or SIMULATOR_PORT. */

import { CONTROL_COMMANDS } from "./control.ts";
import { startSimulator } from "./simulator.ts";

const DEFAULT_PORT = 9400;

function portFrom(args: readonly string[]): number {
  const flag = args.indexOf("--port");
  const text = flag >= 0 ? args[flag + 1] : Deno.env.get("SIMULATOR_PORT");
  const port = text === undefined ? DEFAULT_PORT : Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  console.error(`Cannot start the simulator: "${text}" is not a port. Give --port or SIMULATOR_PORT as 0 to 65535.`);
  Deno.exit(3);
}

const port = portFrom(Deno.args);
const simulator = await startSimulator({ port }).catch((error: Error) => {
  console.error(error.message);
  Deno.exit(4);
});
const workspaces = await simulator.workspaces();

console.log(`Fake Clockify: ${simulator.url}  (API ${simulator.apiUrl}/v1)

Let Timewire trust it:
  CLOCKIFY_PUBLIC_KEY   the key below
  ALLOWED_API_DOMAINS   ${simulator.url}

Workspaces:
${workspaces.map(({ id, name }) => `  ${id}  ${name}`).join("\n")}

Install an add-on:
  curl -X POST ${simulator.url}/_sim/install -d '{"manifestUrl":"http://127.0.0.1:8000/manifest","workspaceId":"${
  workspaces[0]?.id
}"}'
Other commands: POST ${simulator.url}/_sim/<command> with a JSON object; ${CONTROL_COMMANDS.join(", ")}

${simulator.publicKeyPem}`);

const stopped = Promise.withResolvers<void>();
for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stopped.resolve());
await stopped.promise;
await simulator.stop();
Deno.exit(0);
