/** The state of the page: the chosen operation, the call that is written for it, what was sent, and what came of it. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { ApiError, type Fault } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { unparsedFaults } from "../../ui/unparsed_json.ts";
import * as routes from "./api.ts";
import { type Call, changedFields, EMPTY_CALL, requestOf } from "./call.ts";
import { useHeld } from "./use_held.ts";
import { gradeWord, kindOf, outcomeOf, refusalOf } from "./words.ts";
import { say } from "../../words/say.ts";

export type Result =
  | { kind: "none" }
  | { kind: "sending" }
  | { kind: "answer"; answer: routes.CallAnswer }
  /** Of an earlier call, from the history. */
  | { kind: "kept"; call: routes.KeptCall }
  | { kind: "failed"; error: ApiError }
  | PagesResult;

export interface PagesResult {
  kind: "pages";
  items: unknown[];
  pages: number;
  bytes: number;
  elapsedMs: number;
  isReading: boolean;
  /** What ended it before the list did; null: the list ended. */
  stoppedBy: string | null;
  error: routes.CallError | undefined;
}

/** What is asked before a call is sent. */
export interface Review {
  request: routes.CallRequest;
  /** Undefined where the guard lets it pass, and the page alone asks. */
  preview: routes.CallPreview | undefined;
  isSending: boolean;
  problem: ApiError | undefined;
}

export type Explorer = ReturnType<typeof useExplorer>;

export function useExplorer({ onAnswer }: { onAnswer(): void }) {
  const { api, session } = useSignedIn();
  const queries = useQueryClient();
  const [search, setSearch] = useSearchParams();
  const name = search.get("op");
  const [call, setCallState] = useState(EMPTY_CALL);
  const [result, setResult] = useState<Result>({ kind: "none" });
  const [review, setReview] = useState<Review>();
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const stopping = useRef<AbortController>(undefined);

  const detail = useQuery({
    queryKey: ["explorer", "endpoint", name],
    queryFn: ({ signal }) => routes.getEndpoint(api, name!, signal),
    enabled: name !== null,
    staleTime: 300_000,
  });
  const policy = useQuery({
    queryKey: ["explorer", "policy"],
    queryFn: ({ signal }) => routes.getPolicy(api, signal),
    staleTime: 30_000,
  });
  const operation = name === null ? undefined : detail.data;
  const held = useHeld(operation, call);
  const heldFields = held.kind === "read" && !call.replace ? held.fields : undefined;
  const changes = changedFields(call.body, heldFields);
  const outcome = operation ? outcomeOf(policy.data, operation) : "allow";

  /** Why it cannot be sent; null: it can. */
  const blockedReason = (): string | null => {
    if (!operation) return say("Choose an operation first");
    const refusal = refusalOf(operation);
    if (operation.access === "write" && !session.can.write) return session.can.reason;
    if (refusal !== null) return refusal;
    if (outcome === "deny") {
      return say("The workspace's guard denies {grade} calls by hand", { grade: gradeWord(operation.grade) });
    }
    if (result.kind === "sending" || (result.kind === "pages" && result.isReading)) return say("A call is in progress");
    if (heldFields && changes.length === 0) return say("Nothing is changed yet");
    return null;
  };

  const clear = () => {
    stopping.current?.abort();
    setCallState(EMPTY_CALL);
    setResult({ kind: "none" });
    setFaults([]);
  };
  // Back and forward lead to another operation too: its call begins empty.
  const shownName = useRef(name);
  useEffect(() => {
    if (shownName.current === name) return;
    shownName.current = name;
    clear();
  }, [name]);
  const open = (wanted: string, given: Call = EMPTY_CALL, shown: Result = { kind: "none" }) => {
    clear();
    shownName.current = wanted;
    setSearch({ op: wanted });
    setCallState(given);
    setResult(shown);
  };
  const setCall = (next: Call) => {
    setCallState(next);
    setFaults([]);
  };
  const fail = (problem: unknown) => {
    const error = problem instanceof ApiError ? problem : new ApiError(0, "UNKNOWN", String(problem));
    setFaults(error.faults);
    setResult({ kind: "failed", error });
    onAnswer();
  };
  const show = (answer: routes.CallAnswer) => {
    setResult({ kind: "answer", answer });
    onAnswer();
    void queries.invalidateQueries({ queryKey: ["explorer", "history"] });
    if (operation?.access !== "write" || !answer.success) return;
    // The form shows the object as it is now, and names nothing to change.
    void queries.invalidateQueries({ queryKey: ["explorer", "held"] });
    void queries.invalidateQueries({ queryKey: ["names"] });
    if (heldFields) setCallState((now) => ({ ...now, body: undefined }));
  };

  /** Undefined where something is not written out yet. */
  const readyRequest = (): routes.CallRequest | undefined => {
    const request = requestOf(call, operation!);
    const unread = [...unparsedFaults(request.body, "body"), ...unparsedFaults(request.query_params, "query_params")];
    setFaults(unread);
    return unread.length === 0 ? request : undefined;
  };

  const send = async () => {
    if (!operation || blockedReason() !== null) return;
    const request = readyRequest();
    if (!request) return;
    const kind = kindOf(operation);
    if (outcome === "allow" && kind === "delete") {
      return setReview({ request, preview: undefined, isSending: false, problem: undefined });
    }
    setResult({ kind: "sending" });
    try {
      const isRead = kind === "read" && outcome === "allow";
      const answer = await (isRead ? routes.read(api, request) : routes.write(api, request));
      if (!answer.preview) return show(answer);
      setResult({ kind: "none" });
      setReview({ request, preview: answer.preview, isSending: false, problem: undefined });
      void queries.invalidateQueries({ queryKey: ["explorer", "requests"] });
    } catch (problem) {
      fail(problem);
    }
  };

  const confirm = async () => {
    if (!review || review.isSending) return;
    setReview({ ...review, isSending: true, problem: undefined });
    try {
      const answer = await routes.write(api, review.request, review.preview?.confirm_token ?? undefined);
      setReview(answer.preview ? { ...review, preview: answer.preview } : undefined);
      if (!answer.preview) show(answer);
    } catch (problem) {
      const error = problem instanceof ApiError ? problem : new ApiError(0, "UNKNOWN", String(problem));
      setReview({ ...review, isSending: false, problem: error });
    }
  };

  const readAll = async () => {
    const request = operation && readyRequest();
    if (!request || blockedReason() !== null) return;
    const stop = new AbortController();
    stopping.current = stop;
    const items: unknown[] = [];
    let state: PagesResult = {
      kind: "pages",
      items,
      ...{ pages: 0, bytes: 0, elapsedMs: 0, isReading: true, stoppedBy: null, error: undefined },
    };
    // An operation that was opened meanwhile keeps its own result.
    const put = (next: Partial<PagesResult>) => {
      state = { ...state, ...next };
      if (stopping.current === stop) setResult(state);
    };
    put({});
    onAnswer();
    try {
      for await (const lines of routes.readPages(api, request, stop.signal)) {
        const next: Partial<PagesResult> = {};
        for (const line of lines) {
          if (line.type === "item") items.push(line.item);
          if (line.type === "progress") {
            Object.assign(next, { pages: line.pages, bytes: line.bytes, elapsedMs: line.elapsed_ms });
          }
          if (line.type === "error") next.error = line.error;
          if (line.type === "end") next.stoppedBy = line.stopped_by;
        }
        put(next);
      }
      put({ isReading: false });
    } catch (problem) {
      if (stop.signal.aborted) return put({ isReading: false, stoppedBy: "you" });
      if (items.length === 0) return fail(problem);
      const { code, message } = problem as ApiError;
      put({ isReading: false, stoppedBy: "error", error: { code, message, reason: "", explanation: "" } });
    } finally {
      void queries.invalidateQueries({ queryKey: ["explorer", "history"] });
    }
  };

  return {
    name,
    detail,
    operation,
    call,
    setCall,
    open,
    held,
    changes,
    outcome,
    blocked: blockedReason(),
    request: operation && requestOf(call, operation),
    faults,
    result,
    send,
    readAll,
    stop: () => stopping.current?.abort(),
    review,
    confirm,
    closeReview: () => setReview(undefined),
  };
}
