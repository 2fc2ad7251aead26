/** Requests of the command line to a running program: its operators' listener, by an operator's key. */

import type { Clock } from "../base/clock.ts";
import { CommandFailed, EXIT_FAILED, EXIT_NOT_READY } from "./exit_codes.ts";
import { printable } from "./printable.ts";

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The program's routes. Each throws CommandFailed where the program refuses, or does not answer. */
export interface ProgramApi {
  readonly url: string;
  get<Answer>(path: string, query?: Query): Promise<Answer>;
  /** With an Idempotency-Key of its own where the route creates, so that it may be sent again. */
  post<Answer>(path: string, request: { query?: Query; body?: unknown; creates?: boolean }): Promise<Answer>;
  /** A body that comes as it is made. */
  open(
    path: string,
    request: { query?: Query; headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<Response>;
}

/** Until the head of an answer. Costly reads wait for 1.5 s at most, statements for 2 s; a proxy may be slow. */
const ANSWER_MS = 30_000;
/** A request that may be repeated is sent so often where the program is busy (429, 503). */
const MAX_TRIES = 4;
/** Longer than this a person rather hears of it. */
const MAX_WAIT_SECONDS = 10;

export function createProgramApi({ url, key, clock }: { url: string; key: string; clock: Clock }): ProgramApi {
  interface Sending {
    method?: string;
    query?: Query;
    headers?: Record<string, string>;
    body?: unknown;
    signal?: AbortSignal;
  }

  async function send(path: string, { method = "GET", query, headers, body, signal }: Sending): Promise<Response> {
    const address = new URL(`${url}${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_MS);
    try {
      return await fetch(address, {
        method,
        headers: {
          accept: "application/json",
          "x-api-key": key,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        // The key stays with the program it is for.
        redirect: "manual",
        signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw unreachable(url, late.signal.aborted ? `no answer in ${ANSWER_MS / 1_000} s` : reasonOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  async function ask(path: string, sending: Sending, { mayRepeat }: { mayRepeat: boolean }): Promise<Response> {
    for (let tries = 1;; tries++) {
      const response = await send(path, sending);
      if (response.ok) return response;
      const waitSeconds = Number(response.headers.get("retry-after") ?? 1);
      const isBusy = response.status === 429 || response.status === 503;
      if (!mayRepeat || !isBusy || tries === MAX_TRIES || !(waitSeconds <= MAX_WAIT_SECONDS)) {
        throw await refusal(response, url);
      }
      await response.body?.cancel();
      await clock.sleep(waitSeconds * 1_000, sending.signal);
    }
  }

  return {
    url,
    get: async (path, query) => await (await ask(path, { query }, { mayRepeat: true })).json(),
    post: async (path, { query, body = {}, creates = false }) => {
      const headers = creates ? { "idempotency-key": crypto.randomUUID() } : undefined;
      return await (await ask(path, { method: "POST", query, headers, body }, { mayRepeat: creates })).json();
    },
    open: (path, sending) => ask(path, sending, { mayRepeat: true }),
  };
}

function unreachable(url: string, why: string): CommandFailed {
  return new CommandFailed(
    EXIT_NOT_READY,
    `Cannot reach Timewire at ${url}: ${why}; start it (timewire serve, deno task start), or name where it is with TIMEWIRE_URL or --url`,
  );
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const why = `${message} ${cause instanceof Error ? cause.message : ""}`;
  if (/refused/i.test(why)) return "nothing listens there";
  if (/dns|lookup/i.test(why)) return "its name is not known";
  if (/certificate|tls/i.test(why)) return "its certificate is not accepted";
  return "the connection failed";
}

interface Problem {
  code?: string;
  detail?: string;
  faults?: { path: string; message: string }[];
  confirmation?: {
    confirm_token?: string;
    shown?: unknown;
    steps?: { path: string; operation: string; grade: string }[];
  };
}

/** What the program says of it, fault by fault. */
async function refusal(response: Response, url: string): Promise<CommandFailed> {
  const text = await response.text();
  const problem = asProblem(text);
  if (!problem?.detail) {
    const what = response.status === 404 ? "it is no Timewire, or not its operators' listener" : "no Timewire answered";
    return new CommandFailed(EXIT_FAILED, `Cannot read the answer of ${url}: status ${response.status}; ${what}`);
  }
  const { detail, faults = [], confirmation } = problem;
  const lines = faults.map(({ path, message }) => `  ${path}: ${message}`);
  for (const { path, operation, grade } of confirmation?.steps ?? []) lines.push(`  ${path}: ${operation} (${grade})`);
  if (confirmation?.confirm_token) lines.push(`  To confirm, add: --confirm ${confirmation.confirm_token}`);
  const failed = new CommandFailed(EXIT_FAILED, ...[detail, ...lines].map(printable) as [string, ...string[]]);
  failed.code = problem.code;
  return failed;
}

function asProblem(text: string): Problem | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
