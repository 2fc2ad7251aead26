/** Decimal numbers compared digit by digit, so that long ones lose no precision. */

/** A sign, the digits before the point without leading zeros, and those after it without trailing ones. */
export interface Decimal {
  /** True below zero. */
  negative: boolean;
  /** Before the point. */
  whole: string;
  /** After it; empty for a whole number. */
  fraction: string;
}

/** Texts that are numbers as JSON writes them without an exponent: `12.50` and an id of 20 digits are, `007` and `1e5` are not. */
const WRITTEN = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;
/** The widest number of JSON, written out, has 327 signs. */
const MAX_LENGTH = 400;

/** What a finite number is or a text spells, else undefined. */
export function decimalOf(value: unknown): Decimal | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? decimalOf(plainText(value)) : undefined;
  if (typeof value !== "string" || value.length > MAX_LENGTH) return undefined;
  const found = WRITTEN.exec(value);
  if (!found) return undefined;
  const [, sign, written, decimals = ""] = found;
  const whole = written === "0" ? "" : written!;
  const fraction = decimals.replace(/0+$/, "");
  return { negative: sign === "-" && whole + fraction !== "", whole, fraction };
}

/** Less than 0, 0 or more than 0. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  const size = sizeOrder(a, b);
  return a.negative ? 0 - size : size;
}

function sizeOrder(a: Decimal, b: Decimal): number {
  if (a.whole.length !== b.whole.length) return a.whole.length - b.whole.length;
  // Of equal lengths the digits order as texts do; of fractions the shorter one continues with zeros, which come first
  // too.
  const [left, right] = a.whole === b.whole ? [a.fraction, b.fraction] : [a.whole, b.whole];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The shortest digits that give the number, without an exponent: `1e-7` is `0.0000001`. */
function plainText(value: number): string {
  const text = String(value);
  const [mantissa, exponent] = text.split("e");
  if (exponent === undefined) return text;
  const sign = mantissa!.startsWith("-") ? "-" : "";
  const [whole, decimals = ""] = mantissa!.replace("-", "").split(".") as [string, string?];
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${"0".repeat(-shift - 1)}${whole}${decimals}`;
  return `${sign}${whole}${decimals.padEnd(shift, "0")}`;
}
