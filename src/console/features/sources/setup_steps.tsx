/** What is set up at the sender, in its own words, with what is entered there to be copied. */

import { CopyButton } from "../../ui/copy_button.tsx";
import type { Wire } from "../../wire.ts";
import { say } from "../../words/say.ts";
import type { Source } from "./api.ts";
import type { Senders } from "./source_draft.ts";

type Step = Wire<"SetupStep">;

export function SetupSteps(
  { source, senders, secret }: { source: Source; senders: Senders; secret: string | undefined },
) {
  const known = senders.senders.find(({ preset }) => preset === source.preset)?.steps ?? stepsOf(source);
  // One that was created here for a sender that gives its own.
  const isUnsaid = secret !== undefined && !known.some(({ value }) => value === "secret");
  const steps: Step[] = isUnsaid ? [...known, { text: say("Secret"), value: "secret", fixed: null }] : known;
  return (
    <ol className="so-steps">
      {steps.map((step, index) => (
        <li key={index}>
          {step.value === null ? step.text : <b>{step.text}</b>}
          <StepValue step={step} source={source} secret={secret} />
        </li>
      ))}
    </ol>
  );
}

/** Of a sender that is none of ours. */
function stepsOf({ scheme }: Source): Step[] {
  const step = (text: string, value: Step["value"]): Step => ({ text, value, fixed: null });
  return [
    step(say("Add a webhook at the sender"), null),
    step(say("Address"), "address"),
    ...scheme === "none" ? [] : [step(say("Secret"), "secret")],
  ];
}

function StepValue({ step: { text, value, fixed }, source, secret }: { step: Step; source: Source; secret?: string }) {
  const { url, secrets } = source;
  if (value === null) return null;
  if (value === "address" && url === null) return <div className="muted">{say("Shown to admins only")}</div>;
  if (value === "theirs") {
    return (
      <div className="muted">
        {secrets.length === 0
          ? say("Copy it there, and enter it here")
          : say("This source has one; rotate it where the sender's is another")}
      </div>
    );
  }
  if (value === "secret" && secret === undefined) {
    return (
      <div className="muted">
        {secrets.length === 0
          ? say("This source has none yet")
          : say("It was shown once; rotate it to have another one")}
      </div>
    );
  }
  const copied = {
    address: url ?? "",
    key: url?.slice(url.lastIndexOf("/") + 1) ?? "",
    secret: secret ?? "",
    fixed: fixed ?? "",
  }[value];
  return (
    <div className="so-value">
      <code data-step={value}>{copied}</code>
      <CopyButton text={copied} label={say("Copy {name}", { name: text })} />
    </div>
  );
}
