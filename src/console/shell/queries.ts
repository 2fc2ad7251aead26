/** What pages have read, kept for a moment and read again when the viewer comes back. */

import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client.ts";

export function createQueries(): QueryClient {
  const retry = (count: number, error: Error) =>
    count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);
  return new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5_000, refetchOnWindowFocus: true } } });
}
