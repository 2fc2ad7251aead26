/** What a change did, as a sentence with the object's name: "Tag billable deleted". */

import type { Change } from "./api.ts";
import { capital, nounWord } from "../entities/kinds.ts";
import { nameOf, type Names, operationText, verbOf } from "./change_words.ts";
import { Say } from "../../words/say_parts.tsx";

export function ChangeSentence({ change, names }: { change: Change; names: Names }) {
  const name = nameOf(change, names);
  const verb = verbOf(change);
  const isNamed = name !== null || change.entityId !== null;
  const shown = name === null ? change.entityId !== null && <code>{change.entityId}</code> : (
    <b>
      <bdi>{name}</bdi>
    </b>
  );
  if (verb === undefined) return <>{operationText(change.operationId)}{isNamed && ":"} {shown}</>;
  return <Say text="{noun} {name} {verb}" values={{ noun: capital(nounWord(change.noun)), name: shown, verb }} />;
}
