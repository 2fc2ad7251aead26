/** The bulk job whose progress a page shows: named by the address, beside its filters. */

import { useSearchParams } from "wouter";

const JOB = "bulk_job";

export function useBulkJob(): { jobId: string | null; setJob(id: string | undefined): void } {
  const [params, setParams] = useSearchParams();
  return {
    jobId: params.get(JOB),
    setJob: (id) =>
      setParams((before) => {
        const after = new URLSearchParams(before);
        if (id === undefined) after.delete(JOB);
        else after.set(JOB, id);
        return after;
      }, { replace: true }),
  };
}
