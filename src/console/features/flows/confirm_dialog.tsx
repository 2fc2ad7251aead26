/** What the guard asks before a flow is published: its new steps that change more than ordinary data, confirmed once. */

import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Link } from "wouter";
import { ApiError, type Confirmation } from "../../shell/client.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

/** A person did not confirm, or cannot: nothing was saved, and nothing more is to be said of it. */
export class NotConfirmed extends Error {}

interface Asked {
  confirmation: Confirmation;
  answer(confirmed: boolean): void;
}

export interface Confirming {
  /**
   * Makes a request; where it has to be confirmed, shows what it does and makes it once more with the token. Throws
   * NotConfirmed where that is not to be.
   */
  confirmed<Answer>(request: (token?: string) => Promise<Answer>): Promise<Answer>;
  /** To be shown on the page. */
  dialog: ReactNode;
}

export function useConfirming(): Confirming {
  const [asked, setAsked] = useState<Asked>();
  const latest = useRef(asked);
  latest.current = asked;
  // A page that is left answers no.
  useEffect(() => () => latest.current?.answer(false), []);

  const ask = (confirmation: Confirmation) =>
    new Promise<boolean>((resolve) => {
      setAsked({
        confirmation,
        answer: (confirmed) => {
          setAsked(undefined);
          resolve(confirmed);
        },
      });
    });
  return {
    confirmed: async (request) => {
      try {
        return await request();
      } catch (problem) {
        const confirmation = problem instanceof ApiError ? problem.confirmation : undefined;
        if (!confirmation) throw problem;
        const isConfirmed = await ask(confirmation);
        if (!isConfirmed || confirmation.confirm_token === undefined) throw new NotConfirmed("Not confirmed");
        return await request(confirmation.confirm_token);
      }
    },
    dialog: asked && <ConfirmDialog {...asked} />,
  };
}

const GRADES: Readonly<Record<string, string>> = { destructive: say("destructive"), business: say("business") };
const TONES: Readonly<Record<string, Tone>> = { destructive: "bad", business: "warn" };

function ConfirmDialog({ confirmation, answer }: Asked) {
  const { kind, steps = [], request_id, expires_at } = confirmation;
  const isPreview = kind === "preview";
  const about = useId();
  return (
    <Dialog
      title={isPreview ? say("Publish these steps?") : say("A second person is needed")}
      onClose={() => answer(false)}
    >
      <p id={about}>
        {isPreview ? say("The flow will do this by itself, without asking again:") : (
          <Say
            text="Another administrator has to approve <a>request {id}</a>. Do the same again after that. It is about these steps:"
            values={{ id: request_id }}
            tags={{ a: (inner) => <Link href={`/settings/approvals?request=${request_id}`}>{inner}</Link> }}
          />
        )}
      </p>
      <ul className="stack" aria-labelledby={about}>
        {steps.map(({ path, id, operation, grade, reason }) => (
          <li key={path}>
            <span className="row">
              <Tag tone={TONES[grade] ?? "idle"}>{GRADES[grade] ?? grade}</Tag>
              <b>
                <bdi>{id}</bdi>
              </b>
            </span>
            <div>
              {reason}: <code>{operation}</code>
            </div>
          </li>
        ))}
      </ul>
      {isPreview
        ? (
          <>
            <p className="muted">
              <Say text="Asked until {when}." values={{ when: <When at={new Date(expires_at)} /> }} />
            </p>
            <div className="row">
              <button type="button" className="btn danger" onClick={() => answer(true)}>{say("Publish")}</button>
              <button type="button" className="btn" onClick={() => answer(false)}>{say("Cancel")}</button>
            </div>
          </>
        )
        : <p className="muted">{say("Nothing was saved. Your changes stay here while the console is open.")}</p>}
    </Dialog>
  );
}
