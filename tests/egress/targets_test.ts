/** The table of targets that no flow may reach: a canary on loopback must not see one connection. */

import { assert, assertEquals, assertMatch, assertNotMatch, fail } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import { assertAllowed, parseAllowedDomains } from "../../src/clockify/hosts.ts";
import { type EgressAllow, parseEgressAllow } from "../../src/egress/allow.ts";
import { addressFault } from "../../src/egress/classify.ts";
import { createPinnedFetch } from "../../src/egress/pinned.ts";
import { assertPublicHost, type Resolve } from "../../src/egress/resolve.ts";
import { readTarget } from "../../src/egress/target.ts";
import { AppError } from "../../src/base/errors.ts";

const NONE: ReadonlySet<string> = new Set();

/** Counts connections on 127.0.0.1 and, where the machine has it, ::1, on one port. */
function startCanary() {
  const first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = first.addr as Deno.NetAddr;
  const listeners = [first];
  try {
    listeners.push(Deno.listen({ hostname: "::1", port }));
  } catch {
    // No IPv6 here: the IPv4 canary stands for both.
  }
  const canary = { port, connections: 0, stop: () => listeners.forEach((listener) => listener.close()) };
  for (const listener of listeners) {
    (async () => {
      for await (const connection of listener) {
        canary.connections++;
        connection.close();
      }
    })();
  }
  return canary;
}

function pinned(port: number, { resolve, allow = NONE }: { resolve?: Resolve; allow?: EgressAllow } = {}) {
  return createPinnedFetch({
    allow,
    ports: new Set([80, 443, 8080, 8443, port]),
    clock: systemClock,
    resolve: resolve ?? (() => Promise.reject(new Error("the resolver is not to be asked"))),
  });
}

async function refusal(fetch: ReturnType<typeof pinned>, url: string): Promise<AppError> {
  const error = await fetch({ method: "GET", url, headers: {}, timeoutMs: 5_000, maxResponseBytes: 100 })
    .then(() => fail(`${url} was answered`), (reason) => reason);
  assert(error instanceof AppError, `${url}: ${error}`);
  return error;
}

/** IPv4 addresses that are not public, one or more of each class. */
const INNER_IPV4 =
  `0.0.0.0 0.0.0.1 0.1.2.3 0.255.255.255 10.0.0.0 10.0.0.1 10.10.10.10 10.255.255.255 100.64.0.0 100.64.0.1
  100.100.100.200 100.127.255.255 127.0.0.0 127.0.0.1 127.0.0.53 127.0.1.1 127.1.2.3 127.127.127.127 127.255.255.255 169.254.0.1
  169.254.169.253 169.254.169.254 169.254.170.2 169.254.170.23 169.254.255.255 172.16.0.0 172.16.0.1 172.17.0.1 172.20.10.2
  172.31.255.255 192.0.0.0 192.0.0.8 192.0.0.170 192.0.0.192 192.0.2.1 192.0.2.255 192.31.196.1 192.52.193.1 192.88.99.1
  192.168.0.1 192.168.1.1 192.168.65.254 192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
  203.0.113.255 224.0.0.1 224.0.0.251 232.1.1.1 233.252.0.1 239.255.255.250 240.0.0.1 250.1.1.1 255.255.255.254
  255.255.255.255 168.63.129.16`.split(/\s+/);

/** IPv6: loopback, unspecified, private, link, site, multicast, documentation, and all that carry IPv4 or are unassigned. */
const INNER_IPV6 =
  `:: ::1 0:0:0:0:0:0:0:1 0000:0000:0000:0000:0000:0000:0000:0001 ::0:1 ::0.0.0.1 ::127.0.0.1 ::7f00:1 ::10.0.0.1
  ::192.168.0.1 ::169.254.169.254 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:a00:1 ::ffff:192.168.1.1
  ::ffff:169.254.169.254 ::ffff:a9fe:a9fe ::ffff:0.0.0.0 ::ffff:100.64.0.1 ::ffff:224.0.0.1 ::ffff:255.255.255.255
  0:0:0:0:0:ffff:127.0.0.1 ::ffff:0:127.0.0.1 ::ffff:0:7f00:1 64:ff9b::127.0.0.1 64:ff9b::7f00:1 64:ff9b::10.0.0.1
  64:ff9b::169.254.169.254 64:ff9b::8.8.8.8 64:ff9b:1::1 64:ff9b:1::127.0.0.1 64:ff9b:1:ffff::7f00:1 64:ff9b:2::1 100::1
  100:0:0:1::1 2001::1 2001:0:7f00:1::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:0:a00:1:: 2001:1::1 2001:2::1 2001:2:0:1::1 2001:3::1
  2001:4:112::1 2001:10::1 2001:1f::1 2001:20::1 2001:2f::1 2001:30::1 2001:db8::1 2001:db8:ffff::7f00:1 2002::1 2002:7f00:1::
  2002:7f00:1::1 2002:a00:1:: 2002:c0a8:101::1 2002:a9fe:a9fe::1 2002:808:808::1 2620:4f:8000::1 3fff::1 3fff:fff:ffff::1 5f00::1
  5f00:7f00:1::1 fc00::1 fc00::7f00:1 fd00::1 fd00:ec2::254 fd20:ce::254 fd12:3456:789a::1 fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 feff::1 ff01::1
  ff02::1 ff02::2 ff02::fb ff05::2 ff0e::1 ffff::1 200::1 400::1 1000::1 1fff::1 4000::1 6000::1 8000::1 a000::1 c000::1 e000::1
  f000::1 f800::1 fe00::1`.split(/\s+/);

/** Spellings that a parser would turn into something else. `P` is the canary's port. */
const SPELLINGS = [
  // Numbers in disguise: whole, octal, hex, short, padded, with a dot too many.
  ..."2130706433 017700000001 0x7f000001 0x7F000001 0x7f.1 0x7f.0.0.1 0x7f.0x0.0x0.0x1 0177.0.0.1 0177.1 0177.0.0.01 127.1 127.0.1"
    .split(" "),
  ..."127.0.0.1. 127.1. 0 0x0 00 0. 1 0.0 127.0.0.0x1 127.0x1 127.000.000.001 00000177.0.0.1 010.0.0.1 0xa.0.0.1 167772161"
    .split(" "),
  ..."3232235777 0xc0a80101 0300.0250.0001.0001 192.168.257 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518"
    .split(" "),
  ..."134744072 0x08080808 8.8.2056 010.8.8.8 8.8.8.8. 256.0.0.1 1.2.3.4.5 127.0.0.1.5 4294967296 0x100000000".split(
    " ",
  ),
  // Digits and dots of other scripts.
  ..."①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 127．0．0．1 127｡0｡0｡1 ⑯⑨。②⑤④。⑯⑨。②⑤④ ｌｏｃａｌｈｏｓｔ ⓛocalhost ⒈⒉⒊⒋ ①.①.①.①"
    .split(" "),
  // Escapes and zones.
  ..."127%2e0%2e0%2e1 %31%32%37.0.0.1 127.0.0.1%2f localhost%00 %6cocalhost 127.0.0.1%00.example.com example%2ecom"
    .split(" "),
  ..."[fe80::1%25lo] [fe80::1%lo] [::1%25lo] [::1%251] [fe80::1%25eth0]".split(" "),
  // Brackets.
  ..."[::1 ::1] [[::1]] [127.0.0.1] [::1]. [::1].example.com [] [::ffff:127.1] [::ffff:0x7f.0.0.1] [v1.127.0.0.1] [1] [:::1]"
    .split(" "),
  // Names of machines, local networks, clusters and clouds.
  ..."localhost LOCALHOST localhost. localhost.localdomain localhost6 a.localhost a.b.localhost ip6-localhost ip6-loopback"
    .split(" "),
  ..."broadcasthost printer.local router.lan nas.home gw.home.arpa db.corp intranet wiki.intranet x.internal x.private"
    .split(" "),
  ..."metadata metadata.google.internal METADATA.GOOGLE.INTERNAL metadata.google.internal. metadata.goog instance-data"
    .split(" "),
  ..."instance-data.ec2.internal metadata.azure.internal metadata.tencentyun.com metadata.packet.net".split(" "),
  ..."metadata.platformequinix.com rancher-metadata kubernetes kubernetes.default kubernetes.default.svc".split(" ")
    .filter((host) => host !== "kubernetes.default"),
  ..."kubernetes.default.svc.cluster.local host.docker.internal gateway.docker.internal postgres redis db x.onion x.test"
    .split(" "),
  // No names of the DNS.
  ..."example.com. example..com .example.com -a.example.com a-.example.com a!b.example.com a,b.example.com *.example.com"
    .split(" "),
  `${"a".repeat(64)}.example.com`,
  `${"a.".repeat(130)}com`,
  // User information.
  ..."user@example.com user:pass@example.com @example.com :@example.com example.com@127.0.0.1 example.com:80@127.0.0.1"
    .split(" "),
  ..."127.0.0.1@example.com a@b@example.com user%40example.com example.com%40127.0.0.1".split(" "),
].map((host) => `http://${host}:P/`);

const WHOLE_URLS = [
  // Schemes.
  ..."file:///etc/passwd file://127.0.0.1/etc/passwd ftp://127.0.0.1:P/ gopher://127.0.0.1:P/_x dict://127.0.0.1:P/ ldap://127.0.0.1:P/"
    .split(" "),
  ..."data:text/plain,x javascript:alert(1) blob:http://127.0.0.1:P/x ws://127.0.0.1:P/ wss://127.0.0.1:P/ tftp://127.0.0.1:P/ jar:http://127.0.0.1:P/!/"
    .split(" "),
  ..."view-source:http://127.0.0.1:P/ about:blank mailto:a@example.com netdoc:///etc/passwd unix:/var/run/docker.sock http+unix://%2Fsock/"
    .split(" "),
  ..."sftp://example.com/ ssh://example.com/ smb://example.com/ node:fs npm:x httpss://example.com/ xhttp://example.com/"
    .split(" "),
  // Not whole, or mended by a parser.
  ..."http: http:/ http:// http:/// http:///127.0.0.1:P/ http:/127.0.0.1:P/ http:127.0.0.1:P/ https:127.0.0.1:P //127.0.0.1:P/ /x x ?x #x"
    .split(" "),
  "",
  "127.0.0.1:P",
  "example.com",
  "http://?http://127.0.0.1:P/",
  "http://#@127.0.0.1:P/",
  "http://example.com#@127.0.0.1:P/",
  "http://example.com/#",
  "http://:P/",
  // Blanks, control characters and backslashes.
  " http://127.0.0.1:P/",
  "http://127.0.0.1:P/ ",
  "http://127.0.0.1:P/\u00a0",
  "\ufeffhttp://127.0.0.1:P/",
  "ht\ntp://127.0.0.1:P/",
  "http://127.0.\t0.1:P/",
  "http://127.0.0.1\r\n:P/",
  "http://example.com\r\nHost: 127.0.0.1/",
  "http://example.com/\r\nX-Addon-Token: x",
  "http://example.com/\u0000",
  "http://127.0.0.1\u0000.example.com/",
  "http://exam ple.com/",
  "http:\\\\127.0.0.1:P\\",
  "http:/\\127.0.0.1:P/",
  "http://example.com\\@127.0.0.1:P/",
  "http://127.0.0.1:P\\@example.com/",
  "http://example.com\\.127.0.0.1:P/",
  "http://1.1.1.1 &@127.0.0.1:P# @3.3.3.3/",
  // Ports.
  ..."0 1 21 22 23 25 53 110 111 135 139 143 389 445 465 587 636 993 1433 1521 2049 2375 2376 2379 3000 3306 3389 4243 5000 5432 5672 5900"
    .split(" ").map((port) => `http://example.com:${port}/`),
  ..."5984 6379 6443 8000 8001 8002 8003 8081 8086 8088 8444 8500 9000 9042 9090 9092 9200 9300 10250 10255 11211 15672 27017 50070 65535"
    .split(" ").map((port) => `https://example.com:${port}/`),
  ..."65536 99999 -1 x 8080x 80:80".split(" ").map((port) => `http://example.com:${port}/`),
  `http://example.com/${"a".repeat(8_192)}`,
];

const TARGETS = [
  ...INNER_IPV4.map((address) => `http://${address}:P/`),
  ...INNER_IPV6.map((address) => `http://[${address}]:P/`),
  ...SPELLINGS,
  ...WHOLE_URLS,
];

Deno.test("no target of the table reaches the canary, and each refusal names its rule", async () => {
  const canary = startCanary();
  const fetch = pinned(canary.port);
  assert(TARGETS.length >= 300, `${TARGETS.length} targets`);
  for (const target of TARGETS) {
    const url = target.replaceAll(":P", `:${canary.port}`);
    const error = await refusal(fetch, url);
    assertEquals(error.code, "HOST_NOT_ALLOWED", url);
    assert(String(error.details.rule).length > 8 && error.message.includes(String(error.details.rule)), url);
    assertEquals(error.details.sent, false, url);
    assertEquals(error.retryable, false, url);
    assertNotMatch(error.message, /pass@|X-Addon/, "the message quotes the host at most");
  }
  assertEquals(canary.connections, 0);
  canary.stop();
});

Deno.test("a name is refused when any of its addresses is not public, whatever the order", async () => {
  const canary = startCanary();
  for (const inner of [...INNER_IPV4, ...INNER_IPV6, "fe80::1%lo", "not an address"]) {
    for (
      const answers of [[inner], ["8.8.8.8", inner], [inner, "2606:4700::1111"], ["1.1.1.1", "2606:4700::1111", inner]]
    ) {
      const fetch = pinned(canary.port, { resolve: () => Promise.resolve(answers) });
      const error = await refusal(fetch, `http://hooks.example:${canary.port}/`);
      assertEquals(error.code, "HOST_NOT_ALLOWED", answers.join());
      assertMatch(String(error.details.rule), /address/);
    }
  }
  assertEquals(canary.connections, 0);
  canary.stop();
});

Deno.test("a name without an address is unreachable, and may be tried again", async () => {
  for (const resolve of [() => Promise.reject(new Error("ENOTFOUND")), () => Promise.resolve([])]) {
    const error = await refusal(pinned(1, { resolve }), "https://gone.example/");
    assertEquals([error.code, error.retryable, error.details.sent], ["UPSTREAM_UNREACHABLE", true, false]);
  }
});

Deno.test("the address that was checked is the one that is called, though the name leads elsewhere a moment later", async () => {
  const canary = startCanary();
  const seen: (string | null)[] = [];
  const sink = Deno.serve({ hostname: "127.0.0.2", port: canary.port, onListen: () => {} }, (request) => {
    seen.push(request.headers.get("host"));
    return new Response("ok");
  });
  let asked = 0;
  const fetch = pinned(canary.port, {
    allow: parseEgressAllow(`flip.example:${canary.port}`),
    resolve: () => Promise.resolve([asked++ === 0 ? "127.0.0.2" : "127.0.0.1"]),
  });
  const url = `http://flip.example:${canary.port}/`;
  const answer = await fetch({ method: "GET", url, headers: {}, timeoutMs: 5_000, maxResponseBytes: 100 });
  assertEquals([answer.status, asked, canary.connections], [200, 1, 0]);
  assertEquals(seen, [`flip.example:${canary.port}`]);
  await sink.shutdown();
  canary.stop();
});

Deno.test("a redirect to a private address comes back as it is", async () => {
  const canary = startCanary();
  const sink = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(null, { status: 307, headers: { location: `http://127.0.0.1:${canary.port}/` } }),
  );
  const port = sink.addr.port;
  const fetch = pinned(port, {
    allow: parseEgressAllow(`public.example:${port}`),
    resolve: () => Promise.resolve(["127.0.0.1"]),
  });
  const url = `http://public.example:${port}/`;
  const answer = await fetch({ method: "POST", url, headers: {}, body: "x", timeoutMs: 5_000, maxResponseBytes: 100 });
  assertEquals([answer.status, canary.connections], [307, 0]);
  await sink.shutdown();
  canary.stop();
});

Deno.test("EGRESS_ALLOW opens its pair of host and port, and neither the next port nor another name of the same address", async () => {
  const canary = startCanary();
  const { port } = canary;
  const fetch = pinned(80, {
    allow: parseEgressAllow(`127.0.0.1:${port}`),
    resolve: () => Promise.resolve(["127.0.0.1"]),
  });
  const lost = await refusal(fetch, `http://127.0.0.1:${port}/`);
  assertEquals(lost.code, "UPSTREAM_UNREACHABLE", "the canary hangs up");
  assertEquals(canary.connections, 1);
  const others = [
    `127.0.0.1:${port + 1}`,
    `127.0.0.1:${port - 1}`,
    `127.0.0.2:${port}`,
    `localhost:${port}`,
    `[::1]:${port}`,
    `a.example:${port}`,
  ];
  for (const other of [...others, `127.1:${port}`, `2130706433:${port}`, `x@127.0.0.1:${port}`, "127.0.0.1"]) {
    assertEquals((await refusal(fetch, `http://${other}/`)).code, "HOST_NOT_ALLOWED", other);
  }
  assertEquals(canary.connections, 1);
  canary.stop();
});

Deno.test("a host of our own list is refused while its name leads to a private address", async () => {
  const { signal } = new AbortController();
  const check = (answers: string[]) =>
    assertPublicHost(new URL("https://api.clockify.me/api"), { signal, resolve: () => Promise.resolve(answers) });
  await check(["8.8.8.8", "2606:4700::1111"]);
  for (const answers of [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["fd00::1"]]) {
    await assertRejectsLike(check(answers), { code: "HOST_NOT_ALLOWED" });
  }
  const allowed = parseAllowedDomains("*.clockify.me,https://clockify.corp.example:443,http://127.0.0.1:9400");
  const mayBePrivate = (url: string) => assertAllowed(new URL(url), allowed).mayBePrivate;
  assertEquals(
    ["https://api.clockify.me", "https://clockify.corp.example", "http://127.0.0.1:9400"].map(mayBePrivate),
    [false, true, true],
  );
});

Deno.test("public addresses and names pass, this machine's own do not", () => {
  const publicOnes =
    "1.1.1.1 8.8.8.8 9.9.9.9 52.1.2.3 99.255.255.255 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.1.1 172.15.255.255"
      .split(" ").concat(
        "172.32.0.1 192.167.1.1 192.169.0.1 198.17.1.1 198.20.0.1 223.255.255.254 2606:4700::1111 2001:4860:4860::8888"
          .split(" "),
      )
      .concat("2a00:1450:4001:81b::200e 2400:cb00::1 2620:fe::fe ::ffff:8.8.8.8".split(" "));
  for (const address of publicOnes) assertEquals(addressFault(address, NONE), undefined, address);
  assertMatch(addressFault("8.8.4.4", new Set(["8.8.4.4"]))!, /this machine/);
  assertMatch(addressFault("::ffff:8.8.4.4", new Set(["8.8.4.4"]))!, /this machine/);
  const urls =
    "https://example.com https://example.com/a?b=c https://EXAMPLE.com:8443/ http://a_b.example.com:8080/ https://bücher.example/ https://8.8.8.8/"
      .split(" ").concat(
        "https://[2606:4700::1111]:443/x https://xn--bcher-kva.example/%2e%2e/?q=%00 https://internal.example.com/ https://localhost.example.com"
          .split(" "),
      );
  for (const url of urls) assertEquals(readTarget(url, { allow: NONE }).opened, false, url);
});
