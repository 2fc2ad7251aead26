/** The grades, what each holds, and what it needs by hand and in flows. */

import type { Grade, GradePolicy, GuardPolicy, Outcome, Way } from "./guard_api.ts";
import { GradeOperations } from "./grade_operations.tsx";
import {
  type Choices,
  GRADE_NAMES,
  GRADE_TONES,
  OUTCOME_NAMES,
  OUTCOMES,
  WAY_NAMES,
  WAY_WORDS,
  WAYS,
} from "./guard_words.ts";
import { Tag } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";

export interface GuardTableProps {
  policy: GuardPolicy;
  choices: Choices;
  hasFlows: boolean;
  readOnly: boolean;
  /** Null: the default. */
  onChoose(way: Way, grade: Grade, outcome: Outcome | null): void;
}

export function GuardTable({ policy, choices, hasFlows, readOnly, onChoose }: GuardTableProps) {
  const ways = hasFlows ? WAYS : WAYS.slice(0, 1);
  return (
    <div className="panel flush">
      <table className="cards guard-table">
        <caption className="visually-hidden">{say("What each grade of request to Clockify needs")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("Grade")}</th>
            {ways.map((way) => <th key={way} scope="col">{WAY_NAMES[way]}</th>)}
          </tr>
        </thead>
        <tbody>
          {policy.grades.map((row) => (
            <tr key={row.grade}>
              <td className="guard-grade">
                <div className="guard-held">
                  <Tag tone={GRADE_TONES[row.grade]}>{GRADE_NAMES[row.grade]}</Tag>
                  <p>{row.about}.</p>
                  <GradeOperations grade={row.grade} count={row.operations} />
                </div>
              </td>
              {ways.map((way) => (
                <td key={way} data-label={WAY_NAMES[way]}>
                  <Rule
                    row={row}
                    way={way}
                    chosen={choices[way][row.grade]}
                    readOnly={readOnly}
                    onChoose={(outcome) => onChoose(way, row.grade, outcome)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** In the place of an outcome. */
const DEFAULT = "";

interface RuleProps {
  row: GradePolicy;
  way: Way;
  chosen: Outcome | null | undefined;
  readOnly: boolean;
  onChoose(outcome: Outcome | null): void;
}

function Rule({ row, way, chosen, readOnly, onChoose }: RuleProps) {
  const { grade, [way]: { outcome, is_default } } = row;
  const shown = chosen === undefined ? outcome : chosen;
  const note = shown !== outcome ? say("not saved") : is_default ? say("default") : say("set here");
  return (
    <div className="guard-rule">
      {readOnly ? <b>{OUTCOME_NAMES[outcome]}</b> : (
        <select
          aria-label={`${GRADE_NAMES[grade]}, ${WAY_WORDS[way]}`}
          value={shown ?? DEFAULT}
          onChange={({ target: { value } }) => onChoose(value === DEFAULT ? null : value as Outcome)}
        >
          {OUTCOMES.map((one) => <option key={one} value={one}>{OUTCOME_NAMES[one]}</option>)}
          {!is_default && <option value={DEFAULT}>{say("Back to the default")}</option>}
        </select>
      )}
      <small className="muted">{note}</small>
    </div>
  );
}
