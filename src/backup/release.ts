/** What was claimed at the moment of a dump is claimed by no process of the database that was made of it. */

import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import { INSTALLATION_ROOM } from "../idempotency/room.ts";
import { createIdempotencyKeys } from "../idempotency/store.ts";
import { createPostgresQueue } from "../queue/postgres.ts";
import type { Keyring } from "../secrets/encryption.ts";

/** Gives jobs in progress back to the queue, and lets requests in progress be sent again. */
export async function releaseClaims(
  db: Database,
  { clock, keyring }: { clock: Clock; keyring: Keyring },
): Promise<void> {
  await createPostgresQueue(db, clock).releaseAll();
  await createIdempotencyKeys({ db, keyring, clock, limits: INSTALLATION_ROOM }).releaseAll();
}
