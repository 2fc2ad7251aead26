/** What an import would make, what it lacks in this workspace, and what is to be given for it. */

import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Combobox } from "../../ui/combobox.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useSettled } from "../../ui/use_settled.ts";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { listFlows } from "./api.ts";
import { describePath } from "./draft/paths.ts";
import { entityWords } from "./draft/entity_words.ts";
import type { FileMapping, ImportPlan } from "./files_api.ts";
import { searchEntities } from "./names_api.ts";

export interface ImportPlanProps {
  plan: ImportPlan;
  mapping: FileMapping;
  /** With `value` in the place of what `key` names; undefined: as the file has it. */
  onMap(part: keyof FileMapping, key: string, value: string | undefined): void;
}

export function ImportPlanView({ plan, mapping, onMap }: ImportPlanProps) {
  const nameOf = (id: string) => plan.flows.find((flow) => flow.id === id)?.name ?? id;
  const inFlows = (ids: readonly string[]) => (
    <span className="muted">{say("in {flows}", { flows: ids.map(nameOf).join(", ") })}</span>
  );
  const missing = plan.entities.filter(({ is_here, mapped_to }) => !is_here || mapped_to !== null);
  const sources = plan.sources.filter(({ is_here }) => !is_here);
  return (
    <>
      <section aria-label={say("Flows that would be made")} className="fl-group">
        <h2>
          {sayCount(
            plan.flows.length,
            "1 flow would be made, switched off",
            "{count} flows would be made, switched off",
            {
              count: plan.flows.length,
            },
          )}
        </h2>
        <ul className="fl-plain fl-planned">
          {plan.flows.map((flow, index) => (
            <li key={index}>
              <span className="row">
                <b>
                  <bdi>{flow.name || say("Flow {id}", { id: flow.id })}</bdi>
                </b>
                {flow.faults.length > 0
                  ? (
                    <Tag tone="bad">
                      {sayCount(flow.faults.length, "1 error", "{count} errors", { count: flow.faults.length })}
                    </Tag>
                  )
                  : <Tag tone="ok">{say("ready")}</Tag>}
              </span>
              <Sentences faults={flow.faults} isBad />
              <Sentences faults={flow.warnings} />
              {flow.secrets.map(({ path }) => (
                <SecretField
                  key={path}
                  label={describePath(path)}
                  value={mapping.secrets[`${flow.id} ${path}`] ?? ""}
                  onValue={(value) => onMap("secrets", `${flow.id} ${path}`, value)}
                />
              ))}
            </li>
          ))}
        </ul>
      </section>
      {missing.length > 0 && (
        <section aria-label={say("What this workspace does not have")}>
          <h2>{say("Not in this workspace")}</h2>
          <ul className="fl-plain">
            {missing.map((one) => (
              <li key={one.id}>
                {one.type === null ? <code>{one.id}</code> : (
                  <Say
                    text="The {type} {name} {id}"
                    values={{
                      type: entityWords(one.type),
                      name: (
                        <b>
                          <bdi>{one.name}</bdi>
                        </b>
                      ),
                      id: <code>{one.id}</code>,
                    }}
                  />
                )} {inFlows(one.flows)}
                <Replacement
                  type={one.type ?? undefined}
                  proposal={one.proposal}
                  value={mapping.entities[one.id]}
                  onValue={(value) => onMap("entities", one.id, value)}
                />
              </li>
            ))}
          </ul>
        </section>
      )}
      {(sources.length > 0 || plan.operations.length > 0) && (
        <section aria-label={say("What is missing")}>
          <ul className="fl-plain">
            {sources.map(({ name, flows }) => (
              <li key={name}>
                <Say
                  text="The source {name} is not here: make it in Settings before the flow is switched on."
                  values={{ name: <code>{name}</code> }}
                />{" "}
                {inFlows(flows)}
              </li>
            ))}
            {plan.operations.map(({ operation_id, flows }) => (
              <li key={operation_id}>
                <Say
                  text="The operation {name} is not known here."
                  values={{ name: <code>{operation_id}</code> }}
                />{" "}
                {inFlows(flows)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {plan.other_flows.length > 0 && (
        <section aria-label={say("Flows that are run")}>
          <h2>{say("Flows that they run, which the file does not hold")}</h2>
          <ul className="fl-plain">
            {plan.other_flows.map(({ id, flows }) => (
              <li key={id}>
                {say("Flow {id}", { id })} {inFlows(flows)}
                <FlowChoice id={id} value={mapping.flows[id]} onValue={(value) => onMap("flows", id, value)} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Sentences({ faults, isBad }: { faults: ImportPlan["flows"][number]["faults"]; isBad?: boolean }) {
  if (faults.length === 0) return null;
  return (
    <ul className={isBad ? "fl-plain fault" : "fl-plain muted"} aria-label={isBad ? say("Errors") : say("Warnings")}>
      {faults.map(({ path, message }, index) => (
        <li key={index}>
          {describePath(path)} <code>{path}</code>: {message}
        </li>
      ))}
    </ul>
  );
}

function SecretField({ label, value, onValue }: { label: string; value: string; onValue(value: string): void }) {
  const field = useId();
  return (
    <div className="fl-field">
      <label htmlFor={field} className="fl-label muted">
        {say("Secret of {label} (empty: given later)", { label })}
      </label>
      <input
        id={field}
        type="password"
        autoComplete="off"
        value={value}
        onChange={({ target }) => onValue(target.value)}
      />
    </div>
  );
}

/** Which entity of this workspace takes the place of the file's. */
function Replacement(
  { type, proposal, value, onValue }: {
    type: string | undefined;
    proposal: { id: string; name: string } | null;
    value: string | undefined;
    onValue(value: string | undefined): void;
  },
) {
  const { api } = useSignedIn();
  const [text, setText] = useState("");
  const asked = useSettled(text.trim(), 250);
  const [picked, setPicked] = useState<string>();
  const { data = [] } = useQuery({
    queryKey: ["names", "search", type, asked],
    queryFn: ({ signal }) => searchEntities(api, { type: type!, text: asked, signal }),
    enabled: type !== undefined && asked !== "",
    staleTime: 2_000,
  });
  if (value !== undefined) {
    return (
      <div className="row">
        <span>
          <Say
            text="{replaced} by {name}"
            values={{
              replaced: <Tag tone="ok">{say("replaced")}</Tag>,
              name: <bdi>{value === proposal?.id ? proposal.name : picked ?? value}</bdi>,
            }}
          />
        </span>
        <button type="button" className="btn plain small" onClick={() => onValue(undefined)}>
          {say("Leave as it is")}
        </button>
      </div>
    );
  }
  return (
    <div className="row">
      {proposal && (
        <button type="button" className="btn small" onClick={() => onValue(proposal.id)}>
          <Say text="Use {name} of this workspace" values={{ name: <bdi>{proposal.name}</bdi> }} />
        </button>
      )}
      {type !== undefined && (
        <div className="fl-replacement">
          <Combobox
            label={say("Another {type} of this workspace", { type: entityWords(type) })}
            hideLabel
            text={text}
            onText={setText}
            placeholder={say("Name of a {type} of here", { type: entityWords(type) })}
            items={data.map(({ id, name }) => ({ key: id, label: name, detail: id }))}
            onPick={({ key, label }) => {
              setPicked(label);
              onValue(key);
            }}
          />
        </div>
      )}
    </div>
  );
}

function FlowChoice(
  { id, value, onValue }: { id: string; value: string | undefined; onValue(value: string | undefined): void },
) {
  const { api } = useSignedIn();
  const { data: flows = [] } = useQuery({
    queryKey: ["flows", "list"],
    queryFn: ({ signal }) => listFlows(api, signal),
  });
  return (
    <label className="field">
      <span>{say("Flow of this workspace in the place of flow {id}", { id })}</span>
      <select value={value ?? ""} onChange={({ target }) => onValue(target.value === "" ? undefined : target.value)}>
        <option value="">{say("Choose…")}</option>
        {flows.map((flow) => <option key={flow.id} value={flow.id}>{flow.definition.name}</option>)}
      </select>
    </label>
  );
}
