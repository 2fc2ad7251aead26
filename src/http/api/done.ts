/** GET /ui/done: what flows did in Clockify since an instant, and how much of it can be undone. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { DONE_VERBS, type DoneStore } from "../../overview/done.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { time } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant } from "./schemas.ts";

export interface DoneRoutesDeps extends AuthDeps {
  done: DoneStore;
  clock: Clock;
}

const DAY_MS = 86_400_000;
const MAX_DAYS = 7;

const getDone = defineRoute({
  method: "get",
  path: "/ui/done",
  tag: "Workspace",
  summary: "What flows did in Clockify since a time",
  who: "member",
  costly: true,
  query: z.object({ from: time(`Absent: a day ago; ${MAX_DAYS} days ago at the earliest, whatever is named`) }),
  answer: {
    status: 200,
    about: "Writes that Clockify confirmed, by what was written, the most frequent first",
    schema: z.object({
      from: instant,
      done: z.array(
        z.object({
          entity_type: z.string(),
          verb: z.enum(DONE_VERBS).meta({ description: "tagged: nothing but the tags was changed" }),
          count: z.int(),
        }).meta({ id: "DoneCount" }),
      ),
      undoable: z.int().meta({ description: "Changes since then, by whom ever, that an undo could take back" }),
      is_part: z.boolean().meta({ description: "There are more than the 20,000 that are counted, the newest" }),
    }),
    example: {
      from: "2026-11-21T00:00:00.000Z",
      done: [{ entity_type: "time_entry", verb: "tagged" as const, count: 41 }],
      undoable: 47,
      is_part: false,
    },
  },
});
export const doneRoutes = [getDone];

export function mountDone(app: Hono<AppEnv>, deps: DoneRoutesDeps) {
  mount(app, deps, getDone, async ({ login, query: { from } }) => {
    const nowMs = deps.clock.now();
    const since = new Date(Math.max(from?.getTime() ?? nowMs - DAY_MS, nowMs - MAX_DAYS * DAY_MS));
    const { counts, undoable, isPart } = await deps.costly.run(
      readerOf(login),
      () => deps.done.done(login.installation.id, since),
    );
    return {
      from: since.toISOString(),
      done: counts.map(({ entityType, verb, count }) => ({ entity_type: entityType, verb, count })),
      undoable,
      is_part: isPart,
    };
  });
}
