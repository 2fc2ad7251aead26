/** A whole small world for tests at the doors: a fake Clockify, a database, and Timewire on free ports. */

import { assertEquals } from "@std/assert";
import type { Action } from "../../src/engine/action.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { OnPoint } from "../../src/base/crash_point.ts";
import type { ProfileKey } from "../../src/profiles/profile.ts";
import { type Serving, start } from "../../src/app/start.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import { UNHURRIED } from "./child.ts";
import { type TestDatabase, testDatabase } from "./database.ts";
import { startTestSimulator } from "./simulator.ts";

export const OPERATOR_KEY = "test-operator-key-0123456789-0123456789";

export interface World {
  simulator: Simulator;
  database: TestDatabase;
  serving: Serving;
  /** Parsed lines of the program's log. */
  logs: Record<string, unknown>[];
  /** `http://127.0.0.1:<port>` of a profile. */
  url(profile: ProfileKey): string;
  /** Installs a profile in a workspace of the simulator (the first one when absent). */
  install(profile: ProfileKey, workspaceId?: string): ReturnType<Simulator["install"]>;
  /** Installs a profile in the first workspace, where it is alone with one installation of it; gives what requests to it need. */
  enter(profile: ProfileKey): Promise<Entered>;
  /** Headers of a viewer: the owner when no user is named. */
  viewer(profile: ProfileKey, user?: { workspaceId?: string; userId?: string }): Promise<Record<string, string>>;
  workspaceId: string;
  ownerId: string;
  memberId: string;
  stop(): Promise<void>;
}

export interface Entered {
  /** Headers of the workspace's owner. */
  admin: Record<string, string>;
  /** Headers of a member. */
  member: Record<string, string>;
  installationId: number;
}

export interface WorldOptions {
  /** Variables over the defaults. */
  env?: Record<string, string>;
  /** Added to ALLOWED_API_DOMAINS, which names the simulator. */
  moreDomains?: string;
  actions?: readonly Action[];
  database?: TestDatabase;
  /** Default 0: each scrape is of its moment. */
  metricsKeptMs?: number;
  onPoint?: OnPoint;
}

/** Variables that point Timewire at a simulator, on free ports, with a key of its own. */
export function worldEnv(simulator: Pick<Simulator, "url" | "publicKeyPem">): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    APP_PORT: "0",
    UNIVERSAL_WEBHOOK_PORT: "0",
    CLOCKIFY_ADDON_PORT: "0",
    API_PORT: "0",
    CLOCKIFY_PUBLIC_KEY: simulator.publicKeyPem,
    ALLOWED_API_DOMAINS: simulator.url,
    CONSOLE_FRAME_ANCESTORS: simulator.url,
    ENCRYPTION_KEYS: newKey("test"),
    OPERATOR_API_KEYS: `tests:${OPERATOR_KEY}`,
    ...UNHURRIED,
  };
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const simulator = await startTestSimulator();
  const database = options.database ?? await testDatabase();
  const config = configOf({
    ...worldEnv(simulator),
    ...(options.moreDomains && { ALLOWED_API_DOMAINS: `${simulator.url},${options.moreDomains}` }),
    ...options.env,
  });
  const logs: Record<string, unknown>[] = [];
  const log = createLogger({
    level: config.log.level,
    format: "json",
    clock: systemClock,
    write: (line) => logs.push(JSON.parse(line)),
  });
  const { actions, onPoint } = options;
  const { metricsKeptMs = 0 } = options;
  const parts = { config, clock: systemClock, log, database: database.db, actions, metricsKeptMs, onPoint };
  const serving = await start(parts);

  const [workspace] = await simulator.workspaces();
  const workspaceId = workspace!.id;
  const ownerId = workspace!.users.find(({ role }) => role === "OWNER")!.id;
  const memberId = workspace!.users.find(({ role }) => role === "MEMBER")!.id;
  const url = (profile: ProfileKey) => `http://127.0.0.1:${serving.ports[profile]}`;
  const world: World = {
    simulator,
    database,
    serving,
    logs,
    url,
    install: async (profile, workspace = workspaceId) => {
      const result = await simulator.install({ manifestUrl: `${url(profile)}/manifest`, workspaceId: workspace });
      assertEquals(
        result.lifecycle.status,
        200,
        `INSTALLED was refused: ${JSON.stringify([result.lifecycle, logs.at(-1)])}`,
      );
      return result;
    },
    enter: async (profile) => {
      await world.install(profile);
      const [row] = await database.db.sql<{ id: number }[]>`
        select id from installation where addon = ${profile} and workspace_id = ${workspaceId}`;
      return {
        admin: await world.viewer(profile),
        member: await world.viewer(profile, { userId: memberId }),
        installationId: row!.id,
      };
    },
    viewer: async (profile, user = {}) => {
      const { addonKey } = serving.core.listeners.find((one) => one.profile.key === profile)!.app;
      const token = await simulator.userToken({
        workspaceId: user.workspaceId ?? workspaceId,
        userId: user.userId ?? ownerId,
        addonKey,
      });
      return { "x-addon-token": token };
    },
    workspaceId,
    ownerId,
    memberId,
    stop: async () => {
      await serving.stop();
      await simulator.stop();
      if (!options.database) await database.stop();
    },
  };
  return world;
}

export function configOf(env: Record<string, string>): Config {
  const loaded = loadConfig(env);
  if (!loaded.ok) throw new Error(loaded.faults.map(({ name, problem }) => `${name}: ${problem}`).join("; "));
  return loaded.config;
}

/** Long after what any test awaits has come on the slowest machine: it only ends a test that would hang. */
const GIVE_UP_MS = 120_000;

/** Between two looks: a tenth of what was waited, so that what comes late is not asked for hundreds of times. */
const LEAST_PAUSE_MS = 25;
const MOST_PAUSE_MS = 250;

/** Calls `look` until it gives something, waiting a little in between. */
export async function eventually<T>(look: () => Promise<T | undefined | false | null>): Promise<T> {
  const since = systemClock.monotonicMs();
  for (let waitedMs = 0; waitedMs < GIVE_UP_MS; waitedMs = systemClock.monotonicMs() - since) {
    const found = await look();
    if (found) return found;
    await systemClock.sleep(Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, waitedMs / 10)));
  }
  throw new Error(`Nothing came in ${GIVE_UP_MS / 1000} s`);
}
