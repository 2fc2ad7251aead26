/** How long data is kept, and what the last sweeps deleted. */

import { useQuery } from "@tanstack/react-query";
import { getRetention } from "./api.ts";
import { RetentionTables } from "./retention_tables.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";

export function RetentionTab() {
  const { api } = useSignedIn();
  const report = useQuery({ queryKey: ["retention"], queryFn: () => getRetention(api) });
  if (report.error && !report.data) {
    return (
      <Failure
        error={report.error}
        what={say("the retention")}
        onRetry={() => report.refetch()}
      />
    );
  }
  return report.data ? <RetentionTables report={report.data} /> : <Skeleton />;
}
