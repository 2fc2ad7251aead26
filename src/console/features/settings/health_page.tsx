/** Health of each component, read again every ten seconds. */

import { useQuery } from "@tanstack/react-query";
import { getHealth } from "./api.ts";
import { HealthTable } from "./health_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";

const AGAIN_MS = 10_000;

export function HealthTab() {
  const { api } = useSignedIn();
  const health = useQuery({ queryKey: ["health"], queryFn: () => getHealth(api), refetchInterval: AGAIN_MS });
  if (health.data) return <HealthTable components={health.data} />;
  if (health.error) {
    return <Failure error={health.error} what={say("the health of the components")} onRetry={() => health.refetch()} />;
  }
  return <Skeleton />;
}
