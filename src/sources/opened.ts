/**
 * Sources as deliveries need them: found by the last part of the address, with their secrets opened, cached for a few
 * seconds.
 */

import { createReminders } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { alsoSee } from "../db/scope.ts";
import type { Database } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { InstallationStatus } from "../installations/store.ts";
import type { GuessGuard } from "../limits/guesses.ts";
import { createSlots } from "../limits/slots.ts";
import type { KnownHashes } from "../verify/known_hashes.ts";
import { createVerifiedCache } from "../verify/verified_cache.ts";
import type { SourceDefinition } from "./definition.ts";
import { addressesOf, addressSha256, isKey, type SourceAddress } from "./known.ts";
import { sourceSecretContext } from "../secrets/contexts.ts";
import type { RefusalRecorder } from "./refusals.ts";
import { definitionOf } from "./store.ts";
import type { SourceFault, SourceSecret } from "./verdict.ts";

/** A source, ready to verify a delivery. */
export interface OpenedSource {
  id: number;
  installation: { id: number; addon: string; workspaceId: string; generation: number; status: InstallationStatus };
  definition: SourceDefinition;
  secrets: readonly SourceSecret[];
}

/** Who asks: looks for what is not there count for the sender's address. */
export interface SourceAsker {
  address: string;
  guesses: GuessGuard;
}

export interface OpenedSources {
  /**
   * Undefined when there is none: that costs no query, but one a second for all strangers together. Throws OVERLOADED
   * (retryable) when too many are being looked for, and RATE_LIMITED for a key that is none, asked for by a sender with too
   * many failures behind it. A name is answered at once, from memory: what its refusal costs is its caller's to make alike.
   */
  find(address: SourceAddress, asker: SourceAsker): Promise<OpenedSource | undefined>;
  /** What find() would give, at once, where it is in memory: a wait, and its timeout, would cost each delivery. */
  inMemory(address: SourceAddress): OpenedSource | undefined;
  /** Resolves after the second's look for what is not known: whoever is refused after it cannot measure what was. OVERLOADED. */
  afterLook(): Promise<void>;
  /** Notes that an event came, at most every 10 s. Never rejects: a note may be lost. */
  noteEvent(source: OpenedSource): Promise<void>;
  /** The same of one that was under a secret that is being replaced. */
  noteOldSecret(source: OpenedSource): Promise<void>;
  /** Notes a request that proved no sender, with the reason. */
  noteRefusal(source: OpenedSource, reason: SourceFault): void;
  /** To be called when a source was made: its addresses are known at once. */
  made(
    installation: { addon: string; workspaceId: string },
    source: { key: string; definition: Pick<SourceDefinition, "name" | "scheme"> },
  ): void;
  /** To be called when a source changed. */
  forget(sourceId: number): void;
  /** To be called when an installation changed. */
  forgetInstallation(installationId: number): void;
}

/** Another instance's change is seen after this time. */
const MAX_AGE_MS = 10_000;
const NOTE_EVERY_MS = 10_000;
const MAX_CACHED = 10_000;
/** Sources that are read at once, after a start or 10 s later; others wait. */
const KNOWN = { purpose: "open the source", atOnce: 64, maxQueued: 10_000 };
/** Addresses that another instance may have made a moment ago: they wait up to a second for the next look. */
const NEWCOMERS = { purpose: "look for the source", atOnce: 256, maxQueued: 0 };

interface OpenedRow {
  id: number;
  name: string;
  scheme: string;
  preset: string | null;
  options: unknown;
  enabled: boolean;
  max_body_bytes: number | null;
  rate_per_second: number;
  duplicate_window_seconds: number | null;
  answer: SourceDefinition["answer"];
  addon: string;
  workspace_id: string;
  generation: number;
  status: InstallationStatus;
}

export function createOpenedSources(
  { db, keyring, clock, known, refusals }: {
    db: Database;
    keyring: Keyring;
    clock: Clock;
    refusals: Pick<RefusalRecorder, "note">;
    known: Pick<KnownHashes, "has" | "add" | "refresh">;
  },
): OpenedSources {
  const cache = createVerifiedCache<OpenedSource>({
    maxCached: MAX_CACHED,
    maxAgeMs: MAX_AGE_MS,
    clock,
  });
  const notedOld = createReminders<number>({ max: MAX_CACHED, clock });
  const noted = createReminders<number>({ max: MAX_CACHED, clock });
  const places = createSlots({ ...KNOWN, clock });
  const newcomers = createSlots({ ...NEWCOMERS, clock });

  /** Is there such an address, as far as memory knows after a look at what others made? */
  async function isKnown(address: SourceAddress, asker: SourceAsker): Promise<boolean> {
    const sha256 = addressSha256(address);
    if (sha256 === undefined) return false;
    if (known.has(sha256)) return true;
    if (!isKey(address.place)) return false;
    if (asker.guesses.isSpent(asker.address)) {
      known.refresh().catch(() => {});
      asker.guesses.admit(asker.address);
    }
    await newcomers.run(known.refresh);
    return known.has(sha256);
  }

  async function open({ installationId, sourceId }: { installationId: number; sourceId: number }) {
    return await db.scoped({ installationIds: [installationId] }, async (sql) => {
      const [row] = await sql<OpenedRow[]>`
        select source.id, source.name, source.scheme, source.preset, source.options, source.enabled, source.max_body_bytes,
          source.rate_per_second, source.duplicate_window_seconds, source.answer, installation.addon, installation.workspace_id,
          installation.generation, installation.status
        from custom_source source join installation on installation.id = source.installation_id
        where source.installation_id = ${installationId} and source.id = ${sourceId} and source.deleted_at is null`;
      if (!row) return undefined;
      const sealed = await sql<{ sealed: string; expires_at: Date | null }[]>`
        select sealed, expires_at from custom_source_secret
        where installation_id = ${installationId} and source_id = ${sourceId} order by id desc`;
      const secrets = await Promise.all(sealed.map(async (one): Promise<SourceSecret> => ({
        value: await keyring.open(one.sealed, sourceSecretContext(installationId, sourceId)),
        expiresAtMs: one.expires_at?.getTime(),
      })));
      const { addon, workspace_id: workspaceId, generation, status } = row;
      const source: OpenedSource = {
        id: row.id,
        installation: { id: installationId, addon, workspaceId, generation, status },
        definition: definitionOf(row),
        secrets,
      };
      return source;
    });
  }

  return {
    inMemory: (address) => cache.get(cacheKey(address)),
    find: async (address, asker) => {
      const { place } = address;
      const key = cacheKey(address);
      const opened = cache.get(key);
      if (opened) return opened;
      if (!await isKnown(address, asker)) {
        if (isKey(place)) asker.guesses.failed(asker.address);
        return undefined;
      }
      try {
        return await cache.load(key, () =>
          places.run(async () => {
            const place = await locate(db, address);
            const source = place && await open(place);
            if (!source) throw new AppError("NOT_FOUND", "Cannot find the source");
            return { value: source, expiresAtMs: Infinity };
          }));
      } catch (error) {
        // Not kept: strangers would fill the cache with what is not there.
        if (error instanceof AppError && error.code === "NOT_FOUND") return undefined;
        throw error;
      }
    },
    afterLook: () => newcomers.run(known.refresh),
    noteEvent: async ({ id, installation }) => {
      if (noted.has(id)) return;
      noted.add(id, NOTE_EVERY_MS);
      await db.scoped({ installationIds: [installation.id] }, (sql) =>
        sql`
        update custom_source set last_event_at = now()
        where installation_id = ${installation.id} and id = ${id}`).catch(() => {});
    },
    noteOldSecret: async ({ id, installation }) => {
      if (notedOld.has(id)) return;
      notedOld.add(id, NOTE_EVERY_MS);
      await db.scoped({ installationIds: [installation.id] }, (sql) =>
        sql`
        update custom_source_secret set last_used_at = now()
        where installation_id = ${installation.id} and source_id = ${id} and expires_at is not null`).catch(() => {});
    },
    noteRefusal: ({ id, installation }, reason) =>
      refusals.note({ installationId: installation.id, sourceId: id, reason }),
    made: (installation, { key, definition: { name, scheme } }) =>
      addressesOf(installation, { key, name, scheme }).forEach(known.add),
    forget: (sourceId) => cache.forget(({ id }) => id === sourceId),
    forgetInstallation: (installationId) => cache.forget(({ installation }) => installation.id === installationId),
  };
}

function cacheKey({ addon, place, workspaceId }: SourceAddress): string {
  return JSON.stringify([addon, place, ...(isKey(place) ? [] : [workspaceId])]);
}

/**
 * Installation and id of the source at this address. A key is unique over all installations and names nothing else, hence
 * the one look without a tenant. A name counts only beside its workspace, and never for an unsigned source: there the
 * key is all that keeps strangers out.
 */
async function locate(
  db: Database,
  { addon, place, workspaceId }: SourceAddress,
): Promise<{ installationId: number; sourceId: number } | undefined> {
  if (isKey(place)) {
    const [row] = await db.scoped("all", (sql) =>
      sql<{ installation_id: number; id: number }[]>`
        select source.installation_id, source.id
        from custom_source source join installation on installation.id = source.installation_id
        where source.key = ${place} and source.deleted_at is null and installation.addon = ${addon}`);
    return row && { installationId: row.installation_id, sourceId: row.id };
  }
  if (workspaceId === undefined) return undefined;
  return await db.scoped({ workspaceId }, async (sql) => {
    const [installation] = await sql<{ id: number }[]>`
      select id from installation where addon = ${addon} and workspace_id = ${workspaceId}`;
    if (!installation) return undefined;
    await alsoSee(sql, installation.id);
    const [source] = await sql<{ id: number }[]>`
      select id from custom_source
      where installation_id = ${installation.id} and name = ${place} and scheme <> 'none' and deleted_at is null`;
    return source && { installationId: installation.id, sourceId: source.id };
  });
}
