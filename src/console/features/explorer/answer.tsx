/** What came of a call: its status in words, how long and how large it was, the budget that is left, and its data. */

import type { ReactNode } from "react";
import { Link } from "wouter";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import type { ApiError } from "../../shell/client.ts";
import type { CallAnswer, CallError, KeptCall } from "./api.ts";
import { AnswerData } from "./answer_data.tsx";
import type { Explorer, PagesResult } from "./use_explorer.ts";
import { statusWord } from "./words.ts";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export function AnswerPane({ explorer }: { explorer: Explorer }) {
  const { result } = explorer;
  switch (result.kind) {
    case "none":
      return <Empty title={say("No answer yet")}>{say("Send a call: what Clockify answers stands here.")}</Empty>;
    case "sending":
      return <Skeleton lines={8} label={say("Waiting for Clockify")} />;
    case "failed":
      return <Failed error={result.error} />;
    case "kept":
      return <Kept call={result.call} />;
    case "pages":
      return <Pages result={result} onStop={explorer.stop} />;
    case "answer":
      return <Answered answer={result.answer} />;
  }
}

const STATUS_WORDS: Record<CallAnswer["status"], string> = {
  success: say("Done"),
  error: say("Refused"),
  unchanged: say("Nothing to change"),
  preview: say("Not sent"),
  second_person: say("Not sent"),
};

function Answered({ answer }: { answer: CallAnswer }) {
  const { status, status_code, data, error, metadata } = answer;
  const names = Object.entries(metadata.names);
  return (
    <div className="stack ex-answer">
      <Head tone={toneOf(status)} label={`${status_code ?? ""} ${STATUS_WORDS[status]}`.trim()}>
        <Measures ms={answer.duration_ms} size={answer.size} />
        <Budget answer={answer} />
      </Head>
      {status === "unchanged" && (
        <p className="alert info">{say("Clockify holds it already as you want it. Nothing was written.")}</p>
      )}
      {error && <Explained error={error} />}
      {metadata.change_ids.length > 0 && (
        <p>
          <Link href={`/journal/${metadata.change_ids[0]}`}>
            {metadata.change_ids.length === 1
              ? say("See the change in the journal, or undo it")
              : say("See the changes in the journal")}
          </Link>
        </p>
      )}
      {names.length > 0 && (
        <p className="muted">
          {names.map(([place, { id, name }]) => say("{place}: {name} is {id}", { place, name, id })).join("; ")}
        </p>
      )}
      <AnswerData data={data} size={answer.size} />
    </div>
  );
}

function toneOf(status: CallAnswer["status"]): Tone {
  return status === "error" ? "bad" : status === "success" ? "ok" : "idle";
}

function Head({ tone, label, children }: { tone: Tone; label: string; children: ReactNode }) {
  return (
    <div className="row" role="status">
      <Tag tone={tone}>{label}</Tag>
      <span className="muted">{children}</span>
    </div>
  );
}

function Measures({ ms, size }: { ms: number; size: number | null }) {
  const format = useFormat();
  return <>{format.duration(ms)}{size !== null && ` · ${format.size(size)}`}</>;
}

/** The add-on's own budget of calls, and what Clockify's headers say of it. */
function Budget({ answer: { budget, rate_limit } }: { answer: CallAnswer }) {
  const { number } = useFormat();
  if (!budget) return null;
  const { limit_per_second, used_last_second, limit_per_hour, used_last_hour, paused_until } = budget;
  return (
    <>
      {limit_per_second !== null &&
        ` · ${
          say("{used} of {limit} calls a second", {
            used: number(used_last_second),
            limit: number(limit_per_second),
          })
        }`}
      {limit_per_hour !== null &&
        ` · ${say("{used} of {limit} an hour", { used: number(used_last_hour), limit: number(limit_per_hour) })}`}
      {rate_limit.remaining !== null && ` · ${say("Clockify: {count} left", { count: rate_limit.remaining })}`}
      {paused_until !== null && (
        <>
          {" · "}
          <Say text="paused until {when}" values={{ when: <When at={new Date(paused_until)} /> }} />
        </>
      )}
    </>
  );
}

function Explained({ error }: { error: CallError }) {
  const { message, explanation, scope, retry_after_ms } = error;
  return (
    <div className="alert bad stack" role="alert">
      <h3>{message}</h3>
      <p>{explanation}</p>
      {(scope !== undefined || retry_after_ms !== undefined) && (
        <p className="muted">
          {scope !== undefined && (
            <>
              <Say text="Scope of the operation: <code>{scope}</code>." values={{ scope }} />
            </>
          )}
          {retry_after_ms !== undefined &&
            ` ${say("Send it again in {seconds} s.", { seconds: Math.max(1, Math.ceil(retry_after_ms / 1_000)) })}`}
        </p>
      )}
    </div>
  );
}

const FAILED_WORDS: Record<string, string> = {
  FEATURE_OFF: say("The workspace's guard, or a setting of the add-on, does not allow this."),
  ROLE_INSUFFICIENT: say("Your role in the workspace does not allow this."),
  OPERATION_INPUT_INVALID: say("The form marks what is wrong."),
};

/** Timewire itself refused it, or could not be reached. */
function Failed({ error: { message, status, code, requestId, retryAfterSeconds } }: { error: ApiError }) {
  return (
    <div className="alert bad stack" role="alert">
      <h3>{status === 0 ? say("No answer") : say("Not sent")}</h3>
      <p>{message}.</p>
      {FAILED_WORDS[code] !== undefined && <p>{FAILED_WORDS[code]}</p>}
      {retryAfterSeconds !== undefined && <p>{say("Send it again in {seconds} s.", { seconds: retryAfterSeconds })}</p>}
      {requestId !== undefined && (
        <p className="muted">
          <Say text="Request <code>{id}</code>" values={{ id: requestId }} />
        </p>
      )}
    </div>
  );
}

function Kept({ call }: { call: KeptCall }) {
  const { status, status_code, duration_ms, size, answer, at } = call;
  return (
    <div className="stack ex-answer">
      <Head
        tone={status === "success" ? "ok" : status === "error" ? "bad" : "idle"}
        label={`${status_code ?? statusWord(status)}`}
      >
        <Measures ms={duration_ms} size={size} />
        {" · "}
        <When at={new Date(at)} as="full" />
      </Head>
      <p className="muted">{say("As it was kept in the history: without secrets, and cut where it was long.")}</p>
      <AnswerData data={answer} size={size} />
    </div>
  );
}

const STOPPED: Record<string, string> = {
  you: say("You stopped it: what came before is below."),
  items: say("Stopped at the most items that one call reads."),
  pages: say("Stopped at the most pages that one call reads."),
  time: say("Stopped after the longest time that one call reads."),
  bytes: say("Stopped at the largest size that one call reads."),
  error: say("A page could not be read: what came before is below."),
};

function Pages({ result, onStop }: { result: PagesResult; onStop(): void }) {
  const { number } = useFormat();
  const { items, pages, bytes, elapsedMs, isReading, stoppedBy, error } = result;
  return (
    <div className="stack ex-answer">
      <div className="row">
        <span className="row grow" role="status">
          <Tag tone={isReading ? "wait" : error ? "bad" : stoppedBy ? "idle" : "ok"} live={isReading}>
            {isReading ? say("Reading") : error ? say("Failed") : stoppedBy ? say("Stopped") : say("All read")}
          </Tag>
          <span className="muted">
            {sayCount(items.length, "{count} items", "{count} items", { count: number(items.length) })}
            {" · "}
            {sayCount(pages, "{count} page", "{count} pages", { count: number(pages) })}
            {pages > 0 && (
              <>
                {" · "}
                <Measures ms={elapsedMs} size={bytes} />
              </>
            )}
          </span>
        </span>
        {isReading
          ? <GuardedButton className="btn danger" onClick={onStop}>{say("Stop")}</GuardedButton>
          : <CopyButton text={() => JSON.stringify(items, null, 2)} label={say("Copy JSON")} />}
      </div>
      {stoppedBy !== null && STOPPED[stoppedBy] !== undefined && <p className="alert">{STOPPED[stoppedBy]}</p>}
      {error && <Explained error={error} />}
      {isReading ? <Skeleton lines={3} label={say("Reading pages")} /> : <AnswerData data={items} size={bytes} />}
    </div>
  );
}
