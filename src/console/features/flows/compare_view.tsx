/** What differs between two versions of a flow: a sentence for each change, and its JSON where it is asked for. */

import { useQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { say, sayCount } from "../../words/say.ts";
import { type ComparedSide, compareFlow, type FlowComparison } from "./versions_api.ts";

type Change = FlowComparison["changes"][number];

/** Not by colour alone. */
const SIGNS: Readonly<Record<Change["kind"], [sign: string, words: string]>> = {
  added: ["+", say("Added")],
  removed: ["−", say("Removed")],
  changed: ["±", say("Changed")],
  moved: ["↕", say("Moved")],
};

export interface Compared {
  flowId: string;
  from: ComparedSide;
  to: ComparedSide;
  /** Another one once the draft says something else. */
  stamp?: string;
}

export function useChanges({ flowId, from, to, stamp }: Compared, enabled = true) {
  const { api } = useSignedIn();
  return useQuery({
    // Not among the other queries of flows: those are read again when a draft is gone, and this one would miss it.
    queryKey: ["flow-changes", flowId, from, to, stamp],
    queryFn: ({ signal }) => compareFlow(api, flowId, { from, to, signal }),
    staleTime: Infinity,
    enabled,
  });
}

export function CompareView(compared: Compared) {
  const { data, error, refetch } = useChanges(compared);
  if (error) return <Failure error={error} what={say("the changes")} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton lines={2} label={say("Loading the changes")} />;
  if (data.total === 0) return <p className="muted">{say("Nothing that runs is different.")}</p>;
  return (
    <>
      <ul className="fl-diff" aria-label={say("Changes")}>
        {data.changes.map((change, index) => <ChangeLine key={index} change={change} />)}
      </ul>
      {data.total > data.changes.length && (
        <p className="muted">
          {sayCount(data.total - data.changes.length, "And {count} more changes.", "And {count} more changes.", {
            count: data.total - data.changes.length,
          })}
        </p>
      )}
    </>
  );
}

function ChangeLine({ change: { kind, words, before, after } }: { change: Change }) {
  const [sign, said] = SIGNS[kind];
  return (
    <li className={kind}>
      <span aria-hidden="true">{sign}</span>
      <div>
        <span className="visually-hidden">{said}:</span> <bdi>{words}</bdi>
        <details className="fl-more">
          <summary>JSON</summary>
          {before !== null && <Part title={say("Before")} value={before} />}
          {after !== null && <Part title={say("After")} value={after} />}
        </details>
      </div>
    </li>
  );
}

function Part({ title, value }: { title: string; value: unknown }) {
  return (
    <>
      <span className="muted fl-label">{title}</span>
      <pre className="fl-pre mono" tabIndex={0} aria-label={title}><bdi>{JSON.stringify(value, null, 2)}</bdi></pre>
    </>
  );
}
