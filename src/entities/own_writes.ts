/** What our own calls that changed Clockify say of a named entity, for the cache. */

import type { ChangeRecorder } from "../changes/recorder.ts";
import type { ReadList } from "./bootstrap/lists.ts";
import { operationKey, shapeOf } from "../clockify/operations.ts";
import type { Learner } from "./learner.ts";
import { type Lesson, lessonOf } from "./lessons.ts";

/** Types whose writes answer with the entity as its list has it. */
const WRITTEN: ReadonlySet<string> = new Set(["client", "project", "task", "tag", "user_group", "expense_category"]);

type Teach = (answer: { operationId: string; id: unknown; data: unknown }) => Lesson | undefined;

/** By shape of `METHOD /path`. */
function teachersOf(lists: readonly ReadList[]): ReadonlyMap<string, Teach> {
  return new Map(
    lists.filter(({ entityType }) => WRITTEN.has(entityType)).flatMap(({ entityType, operation }) => {
      const whole: Teach = ({ operationId, data }) => {
        const body = data as Record<string, unknown> | null;
        if (typeof body !== "object" || body === null) return undefined;
        return lessonOf({ entityType, kind: "whole", source: operationId, id: body.id, body });
      };
      // Some answers to a change of one entity are about another.
      const same: Teach = (answer) =>
        (answer.data as { id?: unknown } | null)?.id === answer.id ? whole(answer) : undefined;
      const gone: Teach = ({ operationId, id }) =>
        lessonOf({ entityType, kind: "gone", source: operationId, id, body: { id } });
      const one = `${operation.path}/{id}`;
      return [
        [shapeOf(`POST ${operation.path}`), whole],
        [shapeOf(`PUT ${one}`), same],
        [shapeOf(`PATCH ${one}`), same],
        [shapeOf(`DELETE ${one}`), gone],
      ] as const;
    }),
  );
}

/** The recorder of writes, with what each one that was made teaches noted beside it: who writes waits for nothing. */
export function learnFromWrites(
  recorder: ChangeRecorder,
  { lists, learn }: { lists: readonly ReadList[] } & Pick<Learner, "learn">,
): ChangeRecorder {
  const teachers = teachersOf(lists);
  return {
    write: async (write, send) => {
      const answer = await recorder.write(write, send);
      if (answer.kind !== "ok") return answer;
      const { operation, pathParams, installation } = write;
      const teach = teachers.get(shapeOf(operationKey(operation)));
      const id = pathParams[operation.pathParams.at(-1) ?? ""];
      const lesson = teach?.({ operationId: operation.operationId, id, data: answer.data });
      if (lesson) learn(installation.id, [lesson]);
      return answer;
    },
  };
}
