/** `deno task demo`: Timewire beside a fake Clockify with pages to open, one flow, and a line for each thing that happens. Stays up until stopped. */

import { systemClock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import { loadConfig, readEnvironment } from "../config/load.ts";
import { PORT_VARIABLES } from "../config/variables.ts";
import { lockFolder } from "../db/folder_lock.ts";
import { toAppError } from "../base/errors.ts";
import { type Serving, start } from "../app/start.ts";
import { localOperatorKey } from "../secrets/local_secrets.ts";
import { createLogger } from "../telemetry/log.ts";
import { NEEDS_PROJECT_FLOW } from "./demo_flow.ts";
import { type Entry, entryLines } from "./entry_lines.ts";
import { simulatorPort } from "./port.ts";
import { type Simulator, startSimulator } from "./simulator.ts";

/** What the demo takes of the environment: a .env for real use must not lead it to a real database or address. */
const TAKEN = [...Object.values(PORT_VARIABLES), "API_STUDIO_PORT", "API_PORT", "METRICS_PORT", "SIMULATOR_PORT"];
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
        `flow ${fields.flow_id}: ${fields.state} ${fields.duration_ms} ms after it was queued`,
      );
    default:
      if (fields.level === "WARNING" || fields.level === "ERROR") say(fields.level.toLowerCase(), line);
  }
}

async function main() {
  console.log("Timewire demo: three add-ons, an embedded database and a fake Clockify, all on this machine.\n");
  const { DATA_DIR: home = "./data", ...environment } = await readEnvironment();
  const ports = Object.fromEntries(Object.entries(environment).filter(([name]) => TAKEN.includes(name)));
  // A collector, and addresses of agents, that were named for this run, not those of a .env for real use.
  const named = Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => name.startsWith("OTEL_") || name === "EGRESS_ALLOW"),
  );
  const simulator = await startSimulator({ port: simulatorPort(ports.SIMULATOR_PORT) });
  const folder = `${home}/demo`;
  await emptyFolder(folder);
  // Where `deno task start` makes it, and where the README's calls look for it.
  const key = await localOperatorKey(home);
  const config = configOf({
    ...named,
    ...ports,
    OPERATOR_API_KEYS: key.list,
    DATA_DIR: folder,
    HOST: "127.0.0.1",
    LOG_LEVEL: "DEBUG",
    CLOCKIFY_PUBLIC_KEY: simulator.publicKeyPem,
    ALLOWED_API_DOMAINS: simulator.url,
    CONSOLE_FRAME_ANCESTORS: simulator.url,
  });
  const log = createLogger({ level: "DEBUG", format: "json", clock: systemClock, write: narrate });
  const serving = await start({ config, clock: systemClock, log });

  await play(simulator, serving, key.file);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stopped.resolve());
  await stopped.promise;
  console.log("\nStopping.");
  await serving.stop();
  await simulator.stop();
  Deno.exit(0);
}

/** The demo begins from nothing each time; throws DATA_FOLDER_LOCKED while another one uses the folder. */
async function emptyFolder(folder: string) {
  const lock = await lockFolder(folder);
  await lock.release();
  await Deno.remove(folder, { recursive: true });
}

function configOf(env: Record<string, string>): Config {
  const loaded = loadConfig(env);
  if (loaded.ok) return loaded.config;
  return fail(loaded.faults.map(({ name, problem, remedy }) => `${name}: ${problem}; ${remedy}`).join("\n"));
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
  and a moment later your entry in the list carries the tag needs-project; nothing else of it changes.

${owner.name} installed the add-ons in "${name}" and made the flow "${flow.name}".
The operator's console: http://127.0.0.1:${operatorPort}/   its key: ${keyFile}

One timer by itself, so that there is something to see:`);
  const description = "Call with the harbour office";
  console.log(`  ${worker.name} starts a timer "${description}" without a project, and stops it`);
  const { before, after } = await stopOneTimer(simulator, { workspaceId, userId: worker.id, description }, async () => {
    let executions: { status: string }[] = [];
    for (let polls = 0; polls < 200 && executions[0]?.status !== "COMPLETED"; polls++) {
      await systemClock.sleep(50);
      ({ executions } = await call(`${flowsUrl}/${flow.id}/executions`));
      if (executions[0]?.status === "FAILED") fail(`The flow failed: ${JSON.stringify(executions[0], null, 2)}`);
    }
    await simulator.settled();
  });
  console.log(`
  The whole entry as Clockify holds it, before and after:
    ${entryLines(before, after).join("\n    ")}

Everything stays up until Ctrl-C; what happens next is printed here. For a terminal:
  Manifests          http://127.0.0.1:${Object.values(ports).join(", ")}/manifest   also /healthz, /ready, /metrics
  What the flow did  curl -s -H "X-API-Key: $(cat ${keyFile})" \\
                       "${flowsUrl}/${flow.id}/executions?workspace_id=${workspaceId}"
`);
}

/** A timer with a tag, billable and with a custom field, so that there is something to leave alone; `after` once `done` resolves. */
async function stopOneTimer(
  { change }: Simulator,
  { description, ...who }: { workspaceId: string; userId: string; description: string },
  done: () => Promise<void>,
): Promise<{ before: Entry; after: Entry }> {
  const see = async <Answer>(path: string) => await change({ ...who, method: "GET", path }) as Answer;
  const [field] = await see<{ id: string }[]>("/custom-fields");
  const tag = (await see<{ id: string; name: string }[]>("/tags")).find(({ name }) => name === "on site");
  const second = (ms: number) => new Date(ms).toISOString().slice(0, 19) + "Z";
  const started = await change({
    ...who,
    method: "POST",
    path: "/time-entries",
    body: {
      start: second(systemClock.now() - 25 * 60_000),
      description,
      billable: true,
      tagIds: [tag!.id],
      customFields: [{ customFieldId: field!.id, sourceType: "TIMEENTRY", value: "North quay" }],
    },
  }) as { id: string };
  const path = `/time-entries/${started.id}?hydrated=true`;
  const running = await see<Entry>(path);
  const body = { end: second(systemClock.now()) };
  const stopped = await change({ ...who, method: "PATCH", path: `/user/${who.userId}/time-entries`, body }) as Entry;
  // Only the end came: the flow may have changed the entry by the time it could be read again.
  const before = { ...running, timeInterval: structuredClone(stopped.timeInterval) };
  await done();
  return { before, after: await see<Entry>(path) };
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(4);
}

await main().catch((error) => fail(toAppError(error).message));
