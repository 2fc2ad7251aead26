/** The doctor: all checks of one add-on and its database, for its route, and for a command where no program runs. */

import type { Clock } from "../base/clock.ts";
import { toAppError } from "../base/errors.ts";
import { assertAllowed, parseAllowedDomains } from "../clockify/hosts.ts";
import { buildManifest } from "../clockify/manifest.ts";
import { dangers } from "../config/checks.ts";
import type { Config, ProfileConfig } from "../config/config.ts";
import { databaseUrlsOf } from "../config/databases.ts";
import type { Database } from "../db/db.ts";
import { describeUrl } from "../db/address.ts";
import { checkAddress } from "../doctor/address_checks.ts";
import type { Check } from "../doctor/check.ts";
import { checkClock } from "../doctor/clock_check.ts";
import { checkDatabase } from "../doctor/database_checks.ts";
import { checkKeys } from "../doctor/key_checks.ts";
import { checkPermissions } from "../doctor/permission_checks.ts";
import { checkWorkspaces } from "../doctor/workspace_checks.ts";
import { assertPublicHost } from "../egress/resolve.ts";
import { createSafeFetch } from "../egress/safe_fetch.ts";
import { profileOf } from "../profiles/profiles.ts";
import { createKeyring, type Keyring } from "../secrets/encryption.ts";
import { openDatabase } from "./open_database.ts";

interface OpenDatabase {
  db: Database;
  keyring: Keyring;
}

export interface Examined extends OpenDatabase {
  config: Config;
  clock: Clock;
}

/**
 * Lines about the process, a database, and the add-ons that keep their data there; then of the database of the Workflow Management
 * API where that is another. Never rejects.
 */
export async function examine(
  addons: readonly ProfileConfig[],
  { ofApi, ...examined }: Examined & { ofApi?: OpenDatabase },
): Promise<Check[]> {
  const { config } = examined;
  const isEmbedded = [...databaseUrlsOf(config)].includes(undefined);
  const ofProcess = [
    ...configurationChecks(dangers(config)),
    ...await checkPermissions({ dataDir: isEmbedded ? config.database.dataDir : undefined }),
  ];
  const { checks: ofDatabase, hasTables } = await databaseChecks(examined);
  const ofAddons = await Promise.all(addons.map((addon) => checkAddon(addon, { ...examined, hasTables })));
  const others = ofApi && ofApi.db !== examined.db ? await databaseChecks({ ...examined, ...ofApi }) : undefined;
  return [...ofProcess, ...ofDatabase, ...ofAddons.flat(), ...others?.checks ?? []];
}

async function databaseChecks({ config, clock, db, keyring }: Examined) {
  const databases = [...databaseUrlsOf(config)].filter((url) =>
    url !== undefined && serverOf(describeUrl(url)) === serverOf(db.place)
  );
  const { poolSize } = config.database;
  const ofDatabase = await checkDatabase({ db, poolSize, databases: Math.max(1, databases.length) });
  // Without its tables there is nothing to be looked at.
  const hasTables = !ofDatabase.some(({ detail }) => detail.startsWith("Migrations are missing"));
  const ofStored = hasTables ? await checkKeys({ db, keyring }) : [];
  return { checks: [...ofDatabase, ...ofStored, ...await checkClock({ db, clock })], hasTables };
}

/** Of `host:5432/name`. */
function serverOf(place: string): string {
  return place.slice(0, place.lastIndexOf("/"));
}

/** What works and is dangerous. */
export function configurationChecks(warnings: readonly string[]): Check[] {
  const place = { area: "configuration", about: "variables" } as const;
  if (warnings.length === 0) return [{ ...place, state: "ok", detail: "Every variable is valid" }];
  return warnings.map((detail) => ({ ...place, state: "warning", detail, remedy: "see docs/configuration.md" }));
}

const BASE_URLS = {
  api_studio: "API_STUDIO_BASE_URL",
  universal_webhook: "UNIVERSAL_WEBHOOK_BASE_URL",
  clockify_addon: "CLOCKIFY_ADDON_BASE_URL",
} as const;

async function checkAddon(
  profile: ProfileConfig,
  { config, clock, db, hasTables }: Examined & { hasTables: boolean },
): Promise<Check[]> {
  const facts = profileOf(profile.key);
  const { key, addonKey, baseUrl, description } = profile;
  const name = profile.name ?? facts.name;
  const address = await checkAddress({
    name,
    baseUrl,
    variable: BASE_URLS[key],
    manifest: () =>
      buildManifest({
        profile: facts,
        addonKey,
        name: profile.name,
        description,
        baseUrl: baseUrl!,
        webhookLimit: config.manifestWebhookLimit,
        defaults: profile.settings,
      }),
    // It is the operator's own.
  }, { fetch: createSafeFetch({ allow: () => {}, clock }) });
  if (!hasTables) return address;
  const allowed = parseAllowedDomains(config.clockify.allowedDomains);
  const fetch = createSafeFetch({
    allow: async (url, signal) => {
      if (!assertAllowed(url, allowed).mayBePrivate) await assertPublicHost(url, { signal });
    },
    clock,
  });
  const { apiBaseUrl } = config.clockify;
  return [...address, ...await checkWorkspaces({ db, addon: { key, name }, allowed, apiBaseUrl, fetch })];
}

/**
 * The same by this process, which opens the databases itself: for where no program can be asked. The embedded one is left closed where
 * a program has it open. Never rejects.
 */
export async function examineHere(
  config: Config,
  { clock, mayOpenEmbedded }: { clock: Clock; mayOpenEmbedded: boolean },
): Promise<Check[]> {
  const found: Check[] = [];
  for (const url of databaseUrlsOf(config)) {
    const about = url === undefined ? config.database.dataDir : describeUrl(url);
    const say = (state: Check["state"], detail: string, remedy?: string): Check => ({
      area: "database",
      about,
      state,
      detail,
      ...(remedy !== undefined && { remedy }),
    });
    // Opening would make it.
    if (url === undefined && !await exists(`${about}/postgres`)) {
      found.push(say("warning", "There is no embedded database yet: the first start makes it", "run: timewire serve"));
    } else if (url === undefined && !mayOpenEmbedded) {
      found.push(say("warning", "The program has the embedded database open: it cannot be looked at from here"));
    } else {
      const looked = examineDatabase(url, { config, clock });
      found.push(...await looked.catch((error) => [say("fault", toAppError(error).message)]));
    }
  }
  return found;
}

async function examineDatabase(
  url: string | undefined,
  { config, clock }: { config: Config; clock: Clock },
): Promise<Check[]> {
  const db = await openDatabase(url, config);
  try {
    const stored = () => Deno.readTextFile(`${config.database.dataDir}/encryption.key`);
    const keyring = await createKeyring(config.encryptionKeys ?? (await stored()).trim());
    const addons = config.profiles.filter(({ databaseUrl }) => databaseUrl === url);
    return await examine(addons, { config, clock, db, keyring });
  } finally {
    await db.stop();
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
