/** What the routes of all resources do alike: who changes one, finding one by the id in its path, and the answer to its deletion. */

import type { Context } from "hono";
import { z } from "zod";
import type { By } from "../../access/by.ts";
import type { Home } from "../../access/home.ts";
import type { AppError } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import { instant } from "../api/schemas.ts";
import type { AppEnv } from "../server/app_env.ts";
import { idFrom } from "./ids.ts";

/** Who changes something by this request. */
export function byOf({ env }: Pick<Context<AppEnv>, "env">, { name }: { name: string }): By {
  return { actor: name, requestId: env.requestId };
}

/** What is answered, with its revision as ETag for If-Match; `madeBelow`: the path of its kind, where it was made just now. */
export function tagged<One extends { id: string; revision: number }>(
  c: Context<AppEnv>,
  one: One,
  madeBelow?: string,
): One {
  if (madeBelow !== undefined) c.header("location", `${madeBelow}/${one.id}`);
  c.header("etag", `"${one.revision}"`);
  return one;
}

/** Finds by the text of a path. The function throws `unknown`, also for a text that is no id. */
export function finderOf<Found>(
  { home, find, unknown }: {
    home(): Promise<Home>;
    find(installationId: number, id: string): Promise<Found | undefined>;
    unknown(id: string): AppError;
  },
): (text: string) => Promise<Found> {
  return async (text) => {
    const id = idFrom(text, unknown);
    const found = await find((await home()).installationId, id);
    if (!found) throw unknown(id);
    return found;
  };
}

/** `id`: name of the schema. */
export function deletedSchema<Data extends z.ZodType>(data: Data, id: string) {
  return z.object({ message: z.string(), timestamp: instant, data }).meta({ id });
}

/** `what`: as in `Agent "a"`. */
export function deletedJson<Data>(clock: Clock, what: string, data: Data) {
  return { message: `${what} is deleted`, timestamp: new Date(clock.now()).toISOString(), data };
}
