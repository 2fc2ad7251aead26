/** One step of a run: its attempts, its Idempotency-Key, its request, its output, and its error in words. */

import { type ReactNode, useMemo } from "react";
import type { RunDetail, RunStep } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { useNamed } from "../entities/use_named.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { ATTEMPT_TEXTS, failureText, stepText } from "./run_words.ts";
import "./runs.css";

const NO_OUTPUT: Record<RunStep["state"], string> = {
  not_started: say("There is no output yet."),
  running: say("There is no output yet."),
  completed: say("The response was empty."),
  failed: say("A step that failed has no output."),
  cancelled: say("The run was cancelled before this step ended."),
};

export function StepDetails({ run, step }: { run: RunDetail; step: RunStep }) {
  const format = useFormat();
  const nameOf = useNamed(useMemo(() => [step.input, step.output], [step.input, step.output]));
  const { tone, text } = stepText(step, run);
  const maxAttempts = run.definition?.actions.find(({ id }) => id === step.id)?.maxAttempts ?? null;
  const failure = failureText(step, maxAttempts);
  return (
    <section className="panel stack" aria-labelledby="chosen-step">
      <div>
        <div className="row">
          <h3 id="chosen-step">
            <Say text="Step {number}: {name}" values={{ number: step.number, name: <bdi>{step.name}</bdi> }} />
          </h3>
          <Tag tone={tone}>{text}</Tag>
        </div>
        <code className="muted">
          <bdi>{step.title}</bdi>
        </code>
      </div>
      {failure && (
        <div className={`alert step-fault${step.state === "failed" ? " bad" : ""}`}>
          <p>
            <bdi>{failure}</bdi>
          </p>
          {step.error && <code className="muted">{step.error.code}</code>}
        </div>
      )}
      {step.attempts.length > 0 && <Attempts step={step} />}
      {step.idempotencyKey && (
        <Part title="Idempotency-Key">
          <div className="row">
            <code>{step.idempotencyKey}</code>
            <CopyButton text={step.idempotencyKey} label={say("Copy key")} />
          </div>
        </Part>
      )}
      <Part title={say("Input")}>
        {step.input === null || step.input === undefined
          ? (
            <p className="muted">
              {step.state === "not_started" ? say("This step has not started.") : say("Nothing has been sent yet.")}
            </p>
          )
          : <JsonTree value={step.input} label={say("Input")} nameOf={nameOf} />}
      </Part>
      <Part title={say("Output")}>
        {step.output === null || step.output === undefined
          ? <p className="muted">{NO_OUTPUT[step.state]}</p>
          : step.outputTruncated
          ? (
            <>
              <p className="muted">
                {step.outputBytes === null
                  ? say("Only the beginning is shown. The run uses the whole output.")
                  : say("Only the beginning is shown, of {size}. The run uses the whole output.", {
                    size: format.size(step.outputBytes),
                  })}
              </p>
              <pre className="mono run-json"><bdi>{String(step.output)}</bdi></pre>
            </>
          )
          : (
            <JsonTree
              value={step.output}
              label={say("Output")}
              root={`$.action_${step.number}_result`}
              nameOf={nameOf}
            />
          )}
      </Part>
    </section>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

function Attempts({ step: { attempts } }: { step: RunStep }) {
  const format = useFormat();
  return (
    <table className="cards run-attempts">
      <caption className="visually-hidden">{say("Attempts of the step")}</caption>
      <thead>
        <tr>
          <th scope="col">{say("Attempt")}</th>
          <th scope="col">{say("Outcome")}</th>
          <th scope="col">{say("Started")}</th>
          <th scope="col" className="num">{say("Duration")}</th>
        </tr>
      </thead>
      <tbody>
        {attempts.map(({ number, state, httpStatus, startedAt, finishedAt, error }) => {
          const { tone, text } = ATTEMPT_TEXTS[state];
          return (
            <tr key={number}>
              <td data-label={say("Attempt")}>{number}</td>
              <td data-label={say("Outcome")}>
                <Tag tone={tone} title={error?.message}>{text}{httpStatus !== null && ` · ${httpStatus}`}</Tag>
              </td>
              <td data-label={say("Started")}>
                <When at={startedAt} />
              </td>
              <td data-label={say("Duration")} className="num nowrap">
                {finishedAt ? format.duration(finishedAt.getTime() - startedAt.getTime()) : say("in progress")}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
