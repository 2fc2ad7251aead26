/** The one setting that may carry a secret, the address that events are forwarded to: sealed beside the other settings. */

import { forwardingUrlContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { SettingValue } from "./store.ts";

export type StoredValues = Readonly<Record<string, SettingValue>>;

/** Whatever the add-on: a value under this id never stands in the settings in clear. */
const FORWARDING_URL = "forwarding_url";

/** What is written of settings: `sealed` is undefined when they do not name the address, null when they take it away. */
export interface SealedSettings {
  plain: StoredValues;
  sealed: string | null | undefined;
}

/** What is read of them: columns of the installation. */
export interface SettingsRow {
  settings: StoredValues;
  forwarding_url_sealed: string | null;
}

interface Place {
  installationId: number;
  keyring: Keyring;
}

export async function sealSettings(
  { [FORWARDING_URL]: address, ...plain }: StoredValues,
  { installationId, keyring }: Place,
): Promise<SealedSettings> {
  if (address === undefined || address === null) return { plain, sealed: address };
  // Half a character has no UTF-8, and an address with it leads nowhere anyway.
  const text = String(address).toWellFormed();
  return { plain, sealed: await keyring.seal(text, forwardingUrlContext(installationId)) };
}

/** The settings by id, as they were given. Throws ENCRYPTION_KEY_UNKNOWN or ENCRYPTED_VALUE_INVALID. */
export async function openSettings(
  { settings, forwarding_url_sealed: sealed }: SettingsRow,
  { installationId, keyring }: Place,
): Promise<StoredValues> {
  if (sealed === null) return settings;
  return { ...settings, [FORWARDING_URL]: await keyring.open(sealed, forwardingUrlContext(installationId)) };
}
