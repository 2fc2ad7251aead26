/** Form uploads (RFC 7578) for the three operations of Clockify that take one. */

import { Buffer } from "node:buffer";
import { z } from "zod";
import { AppError } from "../base/errors.ts";
import type { Operation } from "./operations.ts";

/** How a flow writes a file: its bytes as base64. */
const fileSchema = z.object({
  name: z.string().min(1).max(255),
  contentType: z.string().regex(/^[\w.+-]+\/[\w.+-]+$/).default("application/octet-stream"),
  base64: z.base64(),
});

/**
 * Encodes the body's top-level fields as form parts: plain values as text, a list of them as one part each (OpenAPI 3, 4.8.15
 * encoding by content type), other values as JSON, and fields of type "binary" from `{name, contentType, base64}`. Absent ones are left out. Throws OPERATION_INPUT_INVALID with
 * `details.path` for a malformed file or a body that is no object.
 */
export function encodeMultipart(
  operation: Operation,
  body: unknown,
): { contentType: string; bytes: Uint8Array<ArrayBuffer> } {
  if (typeof (body ?? {}) !== "object" || Array.isArray(body)) throw invalid(operation, "body", "must be an object");
  const boundary = `timewire-${crypto.randomUUID()}`;
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(body ?? {})) {
    if (value === undefined || value === null) continue;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quotable(name)}"`;
    const binary = operation.bodyFields.some((field) => field.name === name && field.type === "binary");
    if (!binary) {
      for (const one of isPlainList(value) ? value : [value]) {
        const text = typeof one === "object" ? JSON.stringify(one) : String(one);
        parts.push(Buffer.from(`${head}\r\n\r\n${text}\r\n`));
      }
      continue;
    }
    const file = fileSchema.safeParse(value);
    if (!file.success) throw invalid(operation, `body.${name}`, "must be {name, contentType, base64}");
    const { name: fileName, contentType, base64 } = file.data;
    parts.push(
      Buffer.from(`${head}; filename="${quotable(fileName)}"\r\nContent-Type: ${contentType}\r\n\r\n`),
      Buffer.from(base64, "base64"),
      Buffer.from("\r\n"),
    );
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes: new Uint8Array(Buffer.concat(parts)) };
}

function isPlainList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one !== "object");
}

/** Percent-encodes what would end the quoted name, as browsers do. */
function quotable(text: string): string {
  return text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function invalid(operation: Operation, path: string, why: string): AppError {
  return new AppError("OPERATION_INPUT_INVALID", `Cannot call ${operation.operationId}: ${path} ${why}`, {
    details: { path },
  });
}
