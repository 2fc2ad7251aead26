/** Health of each part, read again every ten seconds. */

import { useQuery } from "@tanstack/react-query";
import { getParts } from "./api.ts";
import { Parts } from "./health_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";

const AGAIN_MS = 10_000;

export function HealthTab() {
  const { api } = useSignedIn();
  const parts = useQuery({ queryKey: ["parts"], queryFn: () => getParts(api), refetchInterval: AGAIN_MS });
  if (parts.data) return <Parts parts={parts.data} />;
  if (parts.error) {
    return <Failure error={parts.error} what="the health of the parts" onRetry={() => parts.refetch()} />;
  }
  return <Skeleton />;
}
