/** The rooms over one database: profiles that share the database share them. */

import { type HttpParts, openSecrets } from "../actions/http_secrets.ts";
import { createAuditRecorder } from "../audit/record.ts";
import { createAuditStore } from "../audit/store.ts";
import { EVENTS } from "../clockify/events.ts";
import { webhookPath } from "../clockify/manifest.ts";
import type { Config } from "../config/config.ts";
import { watchCoverage } from "../coverage/gauges.ts";
import { answerWithin, type Database, isUnavailable } from "../db/db.ts";
import { openEmbedded } from "../db/embedded.ts";
import { migrateUp } from "../db/migrate.ts";
import { createPeopleAccess } from "../db/people.ts";
import { openPostgres } from "../db/postgres.ts";
import { isObject } from "../engine/faults.ts";
import { createEntityNames } from "../entities/names.ts";
import { AppError } from "../base/errors.ts";
import { createDashboardStore } from "../events/dashboard.ts";
import { createEventStore } from "../events/store.ts";
import { createExplain } from "../flows/explain.ts";
import { createFlowSecrets } from "../flows/secrets.ts";
import { shareAsked } from "../db/share_asked.ts";
import { createFlowStore } from "../flows/store.ts";
import { createTrial } from "../flows/dry_run.ts";
import { createHealthProbe } from "../http/server/health.ts";
import { streamJson } from "../http/api/stream.ts";
import { createQuota } from "../ingest/quota.ts";
import { createTally } from "../ingest/tally.ts";
import { profileOf } from "../profiles/profiles.ts";
import { watchStack } from "./gauges.ts";
import { createKeyring } from "../secrets/encryption.ts";
import { requireFittingKeys } from "../secrets/key_check.ts";
import { createKeyReports } from "../secrets/key_report.ts";
import { createLifecycle } from "../installations/lifecycle.ts";
import { localEncryptionKey } from "../secrets/local_secrets.ts";
import { readSettingsState } from "../installations/settings_read.ts";
import { createInstallationStore } from "../installations/store.ts";
import { webhookTokenHashes } from "../installations/token_hashes.ts";
import { endUnverified } from "../installations/unverified.ts";
import { createWebhookLookup } from "../installations/webhook_lookup.ts";
import { createWorkspaceList } from "../installations/workspaces.ts";
import { quotaObserver } from "./observers.ts";
import { createOverviewStore } from "../overview/overview.ts";
import { createPartStore } from "../overview/health.ts";
import { createReplay } from "../replay/replay.ts";
import { createRetentionReport } from "../retention/report.ts";
import { createRetention } from "../retention/sweep.ts";
import { createRunInspector } from "../runs/inspect.ts";
import { createRunList } from "../runs/list.ts";
import { createRunRetry } from "../runs/retry.ts";
import { createFlowStats } from "../runs/stats.ts";
import { createOpenedSources } from "../sources/opened.ts";
import { sourceHashes } from "../sources/known.ts";
import { createSourceStore } from "../sources/store.ts";
import { createStreamHub } from "../stream/hub.ts";
import { createStreamReads } from "../stream/read.ts";
import { loadKnownHashes } from "../verify/known_hashes.ts";
import { createWebhookVerifier, normalisePath } from "../verify/webhook.ts";
import { createWork, type Shared } from "./jobs.ts";

/** With the wait of ingest below the 5 s within which a sender must hear that the database is away. */
const REQUEST_MS = 2_000;
/** Between two looks that strangers cause at what other instances stored; the embedded database has none, and no network. */
const LOOK_EVERY_MS = 1_000;
/** Of a lifecycle call, which the platform may send only once: it is better answered late than lost. */
const LIFECYCLE_MS = 10_000;

export type Stack = Awaited<ReturnType<typeof openStack>>;

/** Opens the database and builds its rooms. Throws START_FAILED, DATA_FOLDER_LOCKED. */
export async function openStack(databaseUrl: string | undefined, shared: Shared) {
  const { config, clock, log, metrics, keys, owner, thread } = shared;
  const db = shared.database ?? await openDatabase(databaseUrl, config);
  if (!shared.database) shared.opened.push(() => db.stop());
  await migrateUp(db);
  const keyring = await createKeyring(config.encryptionKeys ?? await localEncryptionKey(config.database.dataDir));
  await requireFittingKeys(db, keyring);
  const unsigned = config.profiles.filter(({ requireSignature }) => !requireSignature).map(({ key }) => key);
  for (const workspaceId of await endUnverified(db, { keep: unsigned })) {
    log.warn("installation.unverified_ended", { workspace_id: workspaceId });
  }

  const installations = createInstallationStore(db);
  const auditRecorder = createAuditRecorder({ db, clock, log });
  shared.opened.push(() => auditRecorder.stop());
  const limitBytes = config.limits.storedBytes;
  const onReached = quotaObserver({ log, metrics, record: auditRecorder.record });
  const quota = createQuota({ db, clock, log, limitBytes, onReached });
  shared.opened.push(() => quota.stop());
  // What is stored of tokens and addresses, by hash: a guess meets memory, not the database.
  const looks = { clock, everyMs: db.kind === "embedded" ? 100 : LOOK_EVERY_MS, lookMs: REQUEST_MS };
  const [tokens, sourceAddresses] = await Promise.all([
    loadKnownHashes({ reads: webhookTokenHashes(db), ...looks }),
    loadKnownHashes({ reads: sourceHashes(db), ...looks }),
  ]);
  const work = createWork({ db, keyring, installations, quota, onToken: tokens.add }, shared);
  const { credentials, settings, queue, forwarding, signing, flowsEnabled, coverage, ingest, reading, worker } = work;
  // One process owns the embedded database: claims in it are those of a process that is gone.
  if (db.kind === "embedded") await queue.releaseAll();
  const tally = createTally({ db, clock, log });
  shared.opened.push(() => tally.stop());
  const retention = createRetention({
    db,
    clock,
    defaults: config.workspaceDefaults,
    ...config.retention,
    owner,
    log,
    onDeleted: (table, rows) => metrics.add("retention_deleted_total", [table], rows),
  });
  shared.opened.push(() => retention.stop());
  watchCoverage(metrics, coverage.counts);
  const paths = new Map([...EVENTS.keys()].map((event) => [normalisePath(webhookPath(event)), event]));
  const access = createPeopleAccess({
    db,
    clock,
    poolSize: config.database.poolSize,
    onRefused: () => metrics.add("people_reads_refused_total"),
  });
  watchStack({ metrics, retention, queue, ingest, people: access }, { services: servicesOf(databaseUrl, config) });
  // What people ask for ends in the database too, and leaves connections to everything else.
  const people = access.within(REQUEST_MS);
  // What requests wait for has an end; the worker's own use of the same rooms has none.
  const prompt = <Room extends object>(room: Room) => answerWithin(room, { ms: REQUEST_MS, clock });
  const patient = <Room extends object>(room: Room) => answerWithin(room, { ms: LIFECYCLE_MS, clock });
  const lookups = prompt({ ...installations, find: shareAsked(installations.find) });
  const flows = prompt(createFlowStore(people));
  // Of what asks more than once, each statement has that end.
  const statements = prompt({ scoped: people.scoped });
  const openInput = async (installationId: number, input: unknown) =>
    isObject(input) ? await openSecrets<HttpParts>(input, { installationId, keyring }) : input;
  const onRetried = (runs: number) => metrics.add("runs_retried_total", [], runs);
  const openedSources = createOpenedSources({ db, keyring, clock, known: sourceAddresses });
  const streams = createStreamHub({ read: prompt(createStreamReads(people)), json: streamJson, clock, log });
  shared.opened.push(() => streams.stop());
  return {
    db,
    installations: lookups,
    settings: { ...settings, ...prompt({ of: settings.of, state: readSettingsState({ db: people, keyring }) }) },
    credentials,
    bootstrap: prompt(reading.room),
    forwarding: { results: prompt(forwarding).results },
    signing: prompt(signing),
    ingest,
    worker,
    retention,
    retentionReport: prompt({ report: createRetentionReport({ db: people, clock }) }).report,
    flows,
    trial: createTrial({ db: statements, flows, actions: work.actions, catalogue: shared.catalogue, thread }),
    explain: createExplain({ db: statements, flows, thread }),
    replay: createReplay({ db: statements, flowsEnabled, thread, wake: queue.wake, onRetried, openInput }),
    flowStats: prompt(createFlowStats(people)),
    runs: prompt({
      ...createRunList(people),
      ...createRunInspector(people),
      ...createRunRetry({ db: people, wake: queue.wake, onRetried: () => onRetried(1), openInput }),
    }),
    flowSecrets: createFlowSecrets(keyring),
    tally,
    events: createEventStore({ db: statements, clock, thread }),
    streams,
    dashboard: prompt(createDashboardStore(people)),
    database: { kind: db.kind, place: db.place },
    overview: prompt(createOverviewStore({ db: people, clock, limitBytes })),
    parts: prompt(createPartStore(people)),
    secondsSinceRetention: prompt({ read: retention.secondsSinceFinish }).read,
    names: prompt(createEntityNames(people)),
    nameLookup: prompt(reading.names),
    atVisit: reading.atVisit,
    keyReports: prompt(createKeyReports({ db: people, keyring })),
    workspaces: prompt({ list: createWorkspaceList(people) }).list,
    auditRecorder,
    audit: prompt(createAuditStore(people)),
    sources: prompt(createSourceStore({ db: people, keyring, clock })),
    openedSources: { ...openedSources, find: prompt(openedSources).find },
    lifecycleLookups: patient(installations),
    lifecycle: patient(createLifecycle({
      db,
      keyring,
      eventOfPath: (path) => paths.get(path),
      wake: queue.wake,
      onTokens: (hashes) => hashes.forEach(tokens.add),
      onPoint: shared.onPoint,
    })),
    coverage: { ...prompt(coverage.room), setKey: coverage.room.setKey },
    verifier: createWebhookVerifier({
      keys,
      clock,
      lookup: prompt(createWebhookLookup({ db, clock })).find,
      lookupPlain: prompt({ find: coverage.findPlain }).find,
      known: tokens,
    }),
    probe: createHealthProbe({ db, keys, clock }),
  };
}

/** The add-ons whose data the database holds, as metrics name them: a database itself is named there by no label. */
function servicesOf(databaseUrl: string | undefined, { profiles }: Config): string[] {
  return profiles.filter((profile) => profile.databaseUrl === databaseUrl).map(({ key }) => profileOf(key).service);
}

/** By SQLSTATE, where the server answers and refuses. */
const REMEDIES: Record<string, string> = {
  "3D000": "create it (createdb --owner LOGIN NAME), or correct DATABASE_URL",
  "28P01": "correct the login in DATABASE_URL",
  "28000": "correct the login in DATABASE_URL, or allow it in the server's pg_hba.conf",
};

/** Opens the database and makes sure that it answers. */
export async function openDatabase(url: string | undefined, config: Config): Promise<Database> {
  const { dataDir, poolSize } = config.database;
  if (url === undefined) return await openEmbedded({ dataDir });
  const db = openPostgres({ url, poolSize, applicationName: "timewire" });
  try {
    await db.sql`select 1`;
    return db;
  } catch (error) {
    await db.stop();
    const code = (error as { code?: string }).code;
    const reason = isUnavailable(error) ? `no answer (${code})` : (error as Error).message;
    throw new AppError(
      "START_FAILED",
      `Cannot open the database at ${db.place}: ${reason}; ${
        REMEDIES[code ?? ""] ?? "start it, or correct DATABASE_URL"
      }`,
      { cause: error },
    );
  }
}
