/** The steps of a version as a nested list: what each does, in the order in which they run. */

import { JsonTree } from "../../ui/json_tree.tsx";
import { isJump, type OutlineJump, type OutlineStep } from "./outline.ts";
import { Say } from "../../words/say_parts.tsx";

export function StepOutline({ steps }: { steps: readonly (OutlineStep | OutlineJump)[] }) {
  return (
    <ol className="wf-outline">
      {steps.map((one, index) => (
        <li key={index}>
          {isJump(one)
            ? (
              <p className="muted">
                {one.isKnown
                  ? <Say text="Continues at the step {step}" values={{ step: <code>{one.jumpsTo}</code> }} />
                  : <Say text="Names a step that is not there: {step}" values={{ step: <code>{one.jumpsTo}</code> }} />}
              </p>
            )
            : <Step step={one} />}
        </li>
      ))}
    </ol>
  );
}

function Step({ step }: { step: OutlineStep }) {
  return (
    <div className="wf-step">
      <StepFacts step={step} />
      {step.lists.map(({ label, steps }) => (
        <div key={label} className="wf-list">
          <h4>
            <bdi>{label}</bdi>
          </h4>
          <StepOutline steps={steps} />
        </div>
      ))}
    </div>
  );
}

/** What a step does, without those below it. `isOpen`: with all there is about it. */
export function StepFacts(
  { step: { id, type, name, sentence, details }, isOpen = false }: { step: OutlineStep; isOpen?: boolean },
) {
  return (
    <>
      <div className="row">
        <b className="grow">
          <bdi>{sentence}</bdi>
        </b>
        <span className="pill">{type}</span>
      </div>
      <div className="muted">
        <Say text="step {id}" values={{ id: <code>{id}</code> }} />
        {name !== id && (
          <>
            , <bdi>{name}</bdi>
          </>
        )}
      </div>
      {details.length > 0 && (
        <details open={isOpen}>
          <summary>{details.map(({ label }) => label).join(", ")}</summary>
          <dl className="facts">
            {details.map(({ label, value }) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>
                  {typeof value === "object" ? <JsonTree value={value} label={label} /> : <bdi>{String(value)}</bdi>}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}
