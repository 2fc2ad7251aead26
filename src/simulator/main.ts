/** Runs the simulator alone: `deno run -P=timewire src/simulator/main.ts --port 9400`, or SIMULATOR_PORT. */

import { toAppError } from "../base/errors.ts";
import { CONTROL_COMMANDS } from "./control.ts";
import { simulatorPort } from "./port.ts";
import { startSimulator } from "./simulator.ts";

const flag = Deno.args.indexOf("--port");
const simulator = await startSimulatorAt(flag >= 0 ? Deno.args[flag + 1] : Deno.env.get("SIMULATOR_PORT"));
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

async function startSimulatorAt(port: string | undefined) {
  try {
    return await startSimulator({ port: simulatorPort(port) });
  } catch (error) {
    const { code, message } = toAppError(error);
    console.error(message);
    Deno.exit(code === "CONFIG_INVALID" ? 3 : 4);
  }
}
