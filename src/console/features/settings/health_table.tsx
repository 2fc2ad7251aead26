/** One row per part of the program, with its state in a word. */

import type { Part, PartState } from "./api.ts";
import { Tag, type Tone } from "../../ui/tag.tsx";

const WORDS: Record<PartState, [Tone, string]> = {
  ok: ["ok", "OK"],
  warn: ["warn", "Warning"],
  bad: ["bad", "Down"],
  off: ["idle", "Off"],
};

export function Parts({ parts }: { parts: Part[] }) {
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Component</th>
            <th scope="col">State</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ name, state, detail }) => {
            const [tone, word] = WORDS[state];
            return (
              <tr key={name}>
                <td data-label="Component">{name}</td>
                <td data-label="State">
                  <Tag tone={tone}>{word}</Tag>
                </td>
                <td data-label="Details">{detail}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
