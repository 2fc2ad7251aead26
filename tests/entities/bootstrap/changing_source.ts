/** A Clockify whose list of clients changes between two requests, and the bootstrap job that reads it. */

import { assertEquals } from "@std/assert";
import { type BootstrapOptions, createBootstrap } from "../../../src/entities/bootstrap/bootstrap.ts";
import { readableLists } from "../../../src/entities/bootstrap/lists.ts";
import { createProbe } from "../../../src/entities/bootstrap/probe.ts";
import { createBootstrapStore } from "../../../src/entities/bootstrap/store.ts";
import type { ClockifyAnswer, ClockifyCall, ClockifyClient } from "../../../src/clockify/client.ts";
import { builtinCatalogue } from "../../../src/clockify/operations.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { Database } from "../../../src/db/db.ts";
import { AppError } from "../../../src/base/errors.ts";
import type { WorkspaceSettings } from "../../../src/profiles/profile.ts";
import { addInstallation } from "../../db/rows.ts";

export interface Client {
  id: string;
  name: string;
}

const CATALOGUE = builtinCatalogue();
export const CLIENT_LIST = readableLists(CATALOGUE).filter(({ entityType }) => entityType === "client");

export interface ChangingSource {
  client: ClockifyClient;
  /** In the order of the list. */
  clients: Client[];
  /** Page and size of each request, or the id of one that was asked for. */
  asked: string[];
  /** Called before each answer to the list; what it returns is answered in place of the page. */
  before(request: { page: number; size: number; number: number }): Client[] | void;
}

/** Of `count` clients. */
export function changingSource(count: number): ChangingSource {
  const source: ChangingSource = {
    clients: Array.from({ length: count }, (_, index) => newClient(index)),
    asked: [],
    before: () => {},
    client: { call: (call) => Promise.resolve(answer(source, call)) },
  };
  return source;
}

/** Ids sort otherwise than the list does. */
export function newClient(index: number): Client {
  const id = `${(index * 7919) % 100_000}-${index}`.padStart(12, "c");
  return { id, name: `Client ${index}` };
}

function answer(source: ChangingSource, { operation, pathParams, queryParams, origin }: ClockifyCall): ClockifyAnswer {
  assertEquals(origin, { kind: "bootstrap" });
  const ok = (data: unknown, headers: Record<string, string> = {}): ClockifyAnswer => ({
    kind: "ok",
    status: 200,
    headers,
    data,
  });
  const id = pathParams?.id;
  if (operation.operationId === "getClient") {
    source.asked.push(String(id));
    const found = source.clients.find((client) => client.id === id);
    const error = new AppError("UPSTREAM_REJECTED", "Cannot call getClient: gone");
    return found
      ? ok({ ...found })
      : { kind: "refused", status: 400, reason: "invalid_or_gone", retryable: false, error };
  }
  const [page, size] = [Number(queryParams!.page), Number(queryParams!["page-size"])];
  source.asked.push(`${page}/${size}`);
  const instead = source.before({ page, size, number: source.asked.length });
  if (instead) return ok(instead, { "last-page": "true" });
  const end = page * size;
  return ok(source.clients.slice(end - size, end).map((one) => ({ ...one })), {
    "last-page": String(end >= source.clients.length),
  });
}

export async function readerOf(db: Database, source: ChangingSource) {
  const workspaceId = crypto.randomUUID();
  const installationId = await addInstallation(db, { workspaceId });
  const store = createBootstrapStore(db);
  const facts: Parameters<BootstrapOptions["observer"]["finished"]>[0][] = [];
  const credentials = { addonKey: "addon", workspaceId, token: "t", hosts: { api: "https://api.clockify.me/api/v1" } };
  const bootstrap = createBootstrap({
    store,
    lists: CLIENT_LIST,
    client: source.client,
    probe: createProbe({ catalogue: CATALOGUE, lists: CLIENT_LIST, client: source.client }),
    paceOf: () => (takeTurn) => takeTurn(),
    credentials: { get: () => Promise.resolve(credentials as never), forget: () => {} },
    settings: { of: () => Promise.resolve({ bootstrapMaxRps: 50 } as WorkspaceSettings) },
    limitsOf: () => ({ maxPages: 200, parallelLists: 1, maxTries: 3, pageSize: 50 }),
    clock: systemClock,
    observer: { truncated: () => {}, finished: (fact) => facts.push(fact) },
  });
  let jobId = 0;
  return {
    installationId,
    workspaceId,
    /** Reads to the end; gives what was reported. */
    read: async () => {
      const job = {
        id: ++jobId,
        kind: "bootstrap" as const,
        installationId,
        payload: {},
        attempt: 0,
        fence: 1,
        traceparent: null,
        ordered: false,
      };
      const context = { signal: new AbortController().signal, owner: "test", leaseMs: 30_000 };
      let outcome;
      do outcome = await bootstrap(job, context); while (outcome.kind === "snooze");
      return facts.at(-1)!;
    },
    /** What is held, by id. */
    mirror: async () => {
      const rows = await db.sql<{ body: Client }[]>`
        select body from entity_cache where installation_id = ${installationId} and entity_type = 'client'`;
      return rows.map(({ body }) => body).sort(byId);
    },
    source: () => source.clients.map((one) => ({ ...one })).sort(byId),
  };
}

function byId(a: Client, b: Client) {
  return a.id < b.id ? -1 : 1;
}

/** Numbers below 1 that are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761 >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 4_294_967_296;
  };
}
