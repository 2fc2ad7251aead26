/** What the fake API was asked: the last requests with their headers, so that a test can compare repeats. */

export interface RecordedRequest {
  /** Milliseconds since the epoch, on arrival. */
  at: number;
  method: string;
  /** Without query. */
  path: string;
  query: string;
  /** Lower-case names. Clockify ignores `idempotency-key`; it is kept so that a test can see it repeat. */
  headers: Record<string, string>;
  body: string;
  /** Status answered; null while in progress and when the connection was dropped without one. */
  status: number | null;
}

export interface RequestFilter {
  method?: string;
  /** Part of the path. */
  path?: string;
}

export interface RequestLog {
  /** Oldest first; the same array for the life of the simulator. */
  readonly requests: RecordedRequest[];
  add(request: RecordedRequest): void;
  list(filter?: RequestFilter): RecordedRequest[];
  /** All requests since the start, also those no longer kept. */
  readonly total: number;
  clear(): void;
}

/** Keeps between `keep` and twice as many. */
export function createRequestLog(keep: number): RequestLog {
  const requests: RecordedRequest[] = [];
  let total = 0;
  return {
    requests,
    add(request) {
      total++;
      requests.push(request);
      if (requests.length > 2 * keep) requests.splice(0, keep);
    },
    list: (filter = {}) =>
      requests.filter((request) =>
        (!filter.method || request.method === filter.method) && (!filter.path || request.path.includes(filter.path))
      ),
    get total() {
      return total;
    },
    clear() {
      requests.length = 0;
    },
  };
}
