/** What a call would change, shown before it is sent: the difference, what is lost, and the one confirmation. */

import { useState } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import type { EndpointDetail, Grade } from "./api.ts";
import { isFields } from "./call.ts";
import { Said, useNamesIn } from "./names.tsx";
import type { Explorer, Review } from "./use_explorer.ts";
import { GRADE_TONES, gradeWord, kindOf, labelOf } from "./words.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export function ReviewDialog(
  { explorer, review, operation, onRequests }: {
    explorer: Explorer;
    review: Review;
    operation: EndpointDetail;
    /** Shows the requests that wait for a second person. */
    onRequests(): void;
  },
) {
  const { preview, request, problem, isSending } = review;
  const { confirm, closeReview, send } = explorer;
  const [typed, setTyped] = useState("");
  const { hour } = useFormat();
  const names = useNamesIn([request, preview]);
  const kind = kindOf(operation);
  const grade = preview?.grade ?? operation.grade;
  const ids = operation.path_params.filter(({ injected }) => !injected).map(({ name }) =>
    String(request.path_params[name])
  );
  const id = ids.at(-1);
  const name = id === undefined ? undefined : names.get(id)?.name;
  const asksName = id !== undefined && (kind === "delete" || grade === "destructive");
  const isNamed = [id, name].includes(typed.trim());
  const body = preview ? preview.request.body : request.body;
  const needsOther = preview !== undefined && preview.confirm_token === null;
  return (
    <Dialog title={needsOther ? say("A second person is needed") : operation.summary} onClose={closeReview}>
      <p className="row">
        <Tag tone={GRADE_TONES[grade as Grade] ?? "warn"}>{gradeWord(grade)}</Tag>
        <code>{operation.method} {preview?.request.path ?? operation.path}</code>
      </p>
      {name !== undefined && (
        <p>
          <Say
            text="It is about <b>{name}</b> {id}."
            values={{ name: <bdi>{name}</bdi>, id: <code className="muted">{id}</code> }}
          />
        </p>
      )}
      {preview?.loses != null && (
        <p className="alert">{say("What this call does not name is lost: {what}.", { what: preview.loses })}</p>
      )}
      {preview && preview.changes.some((one) => one.length > 0)
        ? <Changes changes={preview.changes.flat()} names={names} />
        : isFields(body)
        ? <Sent fields={body} names={names} />
        : body != null && (
          <pre
            className="mono ex-raw"
            tabIndex={0}
            role="region"
            aria-label={say("The body")}
          >{JSON.stringify(body, null, 2)}</pre>
        )}
      {needsOther
        ? (
          <>
            <p>
              <Say
                text="Nothing was sent. Another owner or admin of the workspace, or an operator, has to approve request {request} until {when}. Then send the same call again."
                values={{ request: preview.request_id, when: <When at={new Date(preview.expires_at)} /> }}
              />
            </p>
            <div className="row">
              <button type="button" className="btn" onClick={onRequests}>{say("Show the requests")}</button>
            </div>
          </>
        )
        : (
          <>
            {asksName && (
              <label className="field">
                <span>
                  {name === undefined
                    ? say("Type the id to confirm: {id}", { id: id! })
                    : say("Type the name or the id to confirm: {name}", { name })}
                </span>
                <input
                  value={typed}
                  onChange={({ target }) => setTyped(target.value)}
                  autoComplete="off"
                  spellCheck={false}
                />
              </label>
            )}
            {problem && (
              <div className="alert bad stack" role="alert">
                <p>{problem.message}.</p>
                {problem.code.startsWith("CONFIRM_TOKEN") && (
                  <div>
                    <button
                      type="button"
                      className="btn"
                      onClick={() => {
                        closeReview();
                        void send();
                      }}
                    >
                      {say("Review again")}
                    </button>
                  </div>
                )}
              </div>
            )}
            <div className="row">
              <GuardedButton
                className={kind === "delete" ? "btn danger" : "btn main"}
                blocked={asksName && !isNamed
                  ? (name === undefined ? say("Type the id first") : say("Type {name} first", { name }))
                  : isSending
                  ? say("It is being sent")
                  : null}
                onClick={() => void confirm()}
              >
                {kind === "delete" ? say("Delete") : say("Confirm and send")}
              </GuardedButton>
              <button type="button" className="btn" onClick={closeReview}>{say("Cancel")}</button>
              {preview && (
                <span className="muted">
                  {say("Good until {time}, for exactly this.", { time: hour(new Date(preview.expires_at)) })}
                </span>
              )}
            </div>
          </>
        )}
    </Dialog>
  );
}

function Changes(
  { changes, names }: {
    changes: readonly { field: string; before: unknown; after: unknown }[];
    names: ReturnType<typeof useNamesIn>;
  },
) {
  return (
    <table className="ex-changes">
      <caption className="visually-hidden">{say("Before and after, by field")}</caption>
      <thead>
        <tr>
          <th scope="col">{say("Field")}</th>
          <th scope="col">{say("Before")}</th>
          <th scope="col">{say("After")}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ field, before, after }, index) => (
          <tr key={`${field} ${index}`}>
            <th scope="row" title={field}>{labelOf(field)}</th>
            <td className="ex-before">
              <Said value={before} names={names} />
            </td>
            <td className="ex-after">
              <Said value={after} names={names} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sent({ fields, names }: { fields: Record<string, unknown>; names: ReturnType<typeof useNamesIn> }) {
  return (
    <table className="ex-changes">
      <caption className="visually-hidden">{say("What is sent, by field")}</caption>
      <tbody>
        {Object.entries(fields).map(([name, value]) => (
          <tr key={name}>
            <th scope="row" title={name}>{labelOf(name)}</th>
            <td>
              <Said value={value} names={names} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
