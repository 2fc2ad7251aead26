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
import { GRADE_TONES, kindOf, labelOf } from "./words.ts";

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
    <Dialog title={needsOther ? "A second person is needed" : operation.summary} onClose={closeReview}>
      <p className="row">
        <Tag tone={GRADE_TONES[grade as Grade] ?? "warn"}>{grade}</Tag>
        <code>{operation.method} {preview?.request.path ?? operation.path}</code>
      </p>
      {name !== undefined && (
        <p>
          It is about{" "}
          <b>
            <bdi>{name}</bdi>
          </b>{" "}
          <code className="muted">{id}</code>.
        </p>
      )}
      {preview?.loses != null && <p className="alert">What this call does not name is lost: {preview.loses}.</p>}
      {preview && preview.changes.some((one) => one.length > 0)
        ? <Changes changes={preview.changes.flat()} names={names} />
        : isFields(body)
        ? <Sent fields={body} names={names} />
        : body != null && (
          <pre
            className="mono ex-raw"
            tabIndex={0}
            role="region"
            aria-label="The body"
          >{JSON.stringify(body, null, 2)}</pre>
        )}
      {needsOther
        ? (
          <>
            <p>
              Nothing was sent. Another owner or admin of the workspace, or an operator, has to approve request{" "}
              {preview.request_id} until <When at={new Date(preview.expires_at)} />. Then send the same call again.
            </p>
            <div className="row">
              <button type="button" className="btn" onClick={onRequests}>Show the requests</button>
            </div>
          </>
        )
        : (
          <>
            {asksName && (
              <label className="field">
                <span>Type {name === undefined ? "the id" : "the name or the id"} to confirm: {name ?? id}</span>
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
                      Review again
                    </button>
                  </div>
                )}
              </div>
            )}
            <div className="row">
              <GuardedButton
                className={kind === "delete" ? "btn danger" : "btn main"}
                blocked={asksName && !isNamed
                  ? `Type ${name ?? "the id"} first`
                  : isSending
                  ? "It is being sent"
                  : null}
                onClick={() => void confirm()}
              >
                {kind === "delete" ? "Delete" : "Confirm and send"}
              </GuardedButton>
              <button type="button" className="btn" onClick={closeReview}>Cancel</button>
              {preview && (
                <span className="muted">
                  Good until {hour(new Date(preview.expires_at))}, for exactly this.
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
      <caption className="visually-hidden">Before and after, by field</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
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
      <caption className="visually-hidden">What is sent, by field</caption>
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
