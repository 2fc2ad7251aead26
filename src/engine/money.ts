/** Amounts of money as whole cents, which is how Clockify has them, and as people write them. Pure; the console reads by it too. */

/**
 * The cents, as digits, for they may be many. Digits alone are cents, as in data; with a point the amount is written in whole
 * units: `80.50` is 8050. Undefined for anything else, a currency included.
 */
export function readCents(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== "string") return undefined;
  const found = /^(-?)(\d{1,18})(?:\.(\d{1,2}))?$/.exec(value.trim());
  if (!found) return undefined;
  const [, sign, whole, decimals] = found;
  const cents = (whole! + (decimals === undefined ? "" : decimals.padEnd(2, "0"))).replace(/^0+(?=\d)/, "");
  return cents === "0" ? cents : sign + cents;
}

/** `80.50` of 8050 cents. */
export function moneyWords(cents: string): string {
  const digits = cents.replace("-", "").padStart(3, "0");
  return `${cents.startsWith("-") ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
