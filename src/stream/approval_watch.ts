/** Which approvals of an installation are new or changed since the last look. */

import type { StreamReads } from "./read.ts";

export interface ApprovalWatch {
  /** Ids, oldest change first. The first look only learns what was there. */
  look(): Promise<string[]>;
}

export function createApprovalWatch(
  { installationId, read }: { installationId: number; read: Pick<StreamReads, "approvals"> },
): ApprovalWatch {
  /** What the last look saw: of one change the id is given once. */
  let seen: Set<string> | undefined;
  return {
    look: async () => {
      const now = await read.approvals(installationId);
      const known = seen;
      seen = new Set(now.map(({ id, at }) => `${id} ${at}`));
      if (!known) return [];
      return now.filter(({ id, at }) => !known.has(`${id} ${at}`)).map(({ id }) => id);
    },
  };
}
