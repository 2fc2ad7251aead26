/** One request for a second person: who asks for what, and, opened, what would be sent and the decision. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { ApprovalNext } from "./approval_next.tsx";
import { ApprovalShown } from "./approval_shown.tsx";
import { DecisionDialog } from "./decision_dialog.tsx";
import { getRequest, type GuardRequest, type RequestState, type Verb } from "./guard_api.ts";
import { GRADE_NAMES, GRADE_TONES, shortPath } from "./guard_words.ts";
import { type Names, personName } from "./people.ts";

const STATE_TONES: Readonly<Record<RequestState, Tone>> = {
  waiting: "wait",
  approved: "ok",
  rejected: "bad",
  used: "idle",
  expired: "idle",
};
const STATES: Readonly<Record<RequestState, string>> = {
  waiting: say("waiting"),
  approved: say("approved"),
  rejected: say("rejected"),
  used: say("used"),
  expired: say("expired"),
};
const KINDS: Readonly<Record<GuardRequest["kind"], string>> = {
  call: say("Call to Clockify"),
  flow: say("Publication of a flow"),
  policy: say("Settings"),
};

export interface ApprovalItemProps {
  request: GuardRequest;
  names: Names;
  isOpen: boolean;
  onToggle(): void;
  /** The viewer decided it. */
  onDecided(): void;
}

export function ApprovalItem({ request, names, isOpen, onToggle, onDecided }: ApprovalItemProps) {
  const { id, kind, grade, title, state } = request;
  const about = kind === "call" ? lastName(title, names) : undefined;
  return (
    <article className="panel approval" aria-label={say("Request {id}", { id })}>
      <button
        type="button"
        className="approval-head"
        data-request={id}
        aria-expanded={isOpen}
        onClick={onToggle}
      >
        <span className="row">
          <Tag tone={STATE_TONES[state]}>{STATES[state]}</Tag>
          <Tag tone={GRADE_TONES[grade]}>{GRADE_NAMES[grade]}</Tag>
          <span className="muted">{KINDS[kind]}</span>
        </span>
        <span>
          <b>
            <bdi title={title}>{visibleText(shortPath(title))}</bdi>
          </b>
          {about && (
            <>
              {" "}
              <bdi>{about}</bdi>
            </>
          )}
        </span>
        <span className="muted">
          <Asked request={request} names={names} />
        </span>
      </button>
      {isOpen && <Opened request={request} names={names} onDecided={onDecided} />}
    </article>
  );
}

/** Who asked and when, and until when it can be decided or used. */
function Asked({ request, names }: Pick<ApprovalItemProps, "request" | "names">) {
  const { id, person, is_mine, state, created_at, expires_at } = request;
  const who = <bdi title={person}>{personName(person, names)}</bdi>;
  const ago = <When at={new Date(created_at)} as="ago" />;
  const end = new Date(expires_at);
  return (
    <>
      {is_mine
        ? <Say text="Request {id}, yours, {ago}" values={{ id, ago }} />
        : <Say text="Request {id}, by {who}, {ago}" values={{ id, who, ago }} />}
      {(state === "waiting" || state === "approved") && (
        <Say
          text="; ends {ago}, at {time}"
          values={{ ago: <When at={end} as="ago" />, time: <When at={end} as="full" /> }}
        />
      )}
    </>
  );
}

/** Of what the path ends in, or goes through last. */
function lastName(path: string, names: Names): string | undefined {
  const id = path.match(/\b[0-9a-f]{24}\b/g)?.slice(1).at(-1);
  return id === undefined ? undefined : names.get(id)?.name;
}

function Opened(
  { request, names, onDecided }: { request: GuardRequest; names: Names; onDecided(): void },
) {
  const { api, session } = useSignedIn();
  const toast = useToast();
  const [verb, setVerb] = useState<Verb>();
  const { id, state, is_mine } = request;
  const whole = useQuery({
    queryKey: ["guard", "request", id],
    queryFn: ({ signal }) => getRequest(api, id, signal),
    staleTime: 5_000,
  });
  const blocked = is_mine
    ? say("You asked for it: another owner or admin of the workspace, or an operator, decides")
    : !session.can.write
    ? session.can.reason
    : !whole.data
    ? say("What would be sent is being loaded")
    : null;
  const isWaiting = state === "waiting";
  const ask = (wanted: Verb) => () => {
    if (isWaiting) blocked ? toast(blocked, "bad") : setVerb(wanted);
  };
  useKeys(
    isWaiting
      ? [
        { keys: "a", label: say("Approve the opened request"), run: ask("approve") },
        { keys: "x", label: say("Reject the opened request"), run: ask("reject") },
      ]
      : [],
  );
  return (
    <div className="stack approval-open">
      <Decided request={request} names={names} />
      {whole.data
        ? <ApprovalShown request={whole.data} />
        : whole.error
        ? <Failure error={whole.error} what={say("what would be sent")} onRetry={() => void whole.refetch()} />
        : <Skeleton lines={4} label={say("Loading what would be sent")} />}
      {whole.data && is_mine && <ApprovalNext request={whole.data} state={state} />}
      {isWaiting && (
        <>
          {is_mine && <p className="muted">{blocked}.</p>}
          <div className="row">
            <GuardedButton className="btn main" blocked={blocked} onClick={ask("approve")}>
              {say("Approve…")} <kbd className="pill" aria-hidden="true">a</kbd>
            </GuardedButton>
            <GuardedButton className="btn danger" blocked={blocked} onClick={ask("reject")}>
              {say("Reject…")} <kbd className="pill" aria-hidden="true">x</kbd>
            </GuardedButton>
          </div>
        </>
      )}
      {verb && (
        <DecisionDialog
          request={request}
          verb={verb}
          names={names}
          onDecided={onDecided}
          onClose={() => setVerb(undefined)}
        />
      )}
    </div>
  );
}

function Decided({ request: { decided_by, decided_at, state, note }, names }: { request: GuardRequest; names: Names }) {
  if (decided_by === null || decided_at === null) return null;
  const who = <bdi title={decided_by}>{personName(decided_by, names)}</bdi>;
  const ago = <When at={new Date(decided_at)} as="ago" />;
  return (
    <p>
      {state === "rejected"
        ? <Say text="Rejected by {who} {ago}" values={{ who, ago }} />
        : <Say text="Approved by {who} {ago}" values={{ who, ago }} />}
      {note === null ? "." : ": "}
      {note !== null && <q>{note}</q>}
    </p>
  );
}
