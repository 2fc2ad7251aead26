/**
 * The fake platform's one RSA key and its RS256 signing, without `kid` as Clockify does it.
 * See docs/clockify-protocol.md "Tokens".
 */

import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, importPKCS8, jwtVerify, SignJWT } from "jose";

export type Claims = Record<string, unknown>;

export interface PlatformKey {
  publicKeyPem: string;
  privateKeyPem: string;
  /** A compact JWT over exactly these claims. */
  sign(claims: Claims): Promise<string>;
  /** The claims when the signature is ours, else undefined. Expiry is left to the caller, who has the clock. */
  verify(token: string): Promise<Claims | undefined>;
}

/** The key of `privateKeyPem` (PKCS #8), or a fresh one of 2048 bits. */
export async function platformKey(privateKeyPem?: string): Promise<PlatformKey> {
  const privateKey = privateKeyPem
    ? await importPKCS8(privateKeyPem, "RS256", { extractable: true })
    : (await generateKeyPair("RS256", { extractable: true })).privateKey;
  const { kty, n, e } = await exportJWK(privateKey);
  const rs256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const publicKey = await crypto.subtle.importKey("jwk", { kty, n, e }, rs256, true, ["verify"]);
  return {
    publicKeyPem: await exportSPKI(publicKey),
    privateKeyPem: await exportPKCS8(privateKey),
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: "RS256" }).sign(privateKey),
    async verify(token) {
      try {
        // currentDate at the epoch: no token is past its end for jose, the caller decides by its own clock.
        const checked = await jwtVerify(token, publicKey, { algorithms: ["RS256"], currentDate: new Date(0) });
        return checked.payload;
      } catch {
        return undefined;
      }
    },
  };
}
