/** GET /ui/doctor: what an operator looks at when something does not work, and what to do. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { type Check, CHECK_AREAS, CHECK_STATES } from "../../doctor/check.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";

export interface DoctorRoutesDeps extends AuthDeps {
  /** Looks at the add-on, its database and this process. */
  examine(): Promise<Check[]>;
  version: string;
  clock: Clock;
}

/** Whoever asks meanwhile gets the same answer: a look asks other hosts, and reads the catalogue of the database. */
const KEPT_MS = 5_000;

export const check = z.object({
  area: z.enum(CHECK_AREAS),
  about: z.string().meta({ description: "Which one of its kind, as a database by its host and name" }),
  state: z.enum(CHECK_STATES),
  detail: z.string(),
  remedy: z.string().optional().meta({ description: "What to do" }),
}).meta({ id: "Check" });

const getDoctor = defineRoute({
  method: "get",
  path: "/ui/doctor",
  tag: "Operators",
  summary: "Checks of the program, the database and the add-on, each with what to do",
  about:
    `It asks the public address and Clockify's hosts, so it may take some seconds; an answer is kept for ${
      KEPT_MS / 1_000
    } s. ` +
    "No secret is in it.",
  who: "operator",
  answer: {
    status: 200,
    about: "What was found",
    schema: z.object({ version: z.string(), checks: z.array(check) }),
    example: {
      version: "0.1.0",
      checks: [{ area: "clock", about: "db:5432/timewire", state: "ok", detail: "The database's clock is 3 ms apart" }],
    },
  },
});
export const doctorRoutes = [getDoctor];

export function mountDoctor(app: Hono<AppEnv>, { examine, version, clock, ...deps }: DoctorRoutesDeps) {
  let last: { checks: Promise<Check[]>; untilMs: number } | undefined;
  mount(app, deps, getDoctor, async () => {
    if (!last || last.untilMs <= clock.monotonicMs()) {
      last = { checks: examine(), untilMs: clock.monotonicMs() + KEPT_MS };
    }
    return { version, checks: await last.checks };
  });
}
