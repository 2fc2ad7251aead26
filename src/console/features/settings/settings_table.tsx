/** Settings with value, source, and why a value of the workspace was rejected. */

import { say } from "../../words/say.ts";
import type { EffectiveSetting } from "./api.ts";

const SOURCES = { workspace: say("Workspace, in Clockify"), environment: say("Operator, or default") };

export function SettingsTable({ settings }: { settings: EffectiveSetting[] }) {
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">{say("Setting")}</th>
            <th scope="col">{say("Effective value")}</th>
            <th scope="col">{say("Source")}</th>
          </tr>
        </thead>
        <tbody>
          {settings.map(({ id, name, value, source, variable, problem }) => (
            <tr key={id}>
              <td data-label={say("Setting")}>{name}</td>
              <td data-label={say("Effective value")}>
                <b>{shown(value)}</b>
                {problem && (
                  <div className="fault">{say("The value of the workspace was rejected: {problem}", { problem })}</div>
                )}
              </td>
              <td data-label={say("Source")}>
                {SOURCES[source]}
                {variable !== null && <code className="variable">{variable}</code>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function shown(value: EffectiveSetting["value"]): string {
  if (value === null || value === "") return say("not set");
  return value === true ? say("on") : value === false ? say("off") : String(value);
}
