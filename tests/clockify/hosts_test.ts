/** Hosts from claims, and the list of hosts that may be called. */

import assert from "node:assert/strict";
import { assertAllowed, parseAllowedDomains, serviceHosts } from "../../src/clockify/hosts.ts";

const NOT_ALLOWED = { code: "HOST_NOT_ALLOWED" };

Deno.test("serviceHosts() normalises every published path variant", () => {
  for (const path of ["/api", "/api/", "/api/v1", "/api/v1/"]) {
    const hosts = serviceHosts({ backendUrl: `https://euc1.clockify.me${path}` });
    assert.equal(hosts.api, "https://euc1.clockify.me/api/v1");
    assert.equal(hosts.backend, "https://euc1.clockify.me/api");
  }
  for (const path of ["", "/", "/v1"]) {
    assert.equal(
      serviceHosts({ reportsUrl: `https://reports.api.clockify.me${path}` }).reports,
      "https://reports.api.clockify.me/v1",
    );
    assert.equal(serviceHosts({ ptoUrl: `https://pto.api.clockify.me${path}` }).pto, "https://pto.api.clockify.me/v1");
  }
  assert.equal(
    serviceHosts({ reportsUrl: "https://developer.clockify.me/report" }).reports,
    "https://developer.clockify.me/report/v1",
  );
  assert.equal(serviceHosts({ backendUrl: "http://127.0.0.1:9400/api" }).api, "http://127.0.0.1:9400/api/v1");
});

Deno.test("serviceHosts() leaves out what no claim names", () => {
  const hosts = serviceHosts({ backendUrl: "https://api.clockify.me/api" });
  assert.equal(hosts.reports, undefined);
  assert.equal(hosts.pto, undefined);
});

Deno.test("serviceHosts() refuses addresses that are no base of Clockify's", () => {
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
    assert.throws(() => serviceHosts({ backendUrl }), NOT_ALLOWED, backendUrl);
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
  ) assert.throws(() => assertAllowed(new URL(url), allowed), NOT_ALLOWED, url);
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
    assert.throws(() => parseAllowedDomains(list), { code: "CONFIG_INVALID" }, list);
  }
  parseAllowedDomains("http://localhost:9400,http://[::1]:1");
});
