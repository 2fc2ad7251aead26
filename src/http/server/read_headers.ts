/** The headers of a request, read once: each look into a Headers costs some 0.7 us, and reading all of them no more. */

/** By name, in lower case; values of a repeated one are joined by commas. */
export type ReadHeaders = ReadonlyMap<string, string>;

export function readHeaders(headers: Headers): ReadHeaders {
  const read = new Map<string, string>();
  headers.forEach((value, name) => void read.set(name, value));
  return read;
}
