/** `deno task demo`: Timewire beside a fake Clockify, one flow, one change of data, told in plain lines. Stays up until stopped. */

import { systemClock } from "../clock.ts";
import { loadConfig, readEnvironment } from "../config.ts";
import { type Serving, start } from "../serve.ts";
import { createLogger } from "../telemetry/log.ts";
import { NEEDS_PROJECT_FLOW } from "./demo_flow.ts";
import { type Simulator, startSimulator } from "./simulator.ts";

const DATA_DIR = "./data/demo";
const SIMULATOR_PORT = 9400;

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
  const loaded = loadConfig({
    ...await readEnvironment(),
    DATA_DIR,
    DATABASE_URL: "",
    HOST: "127.0.0.1",
    LOG_LEVEL: "DEBUG",
    CLOCKIFY_PUBLIC_KEY: simulator.publicKeyPem,
    ALLOWED_API_DOMAINS: simulator.url,
  });
  if (!loaded.ok) {
    return fail(loaded.faults.map(({ name, problem, remedy }) => `${name}: ${problem}; ${remedy}`).join("\n"));
  }
  const log = createLogger({ level: "DEBUG", format: "json", clock: systemClock, write: narrate });
  const serving = await start({ config: loaded.config, clock: systemClock, log }).catch((error: Error) =>
    fail(error.message)
  );

  await play(simulator, serving);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stopped.resolve());
  await stopped.promise;
  console.log("\nStopping.");
  await serving.stop();
  await simulator.stop();
  Deno.exit(0);
}

async function play(simulator: Simulator, { ports, core }: Serving) {
  const [workspace] = await simulator.workspaces();
  const { id: workspaceId, name, users } = workspace!;
  const owner = users[0]!;
  const worker = users.find(({ role }) => role === "MEMBER")!;

  console.log(`1. ${owner.name} installs the three add-ons in the workspace "${name}"`);
  for (const [profile, port] of Object.entries(ports)) {
    const { webhooks } = await simulator.install({ manifestUrl: `http://127.0.0.1:${port}/manifest`, workspaceId });
    console.log(`   ${profile}: installed, ${webhooks.length} webhooks`);
  }

  const { addonKey, profile } = core.listeners.find(({ app }) => app.profile.key === "universal_webhook")!.app;
  const flowsUrl = `http://127.0.0.1:${ports[profile.key]}/ui/flows`;
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
  console.log(`\n2. ${owner.name} makes a flow: "${NEEDS_PROJECT_FLOW.name}"`);
  const flow = await call(flowsUrl, NEEDS_PROJECT_FLOW);

  const description = "Call with the harbour office";
  console.log(`\n3. ${worker.name} starts a timer "${description}" without a project, and stops it`);
  const entries = `/user/${worker.id}/time-entries`;
  const startedAt = new Date(systemClock.now() - 25 * 60_000).toISOString().slice(0, 19) + "Z";
  const entry = await simulator.change({
    workspaceId,
    userId: worker.id,
    method: "POST",
    path: "/time-entries",
    body: { start: startedAt, description },
  }) as { id: string };
  const end = new Date(systemClock.now()).toISOString().slice(0, 19) + "Z";
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
    path: `/time-entries/${entry.id}`,
  }) as { description: string; tagIds: string[]; timeInterval: { duration: string } };
  const tags = await simulator.change({ workspaceId, method: "GET", path: "/tags" }) as { id: string; name: string }[];
  const names = after.tagIds.map((id) => tags.find((tag) => tag.id === id)?.name);
  console.log(
    `\n4. Clockify now holds: "${after.description}", ${after.timeInterval.duration}, tags: ${
      names.join(", ") || "none"
    }`,
  );

  const change = (path: string, body: unknown, method = "POST") =>
    `curl -s ${simulator.url}/_sim/change -d '${
      JSON.stringify({ workspaceId, userId: worker.id, method, path, body })
    }'`;
  console.log(`
Everything stays up until Ctrl-C; what happens next is printed here. Look at it, or make it happen again:

  Addresses
    API Studio         http://127.0.0.1:${ports.api_studio}/manifest
    Universal Webhook  http://127.0.0.1:${ports.universal_webhook}/manifest   health: /healthz /ready   numbers: /metrics
    Clockify Add-on    http://127.0.0.1:${ports.clockify_addon}/manifest
    Fake Clockify      ${simulator.url}

  What the flow did, step by step
    curl -s -H "X-API-Key: $(cat ${core.localFiles.operatorKey})" \\
      "${flowsUrl}/${flow.id}/executions?workspace_id=${workspaceId}"

  Start and stop another timer
    ${change("/time-entries", { start: startedAt, description: "Another call" })}
    ${change(entries, { end }, "PATCH")}
`);
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(4);
}

await main();
