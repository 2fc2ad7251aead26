/** Which webhook tokens are stored, as verify/known_hashes.ts reads them: those of installs, and those that an API key registered. */

import type { Database } from "../db/db.ts";
import type { HashReads, StoredHashes } from "../verify/known_hashes.ts";

/** Installations whose hashes one page brings: some 80 each at most. */
const PAGE = 1_000;

interface Row {
  prefixes: Uint8Array | null;
  at: Date;
}

export function webhookTokenHashes(db: Pick<Database, "scoped">): HashReads {
  return {
    all: async function* () {
      const [last] = await db.scoped(
        "all",
        (sql) => sql<{ id: number | null }[]>`select max(id) as id from installation`,
      );
      for (let after = 0; after < (last?.id ?? 0) || after === 0; after += PAGE) {
        const [row] = await db.scoped("all", (sql) =>
          sql<Row[]>`
          select string_agg(substring(token_sha256 for 8), ''::bytea) as prefixes, now() as at from (
            select token_sha256 from installation_webhook
            where installation_id > ${after} and installation_id <= ${after + PAGE}
            union all
            select token_sha256 from user_webhook
            where installation_id > ${after} and installation_id <= ${after + PAGE}
          ) as stored`);
        yield stored(row!);
      }
    },
    since: async (at) => {
      const [row] = await db.scoped("all", (sql) =>
        sql<Row[]>`
        select string_agg(substring(token_sha256 for 8), ''::bytea) as prefixes, now() as at
        from token_seen where seen_at > ${at} and kind = 'webhook'`);
      return stored(row!);
    },
  };
}

function stored({ prefixes, at }: Row): StoredHashes {
  return { prefixes: prefixes ?? new Uint8Array(), at };
}
