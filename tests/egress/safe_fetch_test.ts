/** The way out against real sockets on loopback: redirects, limits, cut answers and what its errors keep to themselves. */

import { assert, assertEquals, fail } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import { createSafeFetch, type SafeRequest } from "../../src/egress/safe_fetch.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

const SECRETS = { "x-addon-token": "token-of-the-installation" };

function request(url: string, more: Partial<SafeRequest> = {}): SafeRequest {
  return { method: "GET", url, headers: SECRETS, timeoutMs: 5_000, maxResponseBytes: 1_000, ...more };
}

const safeFetch = createSafeFetch({ allow: () => {}, clock: systemClock });

/** Serves HTTP on a free port for the length of `use`. */
async function withServer(handler: Deno.ServeHandler, use: (origin: string) => Promise<void>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  try {
    await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

/** Accepts one connection, reads its request, writes `answer` and hangs up. */
async function withRawAnswer(answer: string, use: (origin: string) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(4_096));
    await connection.write(new TextEncoder().encode(answer));
    connection.close();
  })();
  try {
    await use(`http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`);
    await served;
  } finally {
    listener.close();
  }
}

async function fault(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(() => fail("it was answered"), (reason) => reason);
  assert(error instanceof AppError, String(error));
  const shown = Deno.inspect(error, { depth: 8 });
  for (const secret of ["token-of-the-installation", "query-secret", "body-secret"]) {
    assert(!shown.includes(secret), `error shows ${secret}`);
  }
  return error;
}

Deno.test("safeFetch() sends method, headers and body and gives the whole answer", async () => {
  await withServer(async (incoming) => {
    const echo = `${incoming.method} ${incoming.headers.get("x-addon-token")} ${await incoming.text()}`;
    return new Response(echo, { status: 201, headers: { "last-page": "true" } });
  }, async (origin) => {
    const answer = await safeFetch(request(`${origin}/a?b=c`, { method: "POST", body: "hello" }));
    assertEquals(answer.status, 201);
    assertEquals(answer.headers.get("last-page"), "true");
    assertEquals(new TextDecoder().decode(answer.body), "POST token-of-the-installation hello");
  });
});

Deno.test("safeFetch() returns a redirect as it is and calls nobody else", async () => {
  let calls = 0;
  await withServer(() => {
    calls++;
    return new Response(null, { status: 302, headers: { location: "http://127.0.0.1:9/elsewhere" } });
  }, async (origin) => {
    const answer = await safeFetch(request(origin));
    assertEquals(answer.status, 302);
    assertEquals(calls, 1);
  });
});

Deno.test("safeFetch() asks before it connects", async () => {
  const refusing = createSafeFetch({
    clock: systemClock,
    allow: (url) => {
      throw new AppError("HOST_NOT_ALLOWED", `Cannot call ${url.host}`);
    },
  });
  assertEquals((await fault(refusing(request("http://127.0.0.1:9/?query-secret")))).code, "HOST_NOT_ALLOWED");
  assertEquals((await fault(safeFetch(request("not a url query-secret")))).code, "HOST_NOT_ALLOWED");
});

Deno.test("safeFetch() says that nothing was sent when no connection was made", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const error = await fault(
    safeFetch(request(`http://127.0.0.1:${port}/?query-secret`, { method: "POST", body: "body-secret" })),
  );
  assertEquals(error.code, "UPSTREAM_UNREACHABLE");
  assertEquals(error.retryable, true);
  assertEquals(error.details.sent, false);
});

Deno.test("safeFetch() counts a request as sent when the connection was lost after it was made", async () => {
  await withRawAnswer("", async (origin) => {
    const error = await fault(safeFetch(request(`${origin}/?query-secret`, { method: "POST", body: "body-secret" })));
    assertEquals(error.code, "UPSTREAM_UNREACHABLE");
    assertEquals(error.details.sent, true);
  });
});

Deno.test("safeFetch() sends a write once when a kept connection ends without an answer", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const lines: string[] = [];
  const serve = async (connection: Deno.Conn) => {
    const buffer = new Uint8Array(4_096);
    for (;;) {
      const bytes = await connection.read(buffer).catch(() => null);
      if (bytes === null) break;
      const head = new TextDecoder().decode(buffer.subarray(0, bytes));
      if (!head.startsWith("GET")) {
        lines.push(head.split(" HTTP/")[0]!);
        assert(!/transfer-encoding/i.test(head), "its length is known");
        break;
      }
      await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    }
    connection.close();
  };
  const served = (async () => {
    for await (const connection of listener) serve(connection);
  })();
  const origin = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  try {
    for (const [method, body] of [["POST", "{}"], ["PUT", new Uint8Array([1])], ["DELETE"], ["PATCH", ""]] as const) {
      // The connection is kept from here on.
      await safeFetch(request(`${origin}/read`));
      const error = await fault(safeFetch(request(`${origin}/write`, { method, body })));
      assertEquals([error.code, error.details.sent], ["UPSTREAM_UNREACHABLE", true]);
    }
    assertEquals(lines, ["POST /write", "PUT /write", "DELETE /write", "PATCH /write"]);
  } finally {
    listener.close();
    await served;
  }
});

Deno.test("safeFetch() refuses an answer that is cut short", async () => {
  await withRawAnswer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbody-secret", async (origin) => {
    const error = await fault(safeFetch(request(origin)));
    assertEquals(error.code, "UPSTREAM_RESPONSE_INVALID");
    assertEquals(error.details.sent, true);
  });
});

Deno.test("safeFetch() cancels an answer that grows over the cap, also an endless one", async () => {
  const cancelled = Promise.withResolvers<void>();
  await withServer(() =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(400)),
        cancel: () => cancelled.resolve(),
      }),
    ), async (origin) => {
    const error = await fault(safeFetch(request(origin)));
    assertEquals(error.code, "UPSTREAM_RESPONSE_TOO_LARGE");
    assertEquals(error.retryable, false);
    await cancelled.promise;
  });
  await withServer(() => new Response("x".repeat(1_000)), async (origin) => {
    assertEquals((await safeFetch(request(origin))).body.byteLength, 1_000);
  });
});

Deno.test("safeFetch() ends a silent answer after the total time, headers and body together", async () => {
  for (const withHeaders of [false, true]) {
    const clock = createFakeClock();
    const timed = createSafeFetch({ allow: () => {}, clock });
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<Response>();
    await withServer(() => {
      arrived.resolve();
      return withHeaders ? new Response(new ReadableStream()) : release.promise;
    }, async (origin) => {
      const answer = fault(timed(request(`${origin}/?query-secret`)));
      await arrived.promise;
      await clock.advance(5_000);
      const error = await answer;
      assertEquals(error.code, "UPSTREAM_TIMEOUT");
      assertEquals(error.retryable, true);
      release.resolve(new Response());
    });
  }
});

Deno.test("safeFetch() ends with the caller's reason when the caller aborts", async () => {
  const abort = new AbortController();
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<Response>();
  await withServer(() => {
    arrived.resolve();
    return release.promise;
  }, async (origin) => {
    const answer = safeFetch(request(origin, { signal: abort.signal }));
    const ended = assertRejectsLike(answer, /shutting down/);
    await arrived.promise;
    abort.abort(new Error("shutting down"));
    await ended;
    await assertRejectsLike(safeFetch(request(origin, { signal: abort.signal })), /shutting down/);
    release.resolve(new Response());
  });
});

/** JSON in chunks, as long as somebody reads it. */
const endless = () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("[1")),
      pull: async (controller) => {
        await systemClock.sleep(1);
        controller.enqueue(new TextEncoder().encode(",1".repeat(1_000)));
      },
    }),
    { headers: { "content-type": "application/json" } },
  );

Deno.test("a success in JSON past the limit goes to overflow as it comes, whole and in order", async () => {
  const sent = JSON.stringify(Array.from({ length: 5_000 }, (_, index) => index));
  await withServer(() => new Response(sent, { headers: { "content-type": "application/json" } }), async (origin) => {
    const taken: Uint8Array[] = [];
    const overflow = {
      maxBytes: 100_000,
      take: (chunk: Uint8Array) => Promise.resolve(void taken.push(chunk.slice())),
    };
    const answer = await safeFetch(request(origin, { overflow }));
    assertEquals(await new Blob(taken as BlobPart[]).text(), sent);
    assertEquals(answer.overflowBytes, sent.length);
    assert(sent.startsWith(new TextDecoder().decode(answer.body)));
    // What fits is held, and nothing else goes there.
    taken.length = 0;
    const small = await safeFetch(request(origin, { overflow, maxResponseBytes: 100_000 }));
    assertEquals([small.body.byteLength, small.overflowBytes, taken.length], [sent.length, undefined, 0]);
  });
});

Deno.test("a file goes to who takes files from its first byte, and is no second time asked for once it has begun", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(5_000));
  const kinds: string[] = [];
  const taken: Uint8Array[] = [];
  const overflow = {
    maxBytes: 100_000,
    take: (chunk: Uint8Array) => Promise.resolve(void taken.push(chunk.slice())),
    file: (type: string) => (kinds.push(type), !type.includes("html")),
  };
  await withServer((incoming) => {
    const type = incoming.url.endsWith("/page") ? "text/html" : "application/pdf";
    return new Response(bytes, { headers: { "content-type": type } });
  }, async (origin) => {
    const answer = await safeFetch(request(origin, { overflow, maxResponseBytes: 100_000 }));
    assertEquals(new Uint8Array(await new Blob(taken as BlobPart[]).arrayBuffer()), bytes);
    assertEquals([answer.overflowBytes, answer.body.byteLength, kinds], [5_000, 0, ["application/pdf"]]);
    taken.length = 0;
    const page = await safeFetch(request(`${origin}/page`, { overflow, maxResponseBytes: 100_000 }));
    assertEquals([page.overflowBytes, page.body.byteLength, taken.length], [undefined, 5_000, 0]);
  });
});

Deno.test("overflow takes no refusal and nothing but JSON, ends at its own limit, and with a reader that is gone or stalls", async () => {
  const take = () => Promise.resolve();
  const overflow = { maxBytes: 10_000, take };
  const large = "x".repeat(2_000);
  await withServer((incoming) => {
    if (incoming.url.endsWith("/endless")) return endless();
    if (incoming.url.endsWith("/text")) return new Response(large);
    return new Response(large, { status: 500, headers: { "content-type": "application/json" } });
  }, async (origin) => {
    for (const path of ["/text", "/refused"]) {
      assertEquals((await fault(safeFetch(request(origin + path, { overflow })))).code, "UPSTREAM_RESPONSE_TOO_LARGE");
    }
    assertEquals(
      (await fault(safeFetch(request(`${origin}/endless`, { overflow })))).code,
      "UPSTREAM_RESPONSE_TOO_LARGE",
    );
    const gone = { maxBytes: 1e9, take: () => Promise.reject(new Error("gone")) };
    const broken = await fault(safeFetch(request(`${origin}/endless`, { overflow: gone })));
    assertEquals([broken.code, broken.retryable], ["UPSTREAM_RESPONSE_INVALID", false]);
    const stalled = { maxBytes: 1e9, take: () => new Promise<void>(() => {}) };
    const late = await fault(safeFetch(request(`${origin}/endless`, { overflow: stalled, timeoutMs: 100 })));
    assertEquals(late.code, "UPSTREAM_TIMEOUT");
  });
});
