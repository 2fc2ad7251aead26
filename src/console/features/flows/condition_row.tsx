/** "If": the conditions as nested groups and rules. */

import { useEffect, useRef } from "react";
import type { ConditionNode, GroupNode } from "./draft/conditions.ts";
import { childPath } from "./draft/conditions.ts";
import {
  addCondition,
  duplicateCondition,
  moveCondition,
  removeCondition,
  setMode,
  turnCondition,
} from "./draft/draft.ts";
import { at } from "./draft/paths.ts";
import { Tag } from "../../ui/tag.tsx";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { addAndShow } from "./fault_list.tsx";
import { RuleFields } from "./rule_fields.tsx";
import { moveKeys, type RowActions, RowButtons, StepFrame } from "./step_frame.tsx";

export function ConditionRow() {
  const { draft, change, dryRun, readOnly } = useEditor();
  const { condition } = draft;
  const matched = condition === null ? undefined : dryRun?.matched ?? undefined;
  const note = matched === undefined
    ? undefined
    : <Tag tone={matched ? "ok" : "idle"}>{matched ? "matches the sample" : "does not match the sample"}</Tag>;
  const add = (kind: "rule" | "group") => {
    const next = addCondition(draft, undefined, kind);
    const { condition: root } = next;
    if (kind === "rule" && root?.kind === "group") {
      addAndShow(() => change(next), at(childPath(root, "conditions", root.children.length - 1), "field"));
    } else change(next);
  };
  return (
    <StepFrame
      mark="If"
      place="conditions"
      title={condition ? "If these conditions are met" : "No conditions: every event matches"}
      note={note}
    >
      {condition && <Node node={condition} path="conditions" actions={{ name: "condition" }} />}
      {readOnly === null && (
        <div className="row">
          <button type="button" className="btn small" id="fl-add-condition" onClick={() => add("rule")}>
            Add condition
          </button>
          <button type="button" className="btn small" onClick={() => add("group")}>Add group</button>
        </div>
      )}
    </StepFrame>
  );
}

function Node({ node, path, actions }: { node: ConditionNode; path: string; actions: RowActions }) {
  const { draft, change, readOnly } = useEditor();
  const own: RowActions = {
    ...actions,
    duplicate: () => change(duplicateCondition(draft, node.key)),
    remove: () => {
      change(removeCondition(draft, node.key));
      document.getElementById("fl-add-condition")?.focus();
    },
  };
  const turn = readOnly === null && (
    <button
      type="button"
      className="btn plain small"
      aria-pressed={node.kind === "not"}
      onClick={() => change(turnCondition(draft, node.key))}
    >
      Not<span className="visually-hidden">: turn {actions.name} round</span>
    </button>
  );
  return (
    <div className={`fl-node ${node.kind}`} data-at={path} tabIndex={-1} onKeyDown={moveKeys(own)}>
      <div className="row">
        {node.kind === "group" && <Mode node={node} />}
        {node.kind === "not" && <b>Not</b>}
        <span className="grow" />
        {turn}
        <RowButtons {...own} />
      </div>
      <NodeFaults path={path} />
      {node.kind === "rule" && <RuleFields node={node} path={path} />}
      {node.kind === "not" && (
        <Node node={node.child} path={at(path, "not")} actions={{ name: `the inside of ${actions.name}` }} />
      )}
      {node.kind === "group" && <Children group={node} path={path} name={actions.name} />}
    </div>
  );
}

function Children({ group, path, name }: { group: GroupNode; path: string; name: string }) {
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
          actions={{
            name: `${name} ${index + 1}`,
            ...(index > 0 && { up: () => move(child.key, -1) }),
            ...(index < children.length - 1 && { down: () => move(child.key, 1) }),
          }}
        />
      ))}
      {children.length === 0 && <p className="muted">An empty group matches every event.</p>}
      {readOnly === null && group.key !== draft.condition?.key && (
        <div>
          <button type="button" className="btn small" onClick={() => change(addCondition(draft, group.key, "rule"))}>
            Add condition<span className="visually-hidden">to {name}</span>
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
      aria-label="How the conditions of the group go together"
      value={node.mode}
      disabled={readOnly !== null}
      onChange={({ target }) => change(setMode(draft, node.key, target.value as "all" | "any"))}
    >
      <option value="all">All are met</option>
      <option value="any">At least one is met</option>
    </select>
  );
}

/** Faults of the node itself; those of a rule's parts stand at their fields. */
function NodeFaults({ path }: { path: string }) {
  const { faults } = useFaults(path);
  return <FaultText faults={faults.filter((fault) => fault.path === path)} id={undefined} />;
}

/** Keeps the focus when rows are reordered: the browser drops it from elements that move in the page. */
export function useKeptFocus(signal: unknown) {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const remember = ({ target }: FocusEvent) => last.current = target as Element;
    addEventListener("focusin", remember);
    return () => removeEventListener("focusin", remember);
  }, []);
  useEffect(() => {
    // After the current event: a change made on blur comes while the focus is moving to the next field.
    const timer = setTimeout(() => {
      if (document.activeElement === document.body && last.current?.isConnected) (last.current as HTMLElement).focus();
    });
    return () => clearTimeout(timer);
  }, [signal]);
}
