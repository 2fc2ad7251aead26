/** Objects by name, as JSON has them: a name that JavaScript takes for something else is refused instead of being dropped. */

import { z } from "zod";

/** As z.record(), which leaves "__proto__" out without a word. */
export function ownRecord<Key extends z.ZodType<string, string>, Value extends z.ZodType>(key: Key, value: Value) {
  return z.preprocess((given, ctx) => {
    if (typeof given === "object" && given !== null && Object.hasOwn(given, "__proto__")) {
      ctx.addIssue({ code: "custom", path: ["__proto__"], message: "is no name that can be used" });
    }
    return given;
  }, z.record(key, value));
}
