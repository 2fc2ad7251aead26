/** Calls from the simulator to the add-on under test: a status or the reason there was none, never an exception. */

import type { Clock } from "../base/clock.ts";

export interface CallOutcome {
  /** HTTP status; null when no answer came. */
  status: number | null;
  body: string;
  /** Why there was no answer. */
  error?: string;
}

export interface AddonCall {
  method: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
  signal: AbortSignal;
}

/** One request without following redirects, ended after `timeoutMs` by the given clock or when `signal` aborts. */
export async function timedFetch(clock: Clock, url: string, call: AddonCall): Promise<CallOutcome> {
  const done = new AbortController();
  const cancel = new AbortController();
  clock.sleep(call.timeoutMs, AbortSignal.any([done.signal, call.signal]))
    .then(() => cancel.abort(new Error(`no answer within ${call.timeoutMs} ms`)), (reason) => cancel.abort(reason));
  try {
    const { method, headers, body } = call;
    const answer = await fetch(url, { method, headers, body, redirect: "manual", signal: cancel.signal });
    return { status: answer.status, body: await answer.text() };
  } catch (error) {
    return { status: null, body: "", error: error instanceof Error ? error.message : String(error) };
  } finally {
    done.abort();
  }
}
