/** What an undo would do: the fields it puts back, those that stay, those that others changed, and what does not come back. */

import type { ChangeDetail, PlannedField, UndoPlan } from "./api.ts";
import { nounWord } from "../entities/kinds.ts";
import type { Names } from "./change_words.ts";
import { DifferenceTable } from "./difference_table.tsx";
import { say, sayCount } from "../../words/say.ts";

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
  if (outcome === "impossible") {
    return <p className="alert bad">{say("It cannot be undone: {why}.", { why: reason ?? "" })}</p>;
  }
  if (outcome === "nothing") {
    const why = reason ?? say("it is as it was");
    return <p className="alert info">{say("There is nothing to undo: {why}.", { why })}</p>;
  }
  const of = (...outcomes: PlannedField["outcome"][]) => fields.filter((field) => outcomes.includes(field.outcome));
  const isTaken = all && kind === "restore";
  const conflicts = isTaken ? [] : of("conflict");
  const restored = isTaken ? of("restored", "conflict") : of("restored");
  const kept = of("kept");
  const others = conflicts.length + kept.length;
  const noun = nounWord(change.noun);
  return (
    <>
      {kind === "recreate" && <p>{say("The {noun} is created again, as it was before it was deleted.", { noun })}</p>}
      {kind === "remove" && <p>{say("The {noun} is deleted from Clockify.", { noun })}</p>}
      {kind === "opposite" && <p>{say("The opposite request is sent.")}</p>}
      {kind === "restore" && restored.length > 0 && (
        <>
          <p>
            {outcome === "conflict"
              ? sayCount(
                restored.length,
                "This field would be put back:",
                "These {count} fields would be put back:",
                { count: restored.length },
              )
              : sayCount(restored.length, "This field is put back:", "These {count} fields are put back:", {
                count: restored.length,
              })}
          </p>
          <Rows caption={say("Fields that are put back")} rows={restored} names={names} />
        </>
      )}
      {conflicts.length > 0 && (
        <div className="alert stack">
          <p>
            {kind === "remove"
              ? say("Others changed the {noun} since it was created:", { noun })
              : conflicts.length === 1
              ? say("Others changed this field since, over what the change wrote:")
              : say("Others changed these fields since, over what the change wrote:")}
          </p>
          {kind === "remove"
            ? (
              <DifferenceTable
                caption={say("What others changed")}
                rows={conflicts.map(({ field, before, now }) => ({ field, before, after: now }))}
                names={names}
                columns={[say("As created"), say("Now")]}
              />
            )
            : <Rows caption={say("Fields that others changed over it")} rows={conflicts} names={names} />}
          {!all && <p>{say("Nothing is undone unless the box below is checked.")}</p>}
        </div>
      )}
      {kept.length > 0 && (
        <>
          <p>
            {sayCount(
              kept.length,
              "Others changed {count} other field meanwhile, which stays as now:",
              "Others changed {count} other fields meanwhile, which stay as now:",
              { count: kept.length },
            )}
          </p>
          <Rows
            caption={say("Fields that stay")}
            rows={kept}
            names={names}
            columns={[say("Now, stays"), say("Before the change")]}
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
              ? say("Delete it with what others changed")
              : all
              ? say("Also take back what others changed")
              : sayCount(
                others,
                "Also take back what others changed ({count} field)",
                "Also take back what others changed ({count} fields)",
                { count: others },
              )}
          </span>
        </label>
      )}
      {loses.length > 0 && (
        <div className="stack journal-loses">
          <p>{say("This does not come back:")}</p>
          <ul className="journal-list">
            {loses.map((text) => <li key={text}>{text}</li>)}
          </ul>
        </div>
      )}
      <p className="muted">
        {sayCount(
          plan.calls,
          "{count} request to Clockify. The undo is a change itself: it stands in the journal, and can be undone.",
          "{count} requests to Clockify. The undo is a change itself: it stands in the journal, and can be undone.",
          { count: plan.calls },
        )}
      </p>
    </>
  );
}

function Rows(
  { caption, rows, names, columns = [say("Now"), say("After the undo")], isPlain }: {
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
