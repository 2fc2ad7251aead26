/**
 * The services that read a workspace's lists, over one database: bootstrap and polling, with the same lists and at one
 * rate.
 */

import { type BootstrapObserver, createBootstrap, type ReadLimits } from "../bootstrap/bootstrap.ts";
import type { ReadList } from "../bootstrap/lists.ts";
import { createPaces } from "../bootstrap/pace.ts";
import { createProbe } from "../bootstrap/probe.ts";
import { createRefresh, type Refresh } from "../bootstrap/refresh.ts";
import { createBootstrapStore, type TriggerList, type TriggerRead } from "../bootstrap/store.ts";
import { type BootstrapView, createBootstrapView } from "../bootstrap/view.ts";
import type { Clock } from "../../base/clock.ts";
import type { ClockifyClient } from "../../clockify/client.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { Database } from "../../db/db.ts";
import { createFetchMissing } from "../fetch_missing.ts";
import type { Learner } from "../learner.ts";
import { createNameLookup, type NameLookup } from "../lookup.ts";
import { createEntityNames } from "../names.ts";
import type { Ingest } from "../../ingest/ingest.ts";
import type { CredentialSource } from "../../installations/credentials.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { ProfileKey } from "../../profiles/profile.ts";
import { profileOf } from "../../profiles/profiles.ts";
import type { JobHandler } from "../../queue/worker.ts";
import { createPoll } from "./poll.ts";
import type { PollObserver } from "./round.ts";
import { createPollStore } from "./store.ts";
import { createPublish } from "./publish.ts";

export interface ReadingOptions {
  db: Database;
  /** The same for what pages wait for. */
  requests: Database;
  client: ClockifyClient;
  catalogue: Catalogue;
  /** All that the catalogue has (entities/bootstrap/lists.ts). */
  lists: readonly ReadList[];
  credentials: CredentialSource;
  settings: SettingsSource;
  ingest: Ingest;
  learner: Learner;
  /** By profile key; of an add-on that another process serves, those of any. */
  limitsOf(addon: string): ReadLimits;
  /** 0: lists are not polled. */
  pollMs: number;
  clock: Clock;
  observer: BootstrapObserver & PollObserver;
  /** After a commit that made a job due. */
  wake(): void;
}

export interface Reading {
  service: BootstrapView & {
    /** Asks for a read, unless one waits or is in progress (`started` false); the number names the read that will be. */
    trigger: TriggerRead;
    /** The same of one list. */
    triggerList: TriggerList;
  };
  /** Asks for a read when an admin's visit finds nothing, as where the read after the install failed or was skipped. */
  atVisit: Refresh["atVisit"];
  names: NameLookup;
  /** Handlers of the job kinds of these names. */
  bootstrap: JobHandler;
  poll: JobHandler;
}

export function createReading(options: ReadingOptions): Reading {
  const { db, requests, catalogue, clock, limitsOf, lists, wake } = options;
  const paceOf = createPaces(clock);
  const store = createBootstrapStore(db);
  const asked = createBootstrapStore(requests);
  const probe = createProbe({ catalogue, lists, client: options.client });
  const shared = { ...options, lists, paceOf, probe };
  const scopesOf = (addon: string) => profileOf(addon as ProfileKey).scopes;
  const refresh = createRefresh({ ...options, store });
  const { learn, learnNow } = options.learner;
  return {
    service: {
      ...createBootstrapView(requests, lists),
      trigger: async (installation, options) => {
        const triggered = await asked.trigger(installation, options);
        wake();
        return triggered;
      },
      triggerList: async (installation, entityType, options) => {
        const triggered = await asked.triggerList(installation, entityType, options);
        wake();
        return triggered;
      },
    },
    atVisit: refresh.atVisit,
    names: createNameLookup({
      names: createEntityNames(requests),
      missing: createFetchMissing({ ...options, lists, probe, scopesOf, learnNow }),
    }),
    bootstrap: createBootstrap({ ...shared, store }),
    poll: createPoll({
      ...shared,
      store: createPollStore(db),
      publish: createPublish(options.ingest),
      polledEvents: readPolledEvents(db),
      maxPagesOf: (addon) => limitsOf(addon).maxPages,
      scopesOf,
      refreshIfDue: refresh.ifDue,
      learn,
    }),
  };
}

/** Event types that the coverage plan leaves to polling, by installation; undefined before the first check of coverage since its install. */
function readPolledEvents(
  db: Pick<Database, "scoped">,
): (installation: { id: number }) => Promise<ReadonlySet<string> | undefined> {
  return ({ id }) =>
    db.scoped({ installationIds: [id] }, async (sql) => {
      const [check] = await sql`
        select 1 from coverage_check join installation on installation.id = installation_id
        where installation_id = ${id} and checked_at >= installed_at`;
      if (!check) return undefined;
      const rows = await sql<{ event_type: string }[]>`
        select event_type from coverage where installation_id = ${id} and way = 'polling'`;
      return new Set(rows.map((row) => row.event_type));
    });
}
