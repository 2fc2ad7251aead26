/** Tests of src/verify/token.ts, jws.ts and places.ts: each kind of token in each place, and each known attack in each place. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHmac, createSign } from "node:crypto";
import fc from "fast-check";
import { PLACES, type TokenFault, type TokenPlace } from "../../src/verify/token_rules.ts";
import { tokenKind, verifyPlatformToken } from "../../src/verify/token.ts";
import {
  base64Url,
  CLAIMS,
  deps,
  KINDS,
  mint,
  type MintKind,
  NOW_S,
  platform,
  refused,
  sign,
  stranger,
  WORKSPACE,
} from "./mint.ts";

const ALL_PLACES = Object.keys(PLACES) as TokenPlace[];
/** A kind of token that the place accepts. */
const NATIVE: Record<TokenPlace, MintKind> = {
  webhook: "webhook",
  lifecycle: "lifecycle",
  installation: "installation",
  user: "user",
};

const verify = (token: string | undefined, place: TokenPlace) => verifyPlatformToken(token, { ...deps, place });

function refusedIn(place: TokenPlace, token: string, reason: TokenFault) {
  return refused(() => verify(token, place), { code: PLACES[place].invalid, reason, secret: token.slice(-20) || "-" });
}

/** Each kind in each place; what is stored as a webhook or installation token is refused by its hash, not here. */
const ACCEPTED: Record<TokenPlace, MintKind[]> = {
  webhook: ["webhook", "lifecycle"],
  lifecycle: ["webhook", "lifecycle", "installation"],
  installation: ["installation"],
  user: ["user"],
};

for (const place of ALL_PLACES) {
  for (const kind of KINDS) {
    const accepted = ACCEPTED[place].includes(kind);
    Deno.test(`verifyPlatformToken() ${accepted ? "takes" : "refuses"} the shape of a ${kind} token as ${place} token`, async () => {
      const token = mint(kind);
      if (!accepted) return void await refusedIn(place, token, "kind");
      const claims = await verify(token, place);
      assertStrictEquals(claims.workspaceId, WORKSPACE);
      assertStrictEquals(claims.addonId, CLAIMS[kind].addonId);
    });
  }

  Deno.test(`verifyPlatformToken() refuses forged and foreign ${place} tokens`, async () => {
    const kind = NATIVE[place];
    const good = mint(kind);
    const [header, payload, signature] = good.split(".") as [string, string, string];
    const hs256 = (secret: string) => {
      const input = `${base64Url('{"alg":"HS256"}')}.${payload}`;
      return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
    };
    const rs512 = () => {
      const input = `${base64Url('{"alg":"RS512"}')}.${payload}`;
      return `${input}.${createSign("RSA-SHA512").update(input).sign(platform.privateKey).toString("base64url")}`;
    };
    const elsewhere = base64Url(JSON.stringify({ ...CLAIMS[kind], workspaceId: "other" }));
    const jwk = { key: stranger.privateKey, header: { jwk: stranger.jwk } };
    const cases: [string, TokenFault][] = [
      [mint(kind, {}, { key: stranger.privateKey }), "signature"],
      [`${header}.${elsewhere}.${signature}`, "signature"],
      [`${base64Url('{"alg":"none"}')}.${payload}.`, "malformed"],
      [`${base64Url('{"alg":"none"}')}.${payload}.${signature}`, "algorithm"],
      [`${base64Url('{"alg":"None"}')}.${payload}.${signature}`, "algorithm"],
      [hs256(platform.pem), "algorithm"],
      [hs256(platform.pem.trim()), "algorithm"],
      [rs512(), "algorithm"],
      [mint(kind, {}, jwk), "header_refused"],
      [mint(kind, {}, { header: { jku: "https://evil.example/jwks" } }), "header_refused"],
      [mint(kind, {}, { header: { x5u: "https://evil.example/x" } }), "header_refused"],
      [mint(kind, {}, { header: { crit: ["exp"] } }), "header_refused"],
      [mint(kind, {}, { header: { b64: false } }), "header_refused"],
      [mint(kind, { iss: "clockify2" }), "issuer"],
      [mint(kind, { iss: ["clockify"] }), "issuer"],
      [mint(kind, { type: "user" }), "type"],
      [mint(kind, { workspaceId: undefined }), "claims_malformed"],
      [mint(kind, { workspaceId: 7 }), "claims_malformed"],
      [mint(kind, { workspaceId: "" }), "claims_malformed"],
      [mint(kind, { addonId: ["a"] }), "claims_malformed"],
      [mint(kind, { exp: "never" }), "claims_malformed"],
      [mint(kind, { activeWs: "other" }), "claims_conflict"],
      [mint(kind, { exp: NOW_S - 60 }), "expired"],
      [mint(kind, { nbf: NOW_S + 61 }), "not_yet_valid"],
      [mint(kind, { iat: NOW_S + 61 }), "issued_in_future"],
      [sign("[]"), "claims_malformed"],
      [sign("no json"), "claims_malformed"],
      ["x".repeat(8193), "too_long"],
      [`${good},${good}`, "repeated"],
    ];
    for (const [token, reason] of cases) await refusedIn(place, token, reason);
    await refused(() => verify(undefined, place), { code: PLACES[place].missing, reason: "missing" });
    await refused(() => verify("", place), { code: PLACES[place].missing, reason: "missing" });
    await refused(() => verify(mint(kind, { sub: "other-addon" }), place), {
      code: PLACES[place].wrongAddon,
      reason: "wrong_addon",
    });
  });

  Deno.test(`verifyPlatformToken() refuses every other spelling of a genuine ${place} token`, async () => {
    const good = mint(NATIVE[place]);
    const [header, payload, signature] = good.split(".") as [string, string, string];
    // The last of 342 characters holds 4 unused bits: 15 spellings beside the right one decode to the same signature.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet.indexOf(signature.at(-1)!);
    const respelt = Array.from({ length: 15 }, (_, bits) => `${good.slice(0, -1)}${alphabet[last + bits + 1]}`);
    for (const token of respelt) {
      const bytes = Buffer.from(token.split(".")[2]!, "base64url");
      assertEquals(bytes, Buffer.from(signature, "base64url"), "the spelling means the same bytes");
    }
    const standard = signature.replaceAll("-", "+").replaceAll("_", "/");
    for (
      const token of [
        ...respelt,
        `${good}=`,
        `${good}==`,
        `${header}=.${payload}.${signature}`,
        `${header} .${payload}.${signature}`,
        ` ${good}`,
        `${good}\n`,
        `${header}.${payload.slice(0, 8)} ${payload.slice(8)}.${signature}`,
        `${header}.${payload}.${signature}.`,
        `.${header}.${payload}.${signature}`,
        `${header}.${payload}.${standard === signature ? "+" : standard}`,
        `${header}..${signature}`,
        header,
        `Bearer ${good}`,
        '{"payload":"x"}',
      ]
    ) await refusedIn(place, token, "malformed");
  });
}

Deno.test("verifyPlatformToken() refuses unused bits that are not zero in each segment, whatever its length", async () => {
  for (const pad of ["", "x", "xx"]) {
    const [header, payload, signature] = mint("webhook", { pad }, { header: { pad } }).split(".") as [
      string,
      string,
      string,
    ];
    // One more than a canonical last letter (A, E, I ... or A, Q, g, w) sets an unused bit; full groups have none.
    const next = (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
    if (header.length % 4 !== 0) await refusedIn("webhook", `${next(header)}.${payload}.${signature}`, "malformed");
    if (payload.length % 4 !== 0) await refusedIn("webhook", `${header}.${next(payload)}.${signature}`, "malformed");
  }
});

Deno.test("verifyPlatformToken() allows clocks to differ by 60 s", async () => {
  for (const place of ALL_PLACES) {
    await verify(mint(NATIVE[place], { exp: NOW_S - 59 }), place);
    await verify(mint(NATIVE[place], { iat: NOW_S + 60, nbf: NOW_S + 60 }), place);
  }
});

Deno.test("verifyPlatformToken() takes activeWs for workspaceId, and both when they agree", async () => {
  const legacy = await verify(mint("webhook", { workspaceId: undefined, activeWs: WORKSPACE }), "webhook");
  assertStrictEquals(legacy.workspaceId, WORKSPACE);
  await verify(mint("webhook", { activeWs: WORKSPACE }), "webhook");
});

Deno.test("verifyPlatformToken() lets the last of repeated claims count", async () => {
  const body = JSON.stringify(CLAIMS.webhook).slice(0, -1);
  await refused(() => verify(sign(`${body},"sub":"other-addon"}`), "webhook"), { code: "WEBHOOK_WRONG_ADDON" });
  await refused(() => verify(sign(`${body},"workspaceRole":"OWNER"}`), "lifecycle"), {
    code: "LIFECYCLE_TOKEN_INVALID",
    reason: "kind",
  });
  const claims = await verify(sign(`${body},"workspaceId":"last"}`), "webhook");
  assertEquals(claims.workspaceId, "last");
});

Deno.test("a user token is accepted only whole and with an expiry, and in part nowhere", async () => {
  await refusedIn("user", mint("user", { exp: undefined }), "exp_missing");
  for (const name of ["user", "workspaceRole"]) {
    for (const place of ALL_PLACES) await refusedIn(place, mint("user", { [name]: undefined }), "kind");
  }
  for (const extra of [{ workspaceRole: "MEMBER" }, { language: "EN" }, { theme: "DARK" }, { theme: "" }]) {
    for (const kind of ["webhook", "lifecycle", "installation"] as const) {
      for (const place of ALL_PLACES.filter((name) => name !== "user")) {
        await refusedIn(place, mint(kind, extra), "kind");
      }
    }
  }
});

Deno.test("tokenKind() counts a claim of null as absent", async () => {
  const claims = await verify(mint("lifecycle", { workspaceRole: null, theme: null, user: null }), "lifecycle");
  assertEquals(tokenKind(claims), "plain");
});

Deno.test("verifyPlatformToken() ends in an AppError for any text", async () => {
  const segment = fc.oneof(fc.string(), fc.base64String(), fc.json().map(base64Url));
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { maxLength: 4 }), fc.constantFrom(...ALL_PLACES), async (parts, place) => {
      const token = parts.join(".");
      const { missing, invalid } = PLACES[place];
      await refused(() => verify(token, place), { code: token === "" ? missing : invalid });
    }),
    { numRuns: 200 },
  );
});

Deno.test("a changed character anywhere in a genuine token is refused", async () => {
  const good = mint("webhook");
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.constantFrom(..."AQgwZ09-_. ="), async (at, letter) => {
      fc.pre(good[at] !== letter);
      await refused(() => verify(good.slice(0, at) + letter + good.slice(at + 1), "webhook"), {
        code: "WEBHOOK_SIGNATURE_INVALID",
      });
    }),
    { numRuns: 200 },
  );
});
