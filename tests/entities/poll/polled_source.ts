/** A Clockify of lists in memory, and the jobs that poll them: time passes by what a job asks to wait, or until the next slot. */

import { assertEquals } from "@std/assert";
import { readableLists } from "../../../src/entities/bootstrap/lists.ts";
import type { Pace } from "../../../src/entities/bootstrap/pace.ts";
import { createProbe } from "../../../src/entities/bootstrap/probe.ts";
import type { ClockifyAnswer, ClockifyCall, ClockifyClient } from "../../../src/clockify/client.ts";
import { PAGE_SIZE } from "../../../src/entities/bootstrap/read_list.ts";
import { builtinCatalogue } from "../../../src/clockify/operations.ts";
import { SCOPES } from "../../../src/clockify/scopes.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { Database } from "../../../src/db/db.ts";
import { AppError } from "../../../src/base/errors.ts";
import type { FoundEvent } from "../../../src/entities/poll/families.ts";
import { pollableEvents } from "../../../src/entities/poll/families.ts";
import { createPoll } from "../../../src/entities/poll/poll.ts";
import { createPollStore } from "../../../src/entities/poll/store.ts";
import type { WorkspaceSettings } from "../../../src/profiles/profile.ts";
import type { Job } from "../../../src/queue/queue.ts";
import { addInstallation } from "../../db/rows.ts";

type Entity = Record<string, unknown> & { id: string };

const CATALOGUE = builtinCatalogue();
const LISTS = readableLists(CATALOGUE);
const MINUTE_MS = 60_000;
const PACE: Pace = (takeTurn) => takeTurn();
export const POLL_MINUTES = 15;

export async function polledSource(db: Database) {
  const workspaceId = crypto.randomUUID();
  const installationId = await addInstallation(db, { workspaceId });
  /** By entity type; tasks by `task:<project>`. */
  const lists = new Map<string, Entity[]>();
  const asked: string[] = [];
  const events: FoundEvent[] = [];
  /** What is answered in place of a list, by entity type. */
  const instead = new Map<string, Entity[]>();

  const ok = (data: unknown, last = true): ClockifyAnswer => ({
    kind: "ok",
    status: 200,
    headers: { "last-page": String(last) },
    data,
  });
  const client: ClockifyClient = {
    call: ({ operation, pathParams, queryParams, origin }: ClockifyCall) => {
      assertEquals(origin, { kind: "poll" });
      asked.push(operation.operationId);
      const list = LISTS.find((one) => one.operation === operation);
      if (list) {
        const type = list.parent ? `${list.entityType}:${pathParams![list.parent.param]}` : list.entityType;
        const all = instead.get(type) ?? lists.get(type) ?? [];
        const end = Number(queryParams?.page ?? 1) * PAGE_SIZE;
        const items = structuredClone(all.slice(end - PAGE_SIZE, end));
        const data = list.member.reduceRight<unknown>((inner, name) => ({ [name]: inner }), items);
        return Promise.resolve(ok(data, end >= all.length));
      }
      const ids = Object.values(pathParams!);
      const found = [...lists.values()].flat().find(({ id }) => id === ids.at(-1));
      const error = new AppError("UPSTREAM_REJECTED", "gone");
      return Promise.resolve(
        found ? ok(found) : { kind: "refused", status: 400, reason: "invalid_or_gone", retryable: false, error },
      );
    },
  };
  const credentials = { addonKey: "addon", workspaceId, token: "t", hosts: { api: "https://api.clockify.me/api/v1" } };
  const poll = createPoll(
    {
      store: createPollStore(db),
      lists: LISTS,
      client,
      probe: createProbe({ catalogue: CATALOGUE, lists: LISTS, client }),
      paceOf: () => PACE,
      credentials: { get: () => Promise.resolve(credentials as never), forget: () => {} },
      settings: { of: () => Promise.resolve({ bootstrapMaxRps: 50 } as WorkspaceSettings) },
      polledEvents: () => Promise.resolve(pollableEvents),
      refreshIfDue: () => Promise.resolve(),
      learn: () => {},
      maxPagesOf: () => 200,
      scopesOf: () => SCOPES,
      pollMs: POLL_MINUTES * MINUTE_MS,
      clock: systemClock,
      publish: (_target: unknown, found: FoundEvent[]) => {
        events.push(...found);
        return Promise.resolve();
      },
      observer: {
        polled: () => {},
        failed: (_id: number, error: unknown) => {
          throw error;
        },
      },
    } as unknown as Parameters<typeof createPoll>[0],
  );

  const source = {
    installationId,
    lists,
    instead,
    asked,
    /** One job's turn; gives how long it wants to wait, and after its end how long it takes to the next one. */
    turn: async () => {
      const job: Job = {
        id: 1,
        kind: "poll",
        installationId,
        payload: {},
        attempt: 0,
        fence: 1,
        traceparent: null,
        ordered: false,
      };
      const outcome = await poll(job, { signal: new AbortController().signal, owner: "test", leaseMs: 30_000 });
      if (outcome.kind === "done") return POLL_MINUTES * MINUTE_MS;
      if (outcome.kind !== "snooze") throw new Error(`The job ended: ${outcome.kind}`);
      return outcome.delayMs;
    },
    /** Lets time pass: what was read is so much older. */
    pass: async (ms: number) => {
      const by = `${ms} milliseconds`;
      await db.sql`
        update polled_family set finished_at = finished_at - ${by}::text::interval
        where installation_id = ${installationId}`;
    },
    /** Turns for so long, from the next slot on, none closer than a second to the one before. */
    run: async (forMs: number) => {
      let delayMs = POLL_MINUTES * MINUTE_MS;
      for (let ms = 0; ms < forMs;) {
        await source.pass(delayMs);
        ms += delayMs;
        delayMs = Math.max(1_000, await source.turn());
      }
    },
    /** Every list to its end, whenever it was read last. */
    round: async () => {
      await source.pass(24 * 60 * MINUTE_MS);
      await source.turn();
    },
    /** Events since the last call, by type and id. */
    arrived: () => events.splice(0).map(({ eventType, body }) => `${eventType} ${body.id ?? ""}`),
  };
  return source;
}
