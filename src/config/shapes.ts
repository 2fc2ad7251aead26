/** The shapes that environment variables come in, each with its words for a fault and its default. */

import { z } from "zod";
import { toAppError } from "../base/errors.ts";

export interface Variable {
  /** One sentence for people: what it does, with its unit. */
  about?: string;
  schema: z.ZodType;
  /** Shape in words, for a fault: "a port from 0 to 65535". */
  shape: string;
  /** Taken when unset. */
  fallback?: string;
  aliases?: readonly string[];
  secret?: boolean;
}

const whole = (min: number, max: number) =>
  z.string().regex(/^-?\d{1,12}$/).transform(Number).pipe(z.number().min(min).max(max));
export const number = (
  fallback: number | undefined,
  { min, max, unit }: { min: number; max: number; unit: string },
): Variable => ({
  schema: whole(min, max),
  shape: `${unit} from ${min} to ${max}`,
  fallback: fallback === undefined ? undefined : String(fallback),
});
export const port = (fallback: number | undefined, aliases: string[] = []): Variable => ({
  ...number(fallback, { min: 0, max: 65_535, unit: "a port (0: any free one)" }),
  aliases,
});
export const flag = (fallback: boolean): Variable => ({
  schema: z.string().toLowerCase().pipe(z.enum(["true", "false", "1", "0"])).transform((text) =>
    text === "true" || text === "1"
  ),
  shape: "true or false",
  fallback: String(fallback),
});
export const url = (aliases: string[] = []): Variable => ({
  schema: z.string().refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? "")).transform((text) =>
    text.replace(/\/+$/, "")
  ),
  shape: "an address such as https://timewire.example.com",
  aliases,
});
export const database = (aliases: string[] = []): Variable => ({
  schema: z.string().transform((text) => text.replace(/^postgresql\+asyncpg:/, "postgresql:"))
    .refine((text) => /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? "")),
  shape:
    "a PostgreSQL address such as postgresql://user:password@host:5432/timewire (SQLite is not supported: leave it unset for the embedded database)",
  aliases,
  secret: true,
});
export const text = (fallback?: string, shape = "text", aliases: string[] = []): Variable => ({
  schema: z.string().min(1),
  shape,
  fallback,
  aliases,
});
export const oneOf = <const T extends readonly [string, ...string[]]>(
  values: T,
  fallback: T[number],
  normalise: (text: string) => string = (text) => text.toLowerCase(),
): Variable => ({
  schema: z.string().transform(normalise).pipe(z.enum(values)),
  shape: `one of ${values.join(", ")}`,
  fallback,
});
/** Text that `check` takes; what it throws becomes the fault. */
export const checked = (check: (text: string) => unknown, variable: Variable): Variable => ({
  ...variable,
  schema: z.string().superRefine((text, context) => {
    try {
      check(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: toAppError(error).message });
    }
  }),
});
export const addonKey = (): Variable => ({
  schema: z.string().min(2).max(50),
  shape: "the manifest key, 2 to 50 characters",
});

/** Seconds, fractions allowed; read as milliseconds. */
export const seconds = (fallback: string, max: number): Variable => ({
  schema: z.string().regex(/^\d{1,6}(\.\d{1,3})?$/).transform((text) => Math.round(Number(text) * 1_000))
    .pipe(z.number().min(1).max(max * 1_000)),
  shape: `seconds up to ${max}, as in ${fallback}`,
  fallback,
});

/** The variable with the sentence that the reference shows. */
export const say = <V extends Variable>(about: string, variable: V): V => ({ ...variable, about });
