/** What a page shows when there is nothing yet, nothing at all, or a failure; each says the next step. */

import type { ReactNode } from "react";
import { ApiError } from "../shell/client.ts";

/** Grey lines in the place of what is being read. */
export function Skeleton({ lines = 6, label = "Reading…" }: { lines?: number; label?: string }) {
  return (
    <div className="stack" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => <span key={index} className="skeleton" />)}
    </div>
  );
}

/** Nothing is there; `children` is the next step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="panel empty stack">
      <h2 className="said">{title}</h2>
      <div className="muted">{children}</div>
    </div>
  );
}

/** A read that failed: what happened, the request's id for the log, and another try. */
export function Failure({ error, what, onRetry }: { error: unknown; what: string; onRetry?: () => void }) {
  const { message, requestId, retryAfterSeconds } = error instanceof ApiError
    ? error
    : new ApiError(0, "UNKNOWN", String(error));
  return (
    <div className="panel alert bad stack" role="alert">
      <h2 className="said">Cannot read {what}</h2>
      <p>{message}{retryAfterSeconds ? `. Try again in ${retryAfterSeconds} s` : "."}</p>
      {requestId && (
        <p className="muted">
          Request <code>{requestId}</code>: the log has more under this id.
        </p>
      )}
      {onRetry && (
        <div>
          <button type="button" className="btn" onClick={onRetry}>Try again</button>
        </div>
      )}
    </div>
  );
}
