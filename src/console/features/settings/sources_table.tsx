/** Sources with address, age of their secrets and what can be done with each. */

import { SourceState } from "./source_made.tsx";
import type { Source } from "./sources_api.ts";
import { CopyButton } from "../../ui/copy_button.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";

export interface SourcesTableProps {
  sources: Source[];
  /** Why nothing may be changed. */
  blocked: string | null;
  onRotate(source: Source): void;
  onReveal(source: Source): void;
  onRemove(source: Source): void;
  onSwitch(source: Source): void;
}

export function SourcesTable({ sources, blocked, onRotate, onReveal, onRemove, onSwitch }: SourcesTableProps) {
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">State</th>
            <th scope="col">Authentication</th>
            <th scope="col">Secret created</th>
            <th scope="col">Last event</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <tr key={source.id}>
              <td data-label="Source">
                <b>{source.name}</b>
              </td>
              <td data-label="State">
                <Tag tone={source.enabled ? "ok" : "idle"}>{source.enabled ? "On" : "Off"}</Tag>
              </td>
              <td data-label="Authentication">
                {source.preset && <div>{source.preset.replaceAll("_", " ")}</div>}
                {source.scheme === "none" ? "unsigned" : source.scheme.replaceAll("_", " ")}
              </td>
              <td data-label="Secret created">
                {source.secrets.length === 0 && source.scheme !== "none" && "none yet"}
                {source.secrets.map(({ id, createdAt, expiresAt }) => (
                  <div key={id}>
                    <When at={createdAt} as="ago" />
                    {expiresAt && (
                      <span className="muted">
                        , expires <When at={expiresAt} as="ago" />
                      </span>
                    )}
                  </div>
                ))}
              </td>
              <td data-label="Last event">
                <SourceState source={source} />
              </td>
              <td>
                <div className="row">
                  {source.url && <CopyButton text={source.url} label="Copy address" />}
                  <GuardedButton className="btn small" blocked={blocked} onClick={() => onSwitch(source)}>
                    {source.enabled ? "Switch off" : "Switch on"}
                  </GuardedButton>
                  {source.scheme !== "none" && (
                    <GuardedButton
                      className="btn small"
                      blocked={blocked}
                      onClick={() => onRotate(source)}
                    >
                      {source.secrets.length === 0 ? "Enter secret" : "Rotate secret"}
                    </GuardedButton>
                  )}
                  {source.secrets.some(({ isUnseen }) => isUnseen) && (
                    <GuardedButton
                      className="btn small"
                      blocked={blocked}
                      onClick={() => onReveal(source)}
                    >
                      Show secret once
                    </GuardedButton>
                  )}
                  <GuardedButton className="btn small danger" blocked={blocked} onClick={() => onRemove(source)}>
                    Delete
                  </GuardedButton>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
