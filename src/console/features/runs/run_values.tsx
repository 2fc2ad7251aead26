/** What a run was begun with, where that is no event, and what it gave. */

import { useMemo } from "react";
import { JsonTree } from "../../ui/json_tree.tsx";
import { useNamed } from "../entities/use_named.ts";
import type { RunDetail } from "./api.ts";
import { say } from "../../words/say.ts";

export function RunValues({ run: { input, output } }: { run: RunDetail }) {
  const nameOf = useNamed(useMemo(() => [input?.value, output?.value], [input, output]));
  const values = [
    { title: say("Input of the run"), root: "$.webhook", shown: input },
    { title: say("Output of the run"), root: undefined, shown: output },
  ];
  return (
    <>
      {values.map(({ title, root, shown }) =>
        shown && (
          <section key={title} className="panel stack" aria-label={title}>
            <h2>{title}</h2>
            {shown.isCut && <p className="muted">{say("Only the beginning is shown. The run uses the whole.")}</p>}
            <JsonTree value={shown.value} label={title} root={root} nameOf={nameOf} />
          </section>
        )
      )}
    </>
  );
}
