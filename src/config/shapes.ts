/** The shapes that environment variables come in, each with its words for a fault and its default. */

import { z } from "zod";
import { toAppError } from "../base/errors.ts";
import { readAddress } from "../db/address.ts";

export interface Variable<Value = unknown, Fallback extends string | undefined = string | undefined> {
  /** One sentence for people: what it does, with its unit. */
  about?: string;
  schema: z.ZodType<Value>;
  /** Shape in words, for a fault: "a port from 0 to 65535". */
  shape: string;
  /** Of a number. */
  unit?: string;
  /** Taken when unset. */
  fallback: Fallback;
  aliases?: readonly string[];
  secret?: boolean;
}

/** What it is read as; undefined only where it is unset and has no fallback. */
export type ValueOf<V extends Variable> = z.output<V["schema"]> | (V["fallback"] extends string ? never : undefined);

/** The text of a fallback that may be absent. */
type TextOf<Fallback> = Fallback extends undefined ? undefined : string;

const whole = (min: number, max: number) =>
  z.string().regex(/^-?\d{1,12}$/).transform(Number).pipe(z.number().min(min).max(max));
export const number = <const Fallback extends number | undefined>(
  fallback: Fallback,
  { min, max, unit }: { min: number; max: number; unit: string },
): Variable<number, TextOf<Fallback>> => ({
  schema: whole(min, max),
  shape: `${unit} from ${min} to ${max}`,
  unit,
  fallback: (fallback === undefined ? undefined : String(fallback)) as TextOf<Fallback>,
});
export const port = <const Fallback extends number | undefined>(fallback: Fallback, aliases: string[] = []) => ({
  ...number(fallback, { min: 0, max: 65_535, unit: "a port (0: any free one)" }),
  aliases,
});
export const flag = (fallback: boolean): Variable<boolean, string> => ({
  schema: z.string().toLowerCase().pipe(z.enum(["true", "false", "1", "0"])).transform((text) =>
    text === "true" || text === "1"
  ),
  shape: "true or false",
  fallback: String(fallback),
});
export const url = (aliases: string[] = []): Variable<string, undefined> => ({
  schema: z.string().refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? "")).transform((text) =>
    text.replace(/\/+$/, "")
  ),
  shape: "an address such as https://timewire.example.com",
  fallback: undefined,
  aliases,
});
/** Other schemes get the shape's own words. */
function checkAddress(text: string, context: z.RefinementCtx): void {
  try {
    readAddress(text);
  } catch (error) {
    const ofOurScheme = /^postgres(ql)?:/.test(text);
    context.addIssue({ code: "custom", message: ofOurScheme ? toAppError(error).message : "" });
  }
}

export const database = (aliases: string[] = []): Variable<string, undefined> => ({
  schema: z.string().transform((text) => text.replace(/^postgresql\+asyncpg:/, "postgresql:")).superRefine(
    checkAddress,
  ),
  shape:
    "a PostgreSQL address such as postgresql://user:password@host:5432/timewire (SQLite is not supported: leave it unset for the embedded database)",
  fallback: undefined,
  aliases,
  secret: true,
});
export const text = <const Fallback extends string | undefined>(
  fallback: Fallback,
  shape = "text",
  aliases: string[] = [],
): Variable<string, Fallback> => ({
  schema: z.string().min(1),
  shape,
  fallback,
  aliases,
});
export const oneOf = <const T extends readonly [string, ...string[]]>(
  values: T,
  fallback: T[number],
  normalise: (text: string) => string = (text) => text.toLowerCase(),
): Variable<T[number], string> => ({
  schema: z.string().transform(normalise).pipe(z.enum(values)) as z.ZodType<T[number]>,
  shape: `one of ${values.join(", ")}`,
  fallback,
});
/** Text that `check` takes; what it throws becomes the fault. */
export const checked = <Fallback extends string | undefined>(
  check: (text: string) => unknown,
  variable: Variable<string, Fallback>,
): Variable<string, Fallback> => ({
  ...variable,
  schema: z.string().superRefine((text, context) => {
    try {
      check(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: toAppError(error).message });
    }
  }),
});
export const addonKey = (): Variable<string, undefined> => ({
  schema: z.string().min(2).max(50),
  shape: "the manifest key, 2 to 50 characters",
  fallback: undefined,
});

/** Seconds, fractions allowed; read as milliseconds. */
export const seconds = (fallback: string, max: number): Variable<number, string> => ({
  schema: z.string().regex(/^\d{1,6}(\.\d{1,3})?$/).transform((text) => Math.round(Number(text) * 1_000))
    .pipe(z.number().min(1).max(max * 1_000)),
  shape: `seconds up to ${max}, as in ${fallback}`,
  fallback,
});

/** Of a whole, from 0 to 1. */
export const share = (fallback: string): Variable<number, string> => ({
  schema: z.string().regex(/^\d(\.\d{1,6})?$/).transform(Number).pipe(z.number().min(0).max(1)),
  shape: `a number from 0 to 1, as in ${fallback}`,
  fallback,
});

/** The variable with the sentence that the reference shows. */
export const say = <V extends Variable>(about: string, variable: V): V => ({ ...variable, about });

/** The parts of a list with commas, without blanks around them. */
export const names = z.string().transform((list) =>
  list.split(",").map((one) => one.trim()).filter((one) => one !== "")
);
