/** Hosts from claims, and the list of hosts that may be called. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import { apiOverride, assertAllowed, auditBase, parseAllowedDomains, serviceHosts } from "../../src/clockify/hosts.ts";

const NOT_ALLOWED = { code: "HOST_NOT_ALLOWED" };

Deno.test("serviceHosts() normalises every published path variant", () => {
  for (const path of ["/api", "/api/", "/api/v1", "/api/v1/"]) {
    const hosts = serviceHosts({ backendUrl: `https://euc1.clockify.me${path}` });
    assertEquals(hosts.api, "https://euc1.clockify.me/api/v1");
    assertEquals(hosts.backend, "https://euc1.clockify.me/api");
  }
  for (const path of ["", "/", "/v1"]) {
    assertEquals(
      serviceHosts({ reportsUrl: `https://reports.api.clockify.me${path}` }).reports,
      "https://reports.api.clockify.me/v1",
    );
    assertEquals(serviceHosts({ ptoUrl: `https://pto.api.clockify.me${path}` }).pto, "https://pto.api.clockify.me/v1");
  }
  assertEquals(
    serviceHosts({ reportsUrl: "https://developer.clockify.me/report" }).reports,
    "https://developer.clockify.me/report/v1",
  );
  assertEquals(serviceHosts({ backendUrl: "http://127.0.0.1:9400/api" }).api, "http://127.0.0.1:9400/api/v1");
});

Deno.test("serviceHosts() leaves out what no claim names", () => {
  const hosts = serviceHosts({ backendUrl: "https://api.clockify.me/api" });
  assertEquals(hosts.reports, undefined);
  assertEquals(hosts.pto, undefined);
});

Deno.test("serviceHosts() knows a host of the audit log beside production's API alone", () => {
  const audit = (backendUrl: string) => serviceHosts({ backendUrl }).audit;
  assertEquals(audit("https://api.clockify.me/api"), "https://auditlog-api.api.clockify.me/v1");
  for (
    const other of [
      "https://euc1.clockify.me/api",
      "https://developer.clockify.me/api",
      "https://acme.clockify.me/api",
      "https://api.clockify.me:8443/api",
      "http://127.0.0.1:9400/api",
      "https://api.clockify.me/other",
    ]
  ) assertEquals(audit(other), undefined, other);
  // Which is on the list that calls may go to by default.
  assertAllowed(new URL("https://auditlog-api.api.clockify.me/v1"), parseAllowedDomains("*.clockify.me"));
});

Deno.test("serviceHosts() turns off the service alone whose address is no base of Clockify's", () => {
  for (
    const backendUrl of [
      "api.clockify.me",
      "ftp://api.clockify.me/api",
      "https://user:secret@api.clockify.me/api",
      "https://api.clockify.me/api?x=1",
      "https://api.clockify.me/api#x",
      "https://api.clockify.me/other",
      "https://api.clockify.me/api/v2",
    ]
  ) {
    const hosts = serviceHosts({ backendUrl, reportsUrl: "https://reports.api.clockify.me" });
    assertEquals([hosts.api, hosts.backend], [undefined, undefined], backendUrl);
    assertEquals(typeof hosts.faults?.api, "string", backendUrl);
    assert(!hosts.faults!.api!.includes("secret"));
    // The others hold.
    assertEquals(hosts.reports, "https://reports.api.clockify.me/v1");
    assertEquals(Object.keys(hosts.faults!), ["api"]);
  }
  const odd = {
    reportsUrl: "",
    ptoUrl: "https://pto.api.clockify.me/api",
    locationsUrl: "x",
    screenshotsUrl: "ftp://x",
  };
  const { faults, ...hosts } = serviceHosts({ backendUrl: "https://api.clockify.me/api", ...odd });
  assertEquals(hosts, {
    api: "https://api.clockify.me/api/v1",
    backend: "https://api.clockify.me/api",
    reports: undefined,
    pto: undefined,
    audit: "https://auditlog-api.api.clockify.me/v1",
    locations: undefined,
    screenshots: undefined,
  });
  assertEquals(Object.keys(faults!), ["reports", "pto", "locations", "screenshots"]);
});

Deno.test("auditBase() takes any address with its path, and none with user, query or another scheme", () => {
  for (
    const [value, base] of [
      ["https://auditlog-api.euc1.clockify.me", "https://auditlog-api.euc1.clockify.me/v1"],
      ["https://euc1.clockify.me/auditlog/v1/", "https://euc1.clockify.me/auditlog/v1"],
    ] as const
  ) {
    assertStrictEquals(auditBase(value), base);
    assertEquals(serviceHosts({ backendUrl: "https://api.clockify.me/api", auditUrl: value }).audit, base);
  }
  for (const value of ["x", "ftp://x", "https://u:p@x.me", "https://x.me/?a=1"]) {
    assertThrowsLike(() => auditBase(value), NOT_ALLOWED, value);
  }
});

Deno.test("apiOverride() takes Clockify's public address, however it is written, for no override", () => {
  for (const path of ["", "/", "/api", "/api/", "/api/v1", "/api/v1/", "/v1"]) {
    assertEquals(apiOverride(`https://api.clockify.me${path}`), undefined, path);
    assertEquals(apiOverride(`HTTPS://API.clockify.me:443${path}`), undefined, path);
  }
  const table: [string, string][] = [
    ["https://euc1.clockify.me/api", "https://euc1.clockify.me/api"],
    ["https://euc1.clockify.me", "https://euc1.clockify.me/api"],
    ["http://127.0.0.1:9400/", "http://127.0.0.1:9400/api"],
    ["http://127.0.0.1:9400/api/v1/", "http://127.0.0.1:9400/api/v1"],
    ["https://api.clockify.me:8443", "https://api.clockify.me:8443/api"],
  ];
  for (const [value, base] of table) assertStrictEquals(apiOverride(value), base);
  for (
    const value of ["api.clockify.me", "https://api.clockify.me/other", "https://u:p@api.clockify.me", "ftp://x/api"]
  ) {
    assertThrowsLike(() => apiOverride(value), NOT_ALLOWED, value);
  }
});

Deno.test("assertAllowed() matches host, scheme and port, and whole labels only", () => {
  const allowed = parseAllowedDomains("*.clockify.me, api.example.com ,http://127.0.0.1:9400,https://lab.test:8443");
  for (
    const url of [
      "https://api.clockify.me/api/v1",
      "https://API.Clockify.ME/",
      "https://a.b.clockify.me/",
      "https://api.clockify.me:443/",
      "https://api.example.com/",
      "http://127.0.0.1:9400/api",
      "https://lab.test:8443/",
    ]
  ) assertAllowed(new URL(url), allowed);
  for (
    const url of [
      "https://clockify.me/",
      "https://evilclockify.me/",
      "https://clockify.me.evil.test/",
      "https://api.clockify.me./",
      "https://api.clockify.me:8443/",
      "http://api.clockify.me/",
      "https://user@api.clockify.me/",
      "https://sub.api.example.com/",
      "http://127.0.0.1:9401/",
      "https://127.0.0.1:9400/",
      "http://[::1]:9400/",
      "https://lab.test/",
      "file:///etc/passwd",
    ]
  ) assertThrowsLike(() => assertAllowed(new URL(url), allowed), NOT_ALLOWED, url);
});

Deno.test("parseAllowedDomains() refuses entries that open too much", () => {
  for (
    const list of [
      "",
      " , ",
      "*",
      "*.me",
      "http://api.clockify.me",
      "http://*.clockify.me",
      "api.clockify.me/api",
      "a b",
    ]
  ) {
    assertThrowsLike(() => parseAllowedDomains(list), { code: "CONFIG_INVALID" }, list);
  }
  parseAllowedDomains("http://localhost:9400,http://[::1]:1");
});
