/** How a call is made: with whose rights, and whether a body takes the place of the whole object. */

import { useSignedIn } from "../../shell/session/login.tsx";
import type { EndpointDetail } from "./api.ts";
import { isFields } from "./call.ts";
import type { Explorer } from "./use_explorer.ts";
import { say } from "../../words/say.ts";

export function CallMore(
  { explorer: { call, setCall, held }, operation }: { explorer: Explorer; operation: EndpointDetail },
) {
  const { session: { actor } } = useSignedIn();
  const mayChoose = actor.kind === "user" && actor.role === "admin";
  const mayReplace = operation.full_replace && operation.fill !== null;
  if (!mayChoose && !mayReplace) return null;
  // Then the body is all there will be: it begins with what is there now.
  const setReplace = (replace: boolean) => {
    const whole = replace && held.kind === "read"
      ? { ...held.fields, ...(isFields(call.body) ? call.body : {}) }
      : call.body;
    setCall({ ...call, replace, body: whole });
  };
  return (
    <details className="ex-group">
      <summary>{say("Rights and replacing")}</summary>
      <div className="ex-fields">
        {mayChoose && (
          <label className="field">
            <span>{say("Rights")}</span>
            <select
              value={call.as ?? ""}
              onChange={({ target: { value } }) =>
                setCall({ ...call, as: value === "viewer" || value === "addon" ? value : undefined })}
            >
              <option value="">{say("what fits the operation")}</option>
              <option value="addon">{say("those of the add-on")}</option>
              <option value="viewer">{say("my own in Clockify")}</option>
            </select>
          </label>
        )}
        {mayReplace && (
          <label className="row">
            <input
              type="checkbox"
              checked={call.replace}
              onChange={({ target }) => setReplace(target.checked)}
            />
            {say("Send the body as it is: what it leaves out is lost")}
          </label>
        )}
      </div>
    </details>
  );
}
