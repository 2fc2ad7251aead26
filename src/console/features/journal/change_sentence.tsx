/** What a change did, as a sentence with the object's name: "Tag billable deleted". */

import type { Change } from "./api.ts";
import { capital, nameOf, type Names, operationText, verbOf } from "./change_words.ts";

export function ChangeSentence({ change, names }: { change: Change; names: Names }) {
  const name = nameOf(change, names);
  const verb = verbOf(change);
  const isNamed = name !== null || change.entityId !== null;
  const noun = verb === undefined ? `${operationText(change.operationId)}${isNamed ? ":" : ""}` : capital(change.noun);
  return (
    <>
      {noun} {name === null ? change.entityId !== null && <code>{change.entityId}</code> : (
        <b>
          <bdi>{name}</bdi>
        </b>
      )} {verb}
    </>
  );
}
