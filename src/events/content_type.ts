/** What a content type says of a body: its media type, and the charset that its text is decoded by. */

/** In lower case without parameters; "" where there is none. */
export function mediaType(contentType: string | null): string {
  return (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

export function isJson(type: string): boolean {
  return /[/+]json$/.test(type);
}

export function isXml(type: string): boolean {
  return /[/+]xml$/.test(type);
}

/** A parameter of the header, as in `charset=utf-8` or `boundary="a b"`. */
export function parameterOf(contentType: string | null, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]{1,200})"|([^\\s;"]{1,200}))`, "i").exec(contentType ?? "");
  return found?.[1] ?? found?.[2];
}

export function charsetOf(contentType: string | null): string | undefined {
  return parameterOf(contentType, "charset");
}

/** A byte order mark says more than any header (WHATWG Encoding, "decode"). */
export function bomCharset([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xff && second === 0xfe ? "utf-16le" : undefined;
}

/**
 * The charset of the declaration `<?xml ... encoding="..."?>`, which counts where the header states none (RFC 7303).
 */
export function xmlCharset(body: Uint8Array): string | undefined {
  const start = String.fromCharCode(...body.subarray(0, 200));
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(start)?.[1];
}

/**
 * The text without its byte order mark, in UTF-8 unless a charset is stated. No text where bytes have no meaning in it;
 * `problem` says so, and also that a charset is unknown here, which is then taken for UTF-8.
 */
export function decodeText(body: Uint8Array, charset = "utf-8"): { text?: string; problem?: string } {
  let decoder: TextDecoder;
  let problem: string | undefined;
  try {
    decoder = new TextDecoder(charset, { fatal: true });
  } catch {
    problem = `The charset "${charset.slice(0, 40)}" is not known`;
    decoder = new TextDecoder("utf-8", { fatal: true });
  }
  try {
    return { text: decoder.decode(body), problem };
  } catch {
    return { problem: problem ?? `It is no text in ${decoder.encoding}` };
  }
}
