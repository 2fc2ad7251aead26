/**
 * Deno Deploy as its documentation and the runtime's own sources describe it: it says where Deno.serve listens, takes the crons
 * that are registered while modules load, fires them over a socket, and ends an instance by SIGINT.
 */

import { systemClock } from "../../src/base/clock.ts";
import { type Ended, type LogLine, spawn } from "./program.ts";

export interface Instance {
  url: string;
  pid: number;
  /** Names of the crons that were registered before it served. */
  crons: string[];
  /** Fires a cron, and gives whether its handler succeeded, as soon as it has ended. */
  fire(cron: string): Promise<boolean>;
  log(): LogLine[];
  kill(signal: Deno.Signal): void;
  ended: Promise<Ended>;
}

export interface DeployHost {
  /** The address of the app; the first instance listens there, the others beside. */
  url: string;
  /** `deploy.predeploy` of deno.json. */
  migrate(): Promise<Ended>;
  start(): Promise<Instance>;
  /** Kills what still runs. */
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 120_000;

export function createDeployHost(variables: Record<string, string>): DeployHost {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...variables, PUBLIC_BASE_URL: url, DENO_DEPLOY: "true", DENO_TIMELINE: "production" };
  const instances: Instance[] = [];
  return {
    url,
    migrate: () => spawn(env, ["migrate"], undefined, ["-A", "--no-prompt", "src/deploy.ts"]).ended,
    start: async () => {
      const isTaken = instances.some(({ url: own }) => own === url);
      const instance = await startInstance(env, isTaken ? 0 : port);
      instances.push(instance);
      void instance.ended.then(() => instances.splice(instances.indexOf(instance), 1));
      return instance;
    },
    stop: async () => {
      for (const { kill, ended } of [...instances]) {
        kill("SIGKILL");
        await ended;
      }
    },
  };
}

async function startInstance(env: Record<string, string>, port: number): Promise<Instance> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-deploy-" });
  const path = `${folder}/cron.sock`;
  const socket = Deno.listen({ transport: "unix", path });
  const { pid, ended, log, kill } = spawn(
    { ...env, DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, DENO_UNSTABLE_CRON_SOCK: `unix:${path}` },
    [],
    undefined,
    // No flags but what that host gives.
    ["-A", "src/deploy.ts"],
  );
  const crons = await Promise.race([
    connect(socket),
    ended.then((end) => Promise.reject(new Error(JSON.stringify(end)))),
  ]);
  void ended.then(async () => {
    crons.close();
    socket.close();
    await Deno.remove(folder, { recursive: true });
  });
  let early: Ended | undefined;
  void ended.then((end) => early = end);
  for (let waitedMs = 0;; waitedMs += 25) {
    const ready = log().find(({ message }) => message === "listener.ready");
    if (ready) {
      return { url: `http://127.0.0.1:${ready.port}`, pid, log, kill, ended, crons: crons.names(), fire: crons.fire };
    }
    if (early || waitedMs > READY_LIMIT_MS) {
      kill("SIGKILL");
      throw new Error(`The instance is not ready: ${early ? JSON.stringify(early) : JSON.stringify(log())}`);
    }
    await systemClock.sleep(25);
  }
}

/** The host's end of the socket: a line of JSON for each message. */
async function connect(socket: Deno.UnixListener) {
  const connection = await socket.accept();
  const names: string[] = [];
  const results = new Map<string, PromiseWithResolvers<boolean>>();
  void (async () => {
    let text = "";
    for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
      const lines = (text + chunk).split("\n");
      text = lines.pop()!;
      for (const line of lines.filter(Boolean)) take(JSON.parse(line));
    }
  })().catch(() => {});
  function take(message: { kind: string; crons?: { name: string }[]; name?: string; success?: boolean }) {
    if (message.kind === "register") names.push(...message.crons!.map(({ name }) => name));
    if (message.kind === "result") results.get(message.name!)?.resolve(message.success!);
  }
  return {
    names: () => [...names],
    fire: async (name: string) => {
      const result = Promise.withResolvers<boolean>();
      results.set(name, result);
      await connection.write(new TextEncoder().encode(`${JSON.stringify({ kind: "invoke", name })}\n`));
      return await result.promise;
    },
    close: () => {
      try {
        connection.close();
      } catch {
        // Closed with its reader.
      }
    },
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
