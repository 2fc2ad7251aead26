/** How many operations a grade holds, and which: the list is read once it is opened. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { say, sayCount } from "../../words/say.ts";
import { getOperationsByGrade, type Grade } from "./guard_api.ts";
import { GRADE_NAMES, shortPath } from "./guard_words.ts";

export function GradeOperations({ grade, count }: { grade: Grade; count: number }) {
  const { number } = useFormat();
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {sayCount(count, "{count} operation", "{count} operations", { count: number(count) })}{" "}
        <span className="visually-hidden">{say("of the grade {grade}", { grade: GRADE_NAMES[grade] })}</span>
      </summary>
      {isOpen && <OperationList grade={grade} />}
    </details>
  );
}

function OperationList({ grade }: { grade: Grade }) {
  const { api } = useSignedIn();
  const { data, error, refetch } = useQuery({
    queryKey: ["guard", "operations"],
    queryFn: ({ signal }) => getOperationsByGrade(api, signal),
    staleTime: Infinity,
  });
  if (error && !data) return <Failure error={error} what={say("the operations")} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton lines={3} label={say("Loading the operations")} />;
  return (
    <ul
      className="guard-operations"
      tabIndex={0}
      aria-label={say("Operations of the grade {grade}", { grade: GRADE_NAMES[grade] })}
    >
      {(data.get(grade) ?? []).map(({ key, summary }) => (
        <li key={key}>
          {summary} <code className="muted" title={key}>{shortPath(key)}</code>
        </li>
      ))}
    </ul>
  );
}
