/** Retries all that failed of what a list is narrowed to: one button, its dialog, and the job that it begins. */

import { useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { say } from "../../words/say.ts";
import type { BulkFilter } from "./api.ts";
import { BulkDialog } from "./bulk_dialog.tsx";

export interface BulkButtonProps {
  /** What the list is narrowed to now; text: why that cannot be sent again. */
  filterNow(): BulkFilter | string;
  onJob(id: string): void;
}

export function BulkButton({ filterNow, onJob }: BulkButtonProps) {
  const { session: { can } } = useSignedIn();
  const [filter, setFilter] = useState<BulkFilter>();
  const asked = filterNow();
  return (
    <>
      <GuardedButton
        blocked={can.write ? typeof asked === "string" ? asked : null : can.reason}
        onClick={() => typeof asked !== "string" && setFilter(asked)}
      >
        {say("Retry all that failed…")}
      </GuardedButton>
      {filter && (
        <BulkDialog
          title={say("Retry all that failed of this list")}
          filter={filter}
          onJob={(id) => {
            setFilter(undefined);
            onJob(id);
          }}
          onClose={() => setFilter(undefined)}
        />
      )}
    </>
  );
}
