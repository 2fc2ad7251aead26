/** Port of where backups are kept. */

import type { KeepPolicy } from "./keep.ts";

/** A backup that is there whole. */
export interface StoredBackup {
  name: string;
  bytes: number;
}

export interface BackupTarget {
  /** Where it is, for people. Never a secret. */
  readonly place: string;
  /** Stores the bytes under a name that is not there, whole or not at all; gives how many they were. */
  write(name: string, bytes: AsyncIterable<Uint8Array>): Promise<number>;
  /** In no order. */
  list(): Promise<StoredBackup[]>;
  /** Throws NOT_FOUND. */
  read(name: string): Promise<AsyncIterable<Uint8Array>>;
  remove(name: string): Promise<void>;
}

/** What a bucket is reached with: the standard variables of AWS. */
export interface BucketSettings {
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
  region: string;
  /** Undefined: AWS itself. */
  endpoint?: string;
  partBytes: number;
}

export interface BackupSettings {
  /** A folder, or `s3://bucket/prefix`. */
  target: string;
  /** `id:base64` list. */
  keys?: string;
  /** When the serving program makes one: five fields, by UTC. Undefined: never by itself. */
  schedule?: string;
  keep: KeepPolicy;
  bucket: BucketSettings;
}
