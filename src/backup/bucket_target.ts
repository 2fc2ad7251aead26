/**
 * Backups as objects of an S3-compatible bucket: path style, multipart, each request signed with the hash of its body.
 * aws4fetch signs; what is called are seven requests of the protocol, so that AWS's own client of some hundred packages is
 * not needed.
 */

import { AwsClient } from "aws4fetch";
import { createHash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { backupTime } from "./keep.ts";
import type { BackupTarget, BucketSettings, StoredBackup } from "./target.ts";

export interface BucketOptions extends BucketSettings {
  accessKeyId: string;
  secretAccessKey: string;
  bucket: string;
  /** Empty, or ends with a slash. */
  prefix: string;
  clock: Clock;
}

/** A part of some megabytes on a slow line. */
const REQUEST_MS = 300_000;
/** Attempts of a request, beginning with half a second between them. */
const RETRIES = 5;
const FIRST_PAUSE_MS = 500;
/** What the protocol bounds. */
const MAX_PARTS = 10_000;

interface Asked {
  method: "GET" | "PUT" | "POST" | "DELETE" | "HEAD";
  /** Of an object; the bucket itself where it is absent. */
  name?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
}

export function createBucketTarget(options: BucketOptions): BackupTarget {
  const { accessKeyId, secretAccessKey, sessionToken, region, bucket, prefix, partBytes, clock } = options;
  const endpoint = (options.endpoint ?? `https://s3.${region}.amazonaws.com`).replace(/\/+$/, "");
  const place = `s3://${bucket}/${prefix}`;
  const client = new AwsClient({ accessKeyId, secretAccessKey, sessionToken, region, service: "s3", retries: 0 });

  async function ask(asked: Asked): Promise<Response> {
    const { method, name, query = {}, headers = {}, body } = asked;
    const path = [bucket, ...(name === undefined ? [] : `${prefix}${name}`.split("/"))].map(encodeURIComponent);
    const url = `${endpoint}/${path.join("/")}?${new URLSearchParams(query)}`;
    // Not left out, as the client would: a body that was altered on its way is refused.
    const sha256 = createHash("sha256").update(body ?? new Uint8Array(0)).digest("hex");
    for (let attempt = 1;; attempt++) {
      let problem: string;
      const timer = new AbortController();
      const over = new AbortController();
      void clock.sleep(REQUEST_MS, over.signal).then(() => timer.abort(new Error("timeout")), () => {});
      try {
        const answer = await client.fetch(url.replace(/\?$/, ""), {
          method,
          headers: { ...headers, "x-amz-content-sha256": sha256 },
          body,
          redirect: "manual",
          signal: timer.signal,
        });
        if (answer.ok) return answer;
        const text = await answer.text();
        problem = `${answer.status} ${elements(text, "Code")[0] ?? ""} ${elements(text, "Message")[0] ?? ""}`.trim();
        if (answer.status === 404 && name !== undefined && method !== "PUT") {
          throw new AppError("NOT_FOUND", `Cannot read the backup: ${place} has no "${name}"`);
        }
        if (answer.status < 500 && answer.status !== 429) throw fault(problem);
      } catch (error) {
        if (error instanceof AppError) throw error;
        problem = (error as Error).message;
      } finally {
        over.abort();
      }
      if (attempt === RETRIES) throw fault(problem);
      await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
  const fault = (problem: string) => new AppError("START_FAILED", `Cannot use ${place}: ${endpoint} says ${problem}`);

  async function upload(name: string, uploadId: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    const tags: string[] = [];
    let written = 0;
    for await (const part of inParts(bytes, partBytes)) {
      const number = tags.length + 1;
      if (number > MAX_PARTS) {
        throw fault(`that an object has ${MAX_PARTS} parts at most; raise BACKUP_PART_MB`);
      }
      const query = { partNumber: String(number), uploadId };
      const answer = await ask({ method: "PUT", name, query, body: part });
      tags.push(answer.headers.get("etag") ?? "");
      await answer.body?.cancel();
      written += part.byteLength;
    }
    const parts = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
    const text = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
    const done = await ask({ method: "POST", name, query: { uploadId }, body: new TextEncoder().encode(text) });
    // It may fail after it has answered 200.
    const [code] = elements(await done.text(), "Code");
    if (code !== undefined) throw fault(code);
    return written;
  }

  return {
    place,
    write: async (name, bytes) => {
      const begun = await ask({ method: "POST", name, query: { uploads: "" } });
      const [uploadId] = elements(await begun.text(), "UploadId");
      if (uploadId === undefined) throw fault("no id of the upload");
      try {
        const written = await upload(name, uploadId, bytes);
        const stored = await ask({ method: "HEAD", name });
        if (Number(stored.headers.get("content-length")) !== written) throw fault("another length than was sent");
        return written;
      } catch (error) {
        // What cannot be taken back either goes by the bucket's rule for incomplete uploads.
        await ask({ method: "DELETE", name, query: { uploadId } }).then((answer) => answer.body?.cancel(), () => {});
        throw error;
      }
    },
    list: async () => {
      const found: StoredBackup[] = [];
      for (let token: string | undefined = "";;) {
        const query = { "list-type": "2", prefix, ...(token !== "" && { "continuation-token": token }) };
        const text = await (await ask({ method: "GET", query })).text();
        const sizes = elements(text, "Size");
        for (const [index, key] of elements(text, "Key").entries()) {
          const name = key.slice(prefix.length);
          if (backupTime(name)) found.push({ name, bytes: Number(sizes[index]) });
        }
        [token] = elements(text, "NextContinuationToken");
        if (token === undefined) return found;
      }
    },
    read: async (name) => {
      const head = await ask({ method: "HEAD", name });
      const length = Number(head.headers.get("content-length"));
      const etag = head.headers.get("etag") ?? "";
      return ranges(name, { length, etag });
    },
    remove: async (name) => {
      const answer = await ask({ method: "DELETE", name });
      await answer.body?.cancel();
    },
  };

  /** Some megabytes in a request, so that a line that breaks is tried again from there. */
  async function* ranges(name: string, { length, etag }: { length: number; etag: string }) {
    for (let at = 0; at < length; at += partBytes) {
      const range = `bytes=${at}-${Math.min(at + partBytes, length) - 1}`;
      const answer = await ask({ method: "GET", name, headers: { range, "if-match": etag } });
      yield new Uint8Array(await answer.arrayBuffer());
    }
  }
}

/** The bytes in parts of that length; the last one may be shorter, and is the only one that may be empty. */
async function* inParts(bytes: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let part = new Uint8Array(partBytes);
  let filled = 0;
  let isAny = false;
  for await (let rest of bytes) {
    while (rest.byteLength > 0) {
      const taken = rest.subarray(0, partBytes - filled);
      part.set(taken, filled);
      filled += taken.byteLength;
      rest = rest.subarray(taken.byteLength);
      if (filled < partBytes) continue;
      yield part;
      isAny = true;
      part = new Uint8Array(partBytes);
      filled = 0;
    }
  }
  if (filled > 0 || !isAny) yield part.subarray(0, filled);
}

/** Texts of the elements of that name, in their order; the answers that are read have no others within them. */
function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) =>
    text!.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
  );
}
