/** Conditions as nested groups and rules: those of the flow, of a case, of a loop and of an event that is waited for. */

import { say } from "../../words/say.ts";
import type { ConditionNode, GroupNode } from "./draft/conditions.ts";
import { childPath } from "./draft/conditions.ts";
import type { Draft } from "./draft/draft.ts";
import { conditionsIn } from "./draft/draft.ts";
import {
  addCondition,
  duplicateCondition,
  moveCondition,
  removeCondition,
  setMode,
  turnCondition,
} from "./draft/draft_conditions.ts";
import { at } from "./draft/paths.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { RuleFields } from "./rule_fields.tsx";
import { moveKeys, type RowActions, RowButtons } from "../../ui/row_actions.tsx";

/** `owner`: key of the step or case that has the condition, undefined for the flow. `place`: "actions[1].cases[0].if". */
export function ConditionFields({ owner, place, name = say("condition") }: {
  owner: string | undefined;
  place: string;
  name?: string;
}) {
  const { draft, readOnly } = useEditor();
  const node = conditionsIn(draft).get(owner)?.node ?? null;
  return (
    <div className="fl-group">
      {node && <Node node={node} path={place} actions={{ name }} root={place} />}
      {readOnly === null && <ConditionAdders owner={owner} place={place} name={name} />}
    </div>
  );
}

export function ConditionAdders({ owner, place, name }: { owner: string | undefined; place: string; name: string }) {
  const { draft, addAndShow, change } = useEditor();
  const add = (kind: "rule" | "group") => {
    const next = addCondition(draft, undefined, kind, owner);
    const root = rootOf(next, owner);
    if (kind === "rule" && root?.kind === "group") {
      addAndShow(next, at(childPath(root, place, root.children.length - 1), "field"), "nearest");
    } else change(next);
  };
  const of = owner !== undefined && <span className="visually-hidden">{say("to the {name}", { name })}</span>;
  return (
    <div className="row">
      <button type="button" className="btn small" id={adderOf(place)} onClick={() => add("rule")}>
        {say("Add condition")}
        {of}
      </button>
      <button type="button" className="btn small" onClick={() => add("group")}>{say("Add group")}{of}</button>
    </div>
  );
}

function rootOf(draft: Draft, owner: string | undefined): ConditionNode | null | undefined {
  return conditionsIn(draft).get(owner)?.node;
}

function adderOf(place: string): string {
  return `fl-add-condition-${place}`;
}

function Node({ node, path, actions, root }: { node: ConditionNode; path: string; actions: RowActions; root: string }) {
  const { draft, change, readOnly } = useEditor();
  const own: RowActions = {
    ...actions,
    duplicate: () => change(duplicateCondition(draft, node.key)),
    remove: () => {
      change(removeCondition(draft, node.key));
      document.getElementById(adderOf(root))?.focus();
    },
  };
  const turn = readOnly === null && (
    <button
      type="button"
      className="btn plain small"
      aria-pressed={node.kind === "not"}
      onClick={() => change(turnCondition(draft, node.key))}
    >
      {say("Not")}
      <span className="visually-hidden">{say(": turn {name} round", { name: actions.name })}</span>
    </button>
  );
  return (
    <div className={`fl-node ${node.kind}`} data-at={path} tabIndex={-1} onKeyDown={moveKeys(own)}>
      <div className="row">
        {node.kind === "group" && <Mode node={node} />}
        {node.kind === "not" && <b>{say("Not")}</b>}
        <span className="grow" />
        {turn}
        {readOnly === null && <RowButtons {...own} />}
      </div>
      <NodeFaults path={path} />
      {node.kind === "rule" && <RuleFields node={node} path={path} />}
      {node.kind === "not" && (
        <Node
          node={node.child}
          path={at(path, "not")}
          actions={{ name: say("the inside of {name}", { name: actions.name }) }}
          root={root}
        />
      )}
      {node.kind === "group" && <Children group={node} path={path} name={actions.name} root={root} />}
    </div>
  );
}

function Children(
  { group, path, name, root }: { group: GroupNode; path: string; name: string; root: string },
) {
  const { draft, change, readOnly } = useEditor();
  const { children } = group;
  const move = (key: string, by: -1 | 1) => change(moveCondition(draft, key, by));
  return (
    <>
      {children.map((child, index) => (
        <Node
          key={child.key}
          node={child}
          path={childPath(group, path, index)}
          root={root}
          actions={{
            name: `${name} ${index + 1}`,
            ...(index > 0 && { up: () => move(child.key, -1) }),
            ...(index < children.length - 1 && { down: () => move(child.key, 1) }),
          }}
        />
      ))}
      {children.length === 0 && <p className="muted">{say("An empty group matches every event.")}</p>}
      {readOnly === null && path !== root && (
        <div>
          <button type="button" className="btn small" onClick={() => change(addCondition(draft, group.key, "rule"))}>
            {say("Add condition")}
            <span className="visually-hidden">{say("to {name}", { name })}</span>
          </button>
        </div>
      )}
    </>
  );
}

function Mode({ node }: { node: GroupNode }) {
  const { draft, change, readOnly } = useEditor();
  return (
    <select
      aria-label={say("How the conditions of the group go together")}
      value={node.mode}
      disabled={readOnly !== null}
      onChange={({ target }) => change(setMode(draft, node.key, target.value as "all" | "any"))}
    >
      <option value="all">{say("All are met")}</option>
      <option value="any">{say("At least one is met")}</option>
    </select>
  );
}

/** Faults of the node itself; those of a rule's parts stand at their fields. */
function NodeFaults({ path }: { path: string }) {
  const { faults } = useFaults(path);
  return <FaultText faults={faults.filter((fault) => fault.path === path)} id={undefined} />;
}
