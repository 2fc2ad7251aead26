/** The body of an answer to a request of ours, as later steps see it. */

import { readJsonText } from "../events/body_reading.ts";
import { bomCharset, charsetOf, decodeText, isJson, isXml, mediaType, xmlCharset } from "../events/content_type.ts";
import { MAX_ANSWER_DEPTH } from "../base/json_depth.ts";
import type { SafeResponse } from "../egress/safe_fetch.ts";

/** JSON where its type says so, else its text in the charset that it states; null of what is neither. */
export function readAnswer({ headers, body }: Pick<SafeResponse, "headers" | "body">): unknown {
  const contentType = headers.get("content-type");
  const type = mediaType(contentType);
  const stated = charsetOf(contentType) ?? (isXml(type) ? xmlCharset(body) : undefined);
  const { text } = decodeText(body, bomCharset(body) ?? stated);
  if (text === undefined) return null;
  const read = isJson(type) ? readJsonText(text, MAX_ANSWER_DEPTH) : undefined;
  return read === undefined || read.isTooDeep ? text : read.value;
}
