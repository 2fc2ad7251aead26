/** The exchange with a hostile server: bombs, endless and slow answers, broken HTTP, and TLS that does not fit the name. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals, fail } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { makeCertificates } from "../support/certificates.ts";
import { createServer, type Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { systemClock } from "../../src/base/clock.ts";
import { createPinnedFetch } from "../../src/egress/pinned.ts";
import { AppError } from "../../src/base/errors.ts";
import type { SafeRequest } from "../../src/egress/safe_fetch.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { permissionsAsked } from "../support/permissions_asked.ts";

const MB = 1_048_576;

/** A server that hands each connection, once its request came, to `answer`. */
async function withServer(answer: (socket: Socket) => void, use: (port: number) => Promise<void>) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(address && typeof address === "object");
  try {
    await use(address.port);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/** One request to `hooks.example` on that port of loopback. */
function call(
  port: number,
  { clock = systemClock, ...more }: Partial<SafeRequest> & { clock?: typeof systemClock } = {},
) {
  const fetch = createPinnedFetch({
    allow: new Set([`hooks.example:${port}`]),
    clock,
    resolve: () => Promise.resolve(["127.0.0.1"]),
  });
  const url = `http://hooks.example:${port}/path?query-secret`;
  return fetch({
    method: "POST",
    url,
    headers: { "x-a": "header-secret" },
    timeoutMs: 5_000,
    maxResponseBytes: MB,
    ...more,
  });
}

async function fault(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(() => fail("it was answered"), (reason) => reason);
  assert(error instanceof AppError, String(error));
  assertNotMatch(Deno.inspect(error, { depth: 8 }), /query-secret|header-secret|body-secret/);
  return error;
}

function write(socket: Socket, head: string, body?: Uint8Array) {
  socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n`);
  if (body) socket.write(body);
  socket.end();
}

/** Writes `chunk` for as long as the other side takes it. */
function pour(socket: Socket, chunk: string | Uint8Array) {
  const more = () => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
}

Deno.test("compressed answers are read, under the cap of what they become", async () => {
  const text = "ten letters".repeat(100);
  const codings = {
    gzip: gzipSync(text),
    "x-gzip": gzipSync(text),
    deflate: deflateSync(text),
    br: brotliCompressSync(text),
  };
  for (const [coding, body] of Object.entries(codings)) {
    await withServer((socket) => write(socket, `Content-Encoding: ${coding}\r\n`, body), async (port) => {
      assertStrictEquals(new TextDecoder().decode((await call(port)).body), text);
      assertEquals((await fault(call(port, { maxResponseBytes: 1_000 }))).code, "UPSTREAM_RESPONSE_TOO_LARGE");
    });
  }
  for (const coding of ["zstd", "gzip, gzip", "compress", "__proto__"]) {
    await withServer((socket) => write(socket, `Content-Encoding: ${coding}\r\n`, gzipSync(text)), async (port) => {
      assertEquals((await fault(call(port))).code, "UPSTREAM_RESPONSE_INVALID", coding);
    });
  }
  await withServer((socket) => write(socket, "Content-Encoding: gzip\r\nContent-Length: 0\r\n"), async (port) => {
    assertEquals((await call(port, { method: "HEAD" })).status, 200);
  });
});

Deno.test("a bomb of 1000 to 1 is cut at the cap and costs no memory", async () => {
  const bomb = gzipSync(new Uint8Array(256 * MB), { level: 9 });
  assert(bomb.byteLength * 900 < 256 * MB);
  await withServer((socket) => write(socket, "Content-Encoding: gzip\r\n", bomb), async (port) => {
    const before = Deno.memoryUsage().rss;
    for (let i = 0; i < 5; i++) assertEquals((await fault(call(port))).code, "UPSTREAM_RESPONSE_TOO_LARGE");
    const grown = Deno.memoryUsage().rss - before;
    assert(grown < 64 * MB, `${Math.round(grown / MB)} MB`);
  });
});

Deno.test("an endless body is cut at the cap, and an endless head", async () => {
  // Not by its time, however busy the machine is.
  const clock = createFakeClock();
  await withServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    pour(socket, new Uint8Array(65_536));
  }, async (port) => {
    assertEquals((await fault(call(port, { clock }))).code, "UPSTREAM_RESPONSE_TOO_LARGE");
  });
  for (const line of [`x-b: ${"b".repeat(1_000)}\r\n`, "a: b\r\n"]) {
    await withServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      pour(socket, line);
    }, async (port) => {
      assertEquals((await fault(call(port, { clock }))).code, "UPSTREAM_RESPONSE_INVALID");
    });
  }
  await withServer((socket) => pour(socket, "HTTP/1.1 100 Continue\r\n\r\n"), async (port) => {
    assertEquals((await fault(call(port, { clock }))).code, "UPSTREAM_RESPONSE_INVALID");
  });
});

Deno.test("a slow answer ends with its time, before the head and inside the body", async () => {
  for (const head of ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"]) {
    const clock = createFakeClock();
    const arrived = Promise.withResolvers<void>();
    await withServer((socket) => {
      socket.write(head);
      arrived.resolve();
    }, async (port) => {
      const answer = fault(call(port, { clock }));
      await arrived.promise;
      await clock.advance(5_000);
      const error = await answer;
      assertEquals([error.code, error.retryable, error.details.sent], ["UPSTREAM_TIMEOUT", true, true]);
    });
  }
});

Deno.test("a resolver that never answers counts as nothing sent", async () => {
  const clock = createFakeClock();
  const fetch = createPinnedFetch({ allow: new Set(), clock, resolve: () => new Promise(() => {}) });
  const request = { method: "GET", url: "https://slow.example/", headers: {}, timeoutMs: 1_000, maxResponseBytes: 1 };
  const answer = fault(fetch(request));
  await clock.advance(1_000);
  const error = await answer;
  assertEquals([error.code, error.details.sent], ["UPSTREAM_TIMEOUT", false]);
});

Deno.test("broken answers are told from lost ones", async () => {
  const table: [string, string][] = [
    ["", "UPSTREAM_UNREACHABLE"],
    ["nonsense\r\n\r\n", "UPSTREAM_RESPONSE_INVALID"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nbody-secret", "UPSTREAM_RESPONSE_INVALID"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "UPSTREAM_RESPONSE_INVALID"],
    ["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nbody-secret", "UPSTREAM_RESPONSE_INVALID"],
    ["HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "UPSTREAM_RESPONSE_INVALID"],
  ];
  for (const [answer, code] of table) {
    await withServer((socket) => socket.end(answer), async (port) => {
      const error = await fault(call(port, { body: "body-secret" }));
      assertEquals([error.code, error.details.sent], [code, true], answer);
    });
  }
});

Deno.test("an aborted request ends with the caller's reason", async () => {
  const abort = new AbortController();
  await withServer(() => abort.abort(new Error("shutting down")), async (port) => {
    await assertRejectsLike(call(port, { signal: abort.signal }), /shutting down/);
    await assertRejectsLike(call(port, { signal: abort.signal }), /shutting down/);
  });
});

Deno.test("https goes to the pinned address with the name's own certificate, and not with another's", async () => {
  const folder = await Deno.makeTempDir();
  const { ca, cert, key } = await makeCertificates(folder, "hooks.example");
  const hosts: (string | null)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} }, (request) => {
    hosts.push(request.headers.get("host"));
    return new Response("ok");
  });
  const { port } = server.addr;
  const request = (host: string, ca?: string) =>
    createPinnedFetch({
      allow: new Set([`${host}:${port}`]),
      clock: systemClock,
      resolve: () => Promise.resolve(["127.0.0.1"]),
      ca,
    })({
      method: "POST",
      url: `https://${host}:${port}/`,
      headers: {},
      body: "{}",
      timeoutMs: 5_000,
      maxResponseBytes: 100,
    });
  assertEquals((await request("hooks.example", ca)).status, 200);
  for (const refused of [request("other.example", ca), request("127.0.0.1", ca), request("hooks.example")]) {
    const error = await fault(refused);
    assertEquals([error.code, error.details.sent], ["UPSTREAM_UNREACHABLE", false]);
  }
  assertEquals(hosts, [`hooks.example:${port}`]);
  // Node's https reads the machine's roots, which the program's permissions must allow.
  const asked = await Deno.makeTempFile();
  const printed = await withOwnPermissions([`hooks.example:${port}`, ca], { DENO_AUDIT_PERMISSIONS: asked });
  assertMatch(printed, /^200\nCannot call closed\.example: /);
  // The roots, and the addresses of this machine that none may call: what these two are allowed for.
  assertEquals([...(await permissionsAsked(asked)).get("sys") ?? []].sort(), ["ca", "networkInterfaces"]);
  await Deno.remove(asked);
  assertMatch(await withOwnPermissions([`hooks.example:${port}`]), /no secure connection could be made/);
  await server.shutdown();
  await Deno.remove(folder, { recursive: true });
});

/** What tests/support/pinned_call.ts prints under the permission set of deno.json. */
async function withOwnPermissions(args: string[], env: Record<string, string> = {}): Promise<string> {
  const script = new URL("../support/pinned_call.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-P=timewire", "--no-prompt", "--no-check", script, ...args],
    env,
    stdout: "piped",
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
}
