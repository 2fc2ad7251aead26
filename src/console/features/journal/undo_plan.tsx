/** What an undo would do: the fields it puts back, those that stay, those that others changed, and what does not come back. */

import type { ChangeDetail, PlannedField, UndoPlan } from "./api.ts";
import { countText, type Names } from "./change_words.ts";
import { DifferenceTable } from "./difference_table.tsx";

export interface PlanViewProps {
  plan: UndoPlan;
  change: ChangeDetail;
  names: Names;
  /** Whether what others changed is undone too. */
  all: boolean;
  onAll(all: boolean): void;
}

export function PlanView({ plan, change, names, all, onAll }: PlanViewProps) {
  const { outcome, kind, reason, fields, loses } = plan;
  if (outcome === "impossible") return <p className="alert bad">It cannot be undone: {reason}.</p>;
  if (outcome === "nothing") {
    return <p className="alert info">There is nothing to undo: {reason ?? "it is as it was"}.</p>;
  }
  const of = (...outcomes: PlannedField["outcome"][]) => fields.filter((field) => outcomes.includes(field.outcome));
  const isTaken = all && kind === "restore";
  const conflicts = isTaken ? [] : of("conflict");
  const restored = isTaken ? of("restored", "conflict") : of("restored");
  const kept = of("kept");
  return (
    <>
      {kind === "recreate" && <p>The {change.noun} is created again, as it was before it was deleted.</p>}
      {kind === "remove" && <p>The {change.noun} is deleted from Clockify.</p>}
      {kind === "opposite" && <p>The opposite request is sent.</p>}
      {kind === "restore" && restored.length > 0 && (
        <>
          <p>
            {restored.length === 1 ? "This field" : `These ${restored.length} fields`}{" "}
            {outcome === "conflict" ? "would be" : restored.length === 1 ? "is" : "are"} put back:
          </p>
          <Rows caption="Fields that are put back" rows={restored} names={names} />
        </>
      )}
      {conflicts.length > 0 && (
        <div className="alert stack">
          <p>
            {kind === "remove"
              ? `Others changed the ${change.noun} since it was created:`
              : `Others changed ${
                conflicts.length === 1 ? "this field" : "these fields"
              } since, over what the change wrote:`}
          </p>
          {kind === "remove"
            ? (
              <DifferenceTable
                caption="What others changed"
                rows={conflicts.map(({ field, before, now }) => ({ field, before, after: now }))}
                names={names}
                columns={["As created", "Now"]}
              />
            )
            : <Rows caption="Fields that others changed over it" rows={conflicts} names={names} />}
          {!all && <p>Nothing is undone unless the box below is checked.</p>}
        </div>
      )}
      {kept.length > 0 && (
        <>
          <p>
            Others changed {countText(kept.length, "other field")} meanwhile, which{" "}
            {kept.length === 1 ? "stays" : "stay"} as now:
          </p>
          <Rows
            caption="Fields that stay"
            rows={kept}
            names={names}
            columns={["Now, stays", "Before the change"]}
            isPlain
          />
        </>
      )}
      {(conflicts.length > 0 || kept.length > 0 || all) && (
        <label className="row">
          <input
            type="checkbox"
            checked={all}
            onChange={({ target }) => onAll(target.checked)}
          />
          <span>
            {kind === "remove"
              ? "Delete it with what others changed"
              : `Also take back what others changed${
                all ? "" : ` (${countText(conflicts.length + kept.length, "field")})`
              }`}
          </span>
        </label>
      )}
      {loses.length > 0 && (
        <div className="stack journal-loses">
          <p>This does not come back:</p>
          <ul className="journal-list">
            {loses.map((text) => <li key={text}>{text}</li>)}
          </ul>
        </div>
      )}
      <p className="muted">
        {countText(plan.calls, "request")}{" "}
        to Clockify. The undo is a change itself: it stands in the journal, and can be undone.
      </p>
    </>
  );
}

function Rows(
  { caption, rows, names, columns = ["Now", "After the undo"], isPlain }: {
    caption: string;
    rows: readonly PlannedField[];
    names: Names;
    columns?: readonly [string, string];
    isPlain?: boolean;
  },
) {
  const shown = rows.map(({ field, now, before }) => ({ field, before: now, after: before }));
  return <DifferenceTable caption={caption} rows={shown} names={names} columns={columns} isPlain={isPlain} />;
}
