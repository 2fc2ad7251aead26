/** Settings with value, source, and why a value of the workspace was not taken. */

import type { SettingInForce } from "./api.ts";

const SOURCES = { workspace: "Workspace, in Clockify", environment: "Operator, or default" };

export function SettingsTable({ settings }: { settings: SettingInForce[] }) {
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">In force</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {settings.map(({ id, name, value, source, problem }) => (
            <tr key={id}>
              <td data-label="Setting">{name}</td>
              <td data-label="In force">
                <b>{shown(value)}</b>
                {problem && <div className="fault">The workspace's own value was not taken: {problem}</div>}
              </td>
              <td data-label="From">{SOURCES[source]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function shown(value: SettingInForce["value"]): string {
  if (value === null || value === "") return "not set";
  return value === true ? "on" : value === false ? "off" : String(value);
}
