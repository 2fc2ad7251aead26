/** Who made a change, by which operation, and the changes that belong to it, each as a link. */

import type { ReactNode } from "react";
import { Link } from "wouter";
import { CopyButton } from "../../ui/copy_button.tsx";
import { dataHref } from "../entities/words.ts";
import type { ChangeDetail } from "./api.ts";
import { byText, type Names, personText } from "./change_words.ts";
import { say } from "../../words/say.ts";

export interface ChangeFactsProps {
  change: ChangeDetail;
  names: Names;
  hrefOf(id: string): string;
}

export function ChangeFacts({ change, names, hrefOf }: ChangeFactsProps) {
  const { entityId, undoOf, undoneBy, asUser } = change;
  return (
    <dl className="journal-facts">
      <Fact name={say("By")}>
        <By change={change} names={names} />
        {asUser !== null && (
          <div className="muted">{say("with the rights of {person}", { person: personText(asUser, names) })}</div>
        )}
      </Fact>
      <Fact name={say("Request")}>
        <code>{change.method} {change.operationId}</code>
        {change.httpStatus !== null && (
          <span className="muted">, {say("answered {status}", { status: change.httpStatus })}</span>
        )}
        {change.errorCode !== null && (
          <div>
            <code>{change.errorCode}</code>
          </div>
        )}
      </Fact>
      {entityId !== null && (
        <Fact name={say("Id")}>
          <code>{entityId}</code> <CopyButton text={entityId} label={say("Copy id")} />{" "}
          <Link href={`/journal?entity_type=${change.entityType}&entity_id=${encodeURIComponent(entityId)}`}>
            {say("All changes of it")}
          </Link>{" "}
          <Link href={dataHref(change.entityType, entityId)}>{say("Its timeline")}</Link>
        </Fact>
      )}
      {undoOf !== null && (
        <Fact name={say("Undo of")}>
          <Link href={hrefOf(undoOf)}>{say("change {id}", { id: undoOf })}</Link>
        </Fact>
      )}
      {undoneBy !== null && (
        <Fact name={say("Undone by")}>
          <Link href={hrefOf(undoneBy)}>{say("change {id}", { id: undoneBy })}</Link>
        </Fact>
      )}
    </dl>
  );
}

function By({ change, names }: { change: ChangeDetail; names: Names }) {
  const { origin, flowId, flowName, runId, stepPath } = change;
  const text = <bdi>{byText(change, names)}</bdi>;
  if (origin !== "flow") return text;
  return (
    <>
      {flowName === null ? text : <Link href={`/flows/${flowId}`}>{text}</Link>}
      {runId !== null && (
        <div>
          <Link href={`/runs/${runId}${stepPath === null ? "" : `?step=${encodeURIComponent(stepPath)}`}`}>
            {say("Its run")}
          </Link>
          {stepPath !== null && (
            <span className="muted">, {say("step {step}", { step: stepPath.replace(/^root\//, "") })}</span>
          )}
        </div>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
