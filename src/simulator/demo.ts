/** `deno task demo`: Timewire beside a fake Clockify with pages to open, one flow, told in plain lines. Stays up until stopped. */

import { systemClock } from "../clock.ts";
import { loadConfig, readEnvironment } from "../config.ts";
import { type Serving, start } from "../serve.ts";
import { localOperatorKey } from "../installations/local_secrets.ts";
import { createLogger } from "../telemetry/log.ts";
import { NEEDS_PROJECT_FLOW } from "./demo_flow.ts";
import { type Simulator, startSimulator } from "./simulator.ts";

const DATA_DIR = "./data/demo";
/** Where `deno task start` makes the operator's key, and where the README's calls look for it. */
const KEY_DIR = "./data";
const SIMULATOR_PORT = 9400;
/** Whose flow is shown: installed first, so the host page opens it. */
const SHOWN = "universal_webhook";

/** Turns the program's own log into lines for people. */
function narrate(line: string) {
  const fields = JSON.parse(line);
  const say = (what: string, text: string) =>
    console.log(`  ${fields.timestamp.slice(11, 23)}  ${what.padEnd(8)}  ${text}`);
  switch (fields.message) {
    case "event.received":
      return say(
        "arrived",
        `${fields.event_type} at ${fields.service}${fields.outcome === "duplicate" ? ", a repeat: not run twice" : ""}`,
      );
    case "step.attempted":
      return say(
        "called",
        `step ${fields.step.split("/").at(-1)}: ${fields.outcome}, HTTP ${
          fields.http_status ?? "-"
        }, ${fields.duration_ms} ms`,
      );
    case "run.finished":
      return say(
        "ran",
        `flow ${fields.flow_id}: ${fields.state} ${fields.duration_ms} ms after its event was taken up`,
      );
    default:
      if (fields.level === "WARNING" || fields.level === "ERROR") say(fields.level.toLowerCase(), line);
  }
}

async function main() {
  console.log("Timewire demo: three add-ons, an embedded database and a fake Clockify, all on this machine.\n");
  await Deno.remove(DATA_DIR, { recursive: true }).catch(() => {});
  await Deno.mkdir(DATA_DIR, { recursive: true });
  const simulator = await startSimulator({ port: SIMULATOR_PORT }).catch((error: Error) => fail(error.message));
  const key = await localOperatorKey(KEY_DIR);
  const loaded = loadConfig({
    ...await readEnvironment(),
    OPERATOR_API_KEYS: key.list,
    DATA_DIR,
    DATABASE_URL: "",
    HOST: "127.0.0.1",
    LOG_LEVEL: "DEBUG",
    CLOCKIFY_PUBLIC_KEY: simulator.publicKeyPem,
    ALLOWED_API_DOMAINS: simulator.url,
    CONSOLE_FRAME_ANCESTORS: simulator.url,
  });
  if (!loaded.ok) {
    return fail(loaded.faults.map(({ name, problem, remedy }) => `${name}: ${problem}; ${remedy}`).join("\n"));
  }
  const log = createLogger({ level: "DEBUG", format: "json", clock: systemClock, write: narrate });
  const serving = await start({ config: loaded.config, clock: systemClock, log }).catch((error: Error) =>
    fail(error.message)
  );

  await play(simulator, serving, key.file);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stopped.resolve());
  await stopped.promise;
  console.log("\nStopping.");
  await serving.stop();
  await simulator.stop();
  Deno.exit(0);
}

async function play(simulator: Simulator, { ports, operatorPort, core }: Serving, keyFile: string) {
  const [workspace] = await simulator.workspaces();
  const { id: workspaceId, name, users } = workspace!;
  const owner = users[0]!;
  const worker = users.find(({ role }) => role === "MEMBER")!;

  const installs = Object.entries(ports).toSorted(([a], [b]) => Number(b === SHOWN) - Number(a === SHOWN));
  for (const [profile, port] of installs) {
    const { lifecycle } = await simulator.install({ manifestUrl: `http://127.0.0.1:${port}/manifest`, workspaceId });
    if (lifecycle.status !== 200) fail(`Cannot install ${profile}: ${lifecycle.error ?? lifecycle.status}`);
  }
  const { addonKey } = core.listeners.find((one) => one.profile.key === SHOWN)!.app;
  const flowsUrl = `http://127.0.0.1:${ports[SHOWN]}/ui/flows`;
  const token = await simulator.userToken({ workspaceId, userId: owner.id, addonKey });
  const call = async (url: string, body?: unknown) => {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      headers: { "x-addon-token": token, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) fail(`Cannot call ${url}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const flow = await call(flowsUrl, NEEDS_PROJECT_FLOW);

  console.log(`Open ${simulator.url}/

  Type what you do, press Start, press Stop: the event arrives in the console beside it, the flow runs,
  and a moment later your entry in the list carries the tag needs-project.

${owner.name} installed the add-ons in "${name}" and made the flow "${flow.name}".
The operator's console: http://127.0.0.1:${operatorPort}/   its key: ${keyFile}

One timer by itself, so that there is something to see:`);
  const description = "Call with the harbour office";
  console.log(`  ${worker.name} starts a timer "${description}" without a project, and stops it`);
  const startedAt = new Date(systemClock.now() - 25 * 60_000).toISOString().slice(0, 19) + "Z";
  const entry = await simulator.change({
    workspaceId,
    userId: worker.id,
    method: "POST",
    path: "/time-entries",
    body: { start: startedAt, description },
  }) as { id: string };
  const end = new Date(systemClock.now()).toISOString().slice(0, 19) + "Z";
  const entries = `/user/${worker.id}/time-entries`;
  await simulator.change({ workspaceId, userId: worker.id, method: "PATCH", path: entries, body: { end } });

  let executions: { status: string; actions: unknown[] }[] = [];
  for (let tries = 0; tries < 200 && executions[0]?.status !== "COMPLETED"; tries++) {
    await systemClock.sleep(50);
    ({ executions } = await call(`${flowsUrl}/${flow.id}/executions`));
    if (executions[0]?.status === "FAILED") fail(`The flow failed: ${JSON.stringify(executions[0], null, 2)}`);
  }
  await simulator.settled();

  const after = await simulator.change({
    workspaceId,
    userId: worker.id,
    method: "GET",
    path: `/time-entries/${entry.id}?hydrated=true`,
  }) as { description: string; tags: { name: string }[]; timeInterval: { duration: string } };
  const tags = after.tags.map(({ name }) => name).join(", ");
  console.log(`  Clockify now holds "${after.description}", ${after.timeInterval.duration}, tags: ${tags || "none"}

Everything stays up until Ctrl-C; what happens next is printed here. For a terminal:
  Manifests          http://127.0.0.1:${Object.values(ports).join(", ")}/manifest   also /healthz, /ready, /metrics
  What the flow did  curl -s -H "X-API-Key: $(cat ${keyFile})" \\
                       "${flowsUrl}/${flow.id}/executions?workspace_id=${workspaceId}"
`);
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(4);
}

await main();
