/** What our own calls that changed Clockify say of a named entity, for the cache. */

import type { Action } from "../engine/action.ts";
import type { ReadList } from "./bootstrap/lists.ts";
import { type Catalogue, operationKey, shapeOf } from "../clockify/operations.ts";
import { toAppError } from "../base/errors.ts";
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

/** The action "clockify", with what its writes teach noted beside the run: the step waits for nothing. */
export function learnFromWrites(
  action: Action,
  { catalogue, lists, learn }: { catalogue: Catalogue; lists: readonly ReadList[] } & Pick<Learner, "learn">,
): Action {
  const teachers = teachersOf(lists);
  return {
    ...action,
    run: async (call) => {
      const result = await action.run(call);
      if (result.outcome !== "done") return result;
      const input = call.input as { operation_id?: unknown; path_params?: Record<string, unknown> | null };
      const operation = find(catalogue, input.operation_id);
      const teach = operation && teachers.get(shapeOf(operationKey(operation)));
      const { operationId = "", pathParams = [] } = operation ?? {};
      const id = input.path_params?.[pathParams.at(-1) ?? ""];
      const lesson = teach?.({ operationId, id, data: result.output });
      if (lesson) learn(call.tenant.installationId, [lesson]);
      return result;
    },
  };
}

function find(catalogue: Catalogue, name: unknown) {
  try {
    return typeof name === "string" ? catalogue.find(name) : undefined;
  } catch (error) {
    // A name of several operations: the action has refused it already.
    if (toAppError(error).code === "OPERATION_UNKNOWN") return undefined;
    throw error;
  }
}
