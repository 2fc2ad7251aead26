/** Settings with value, source, and why a value of the workspace was rejected. */

import type { EffectiveSetting } from "./api.ts";

const SOURCES = { workspace: "Workspace, in Clockify", environment: "Operator, or default" };

export function SettingsTable({ settings }: { settings: EffectiveSetting[] }) {
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Effective value</th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {settings.map(({ id, name, value, source, variable, problem }) => (
            <tr key={id}>
              <td data-label="Setting">{name}</td>
              <td data-label="Effective value">
                <b>{shown(value)}</b>
                {problem && <div className="fault">The value of the workspace was rejected: {problem}</div>}
              </td>
              <td data-label="Source">
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
  if (value === null || value === "") return "not set";
  return value === true ? "on" : value === false ? "off" : String(value);
}
