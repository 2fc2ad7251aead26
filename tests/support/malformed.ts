/** Requests that no honest client makes, reproducible by seed: mutants of good ones, odd JSON and UTF-8, and bytes that are no HTTP. */

import fc from "fast-check";

/** One request: either something fetch() can send, or raw bytes for a socket. */
export type Malformed =
  | { kind: "http"; method: string; path: string; headers: Record<string, string>; body?: Uint8Array<ArrayBuffer> }
  | { kind: "raw"; bytes: Uint8Array<ArrayBuffer> };

/** What a good request of the listener looks like: the mutants start here. */
export interface Seedling {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

const utf8 = new TextEncoder();
const bytes = (text: string) => utf8.encode(text);

/** JSON texts that parsers and databases stumble over. */
const ODD_JSON: readonly string[] = [
  "",
  " ",
  "null",
  "true",
  "0",
  "-0",
  "1e999",
  '"text"',
  "[]",
  "{}",
  "[[[",
  '{"a":',
  "{'a':1}",
  '{"a":1,}',
  "[1,]",
  "NaN",
  "\u00a0{}",
  "{}{}",
  '{"id":"\\u0000"}',
  '{"id":"\\ud800"}',
  '{"id":"\\udc00\\ud800","workspaceId":null}',
  '{"\\u0000":"key"}',
  '{"__proto__":{"admin":true},"id":"1"}',
  '{"constructor":{"prototype":{"polluted":1}},"id":"1"}',
  '{"id":"1","id":"2","workspaceId":"x","workspaceId":"y"}',
  '{"id":{"$gt":""}}',
  '{"id":["1"]}',
  '{"id":12345678901234567890123456789012345678901234567890}',
  '{"id":"\' or 1=1 --"}',
  '{"id":"${7*7}","name":"{{constructor}}"}',
  '{"name":"\\u202e\\u2066bidi","id":"x"}',
  `{"id":"${"x".repeat(5_000)}"}`,
  `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`,
  `{${Array.from({ length: 3_000 }, (_, index) => `"k${index}":${index}`).join()}}`,
  `[${"1,".repeat(5_000)}1]`,
];

/** Bytes that are no UTF-8. */
const ODD_BYTES: readonly Uint8Array<ArrayBuffer>[] = [
  new Uint8Array([0xff, 0xfe, 0x7b, 0x7d]),
  new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
  new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]),
  new Uint8Array([0xc0, 0x80]),
  new Uint8Array([0x7b, 0x00, 0x7d]),
  new Uint8Array(2_000).fill(0x00),
];

/** Requests as bytes: bad framing, floods, fragments and noise. */
const RAW: readonly string[] = [
  "\r\n\r\n",
  "GET\r\n\r\n",
  "GET /\r\n\r\n",
  "GET / HTTP/9.9\r\n\r\n",
  "get /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /healthz HTTP/1.1\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
  "GET http://other.example/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: x\r\n folded: yes\r\n\r\n",
  "TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "CONNECT a:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "BREW /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "POST /webhooks/clockify HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
  "POST /webhooks/clockify HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "POST /webhooks/clockify HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
  "POST /webhooks/clockify HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
  "POST /webhooks/clockify HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{}",
  "POST /lifecycle/installed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
  "POST /lifecycle/installed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
  "POST /lifecycle/installed HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
  "GET /healthz HTTP/1.1\r\nHost: x\r\nX: \u0000\r\n\r\n",
  `GET /${"a".repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET /healthz HTTP/1.1\r\nHost: x\r\n${"X-Flood: y\r\n".repeat(500)}\r\n`,
  `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${"y".repeat(100_000)}\r\n\r\n`,
  "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
  "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
];

const PATHS: readonly string[] = [
  "/",
  "//",
  "/%00",
  "/%ff",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/..;/ui/flows",
  "/ui/flows/",
  "/ui/flows/0",
  "/ui/flows/-1",
  "/ui/flows/9223372036854775808",
  "/ui/flows/1e3",
  "/ui/flows/%F0%9F%92%A9",
  "/ui/flows/1/executions?limit=0",
  "/ui/flows/1/executions?limit=1e9&offset=-1",
  "/ui/flows?workspace_id=%00",
  "/ui/flows?workspace_id=a&workspace_id=b",
  "/ui/webhooks?limit=NaN&from=yesterday&cursor=%00",
  "/ui/webhooks/abc",
  "/ui/sources/abc",
  "/ui/audit?cursor=x",
  "/ui/entities?type=%27",
  "/webhooks/clockify/../../ui",
  "/webhooks/clockify/NOT_AN_EVENT",
  "/webhooks/clockify/NEW_TIME_ENTRY/extra",
  "/webhooks/custom/%00",
  "/webhooks/custom/x",
  "/webhooks/time/new",
  "/metrics?x=%",
  "/manifest/x",
];

/** What is asked of a list, with one thing wrong; a route that takes none of it refuses it or passes it over. */
const QUERIES: readonly string[] = [
  "limit=0",
  "limit=-1",
  "limit=1e9",
  "limit=NaN",
  "limit=1&limit=2",
  "limit=%00",
  "offset=-1",
  "offset=9223372036854775808",
  "cursor=%00",
  "cursor=%ff",
  "cursor=eyJhIjpbXX0",
  "cursor=0",
  "from=yesterday",
  "from=0000-00-00T00:00:00Z&to=%00",
  "from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z",
  "event_type=__proto__",
  "status=%F0%9F%92%A9",
  "state=' or 1=1 --",
  "search=%00%01",
  `search=${"x".repeat(8_000)}`,
  "%",
  "&&==&",
  "__proto__[admin]=true",
];

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;

/** Header values that fetch() takes and servers stumble over. */
const ODD_HEADERS: readonly Record<string, string>[] = [
  { "content-type": "application/json; charset=utf-7" },
  { "content-type": "" },
  { "content-type": "text/plain" },
  { "content-encoding": "gzip" },
  { "clockify-signature": "eyJhbGciOiJub25lIn0.e30." },
  { "clockify-signature": "a".repeat(9_000) },
  { "clockify-signature": "a,b" },
  { "clockify-webhook-event-type": "__proto__" },
  { "x-addon-token": "null" },
  { "x-api-key": "'; drop table event; --" },
  { "authorization": "Bearer" },
  { "authorization": `Basic ${"=".repeat(100)}` },
  { "x-request-id": "id\twith tab" },
  { "x-request-id": "i".repeat(4_000) },
  { "traceparent": "00-zz-zz-zz" },
  { "traceparent": `00-${"0".repeat(32)}-${"0".repeat(16)}-00` },
  { "accept": "\u00ff" },
  Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`x-flood-${index}`, "v".repeat(100)])),
];

/** `count` requests of all kinds, the same for the same seed. */
export function malformedRequests(seedlings: readonly Seedling[], { count, seed }: { count: number; seed: number }) {
  const seedling = fc.constantFrom(...seedlings);
  const oddBody = fc.oneof(
    fc.constantFrom(...ODD_JSON).map(bytes),
    fc.constantFrom(...ODD_BYTES),
    fc.json({ maxDepth: 6 }).map(bytes),
    fc.uint8Array({ maxLength: 300 }).map((array) => new Uint8Array(array)),
  );
  const oddHeaders = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_HEADERS) },
  );
  const mutant: fc.Arbitrary<Malformed> = fc.tuple(seedling, oddBody, oddHeaders, fc.nat()).map(
    ([{ method, path, headers, body }, odd, more, dice]) => {
      const chosen = dice % 3 === 0 || body === undefined ? odd : mutate(body, dice);
      const withBody = method !== "GET" && method !== "HEAD";
      return {
        kind: "http",
        method,
        // Without a body nothing else of it would be odd; a few stay as they are.
        path: withBody || dice % 8 === 0 ? path : `${path}&${QUERIES[dice % QUERIES.length]}`,
        headers: { ...headers, ...more },
        ...(withBody && { body: chosen }),
      };
    },
  );
  const stray: fc.Arbitrary<Malformed> = fc.tuple(
    seedling,
    fc.constantFrom(...METHODS),
    fc.oneof(fc.constantFrom(...PATHS), fc.webPath().map((path) => path || "/")),
    oddHeaders,
    oddBody,
  ).map(([{ headers }, method, path, more, body]) => ({
    kind: "http",
    method,
    path,
    headers: { ...headers, ...more },
    ...(method !== "GET" && method !== "HEAD" && { body }),
  }));
  const raw: fc.Arbitrary<Malformed> = fc.oneof(
    fc.constantFrom(...RAW).map((text) => latin1(text)),
    fc.uint8Array({ maxLength: 400 }).map((array) => new Uint8Array(array)),
    fc.tuple(fc.constantFrom(...RAW), fc.nat()).map(([text, at]) => latin1(text.slice(0, at % (text.length + 1)))),
  ).map((found) => ({ kind: "raw", bytes: found }));
  return fc.sample(
    fc.oneof({ weight: 6, arbitrary: mutant }, { weight: 3, arbitrary: stray }, { weight: 1, arbitrary: raw }),
    { numRuns: count, seed },
  );
}

/** The good body with one thing wrong: a byte changed, a piece cut out or doubled, or a field of another type. */
function mutate(body: unknown, dice: number): Uint8Array<ArrayBuffer> {
  const good = bytes(JSON.stringify(body));
  const at = dice % Math.max(1, good.length);
  switch (dice % 5) {
    case 0: {
      const changed = new Uint8Array(good);
      changed[at] = (changed[at] ?? 0) ^ (1 << (dice % 8));
      return changed;
    }
    case 1:
      return good.slice(0, at);
    case 2:
      return new Uint8Array([...good.slice(0, at), ...good.slice(at / 2)]);
    default: {
      const fields = Object.entries(body as Record<string, unknown>);
      const [name] = fields[dice % fields.length] ?? ["id"];
      const values = [null, true, -1, 1e308, "", "\u0000", "\ud800", [], {}, [[[]]], { $ne: 1 }, "x".repeat(70_000)];
      return bytes(JSON.stringify({ ...(body as object), [name]: values[dice % values.length] }));
    }
  }
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
}
