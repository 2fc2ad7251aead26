/** What a page shows while it loads, when there is nothing to show, and when loading failed. */

import type { ReactNode } from "react";
import { ApiError } from "../shell/client.ts";
import { say } from "../words/say.ts";
import { Say } from "../words/say_parts.tsx";

/** Grey lines in the place of what is being loaded. */
export function Skeleton({ lines = 6, label = say("Loading…") }: { lines?: number; label?: string }) {
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

/** Loading failed: why, the request's id for the log, and a button to try again. */
export function Failure({ error, what, onRetry }: { error: unknown; what: string; onRetry?: () => void }) {
  const { message, requestId, retryAfterSeconds } = error instanceof ApiError
    ? error
    : new ApiError(0, "UNKNOWN", String(error));
  return (
    <div className="panel alert bad stack" role="alert">
      <h2 className="said">{say("Cannot load {what}", { what })}</h2>
      <p>
        {retryAfterSeconds
          ? say("{message}. Try again in {seconds} s", { message, seconds: retryAfterSeconds })
          : `${message}.`}
      </p>
      {requestId && (
        <p className="muted">
          <Say
            text="Request <code>{request}</code>: the log has the details under this id."
            values={{ request: requestId }}
          />
        </p>
      )}
      {onRetry && (
        <div>
          <button type="button" className="btn" onClick={onRetry}>{say("Try again")}</button>
        </div>
      )}
    </div>
  );
}
