/** The frame's token: taken from the address at once, kept in memory, its claims used for display only (the server verifies it). */

let fromAddress: string | undefined;

/** Takes `auth_token` out of the address bar and its history entry; later calls give the same. */
export function takeTokenFromAddress(): string | undefined {
  const url = new URL(location.href);
  const token = url.searchParams.get("auth_token");
  if (token !== null) {
    url.searchParams.delete("auth_token");
    history.replaceState(null, "", url);
    fromAddress = token;
  }
  return fromAddress;
}

export interface DisplayClaims {
  expiresAtMs?: number;
  theme?: "light" | "dark";
  /** As Clockify writes it, as in "DE". */
  language?: string;
}

/** What the page may show before the server answered. */
export function displayClaims(token: string): DisplayClaims {
  try {
    const part = token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (char) => char.charCodeAt(0))));
    const theme = String(claims.theme ?? "").toUpperCase();
    return {
      expiresAtMs: typeof claims.exp === "number" ? claims.exp * 1000 : undefined,
      theme: theme.includes("DARK") ? "dark" : theme === "" ? undefined : "light",
      language: typeof claims.language === "string" ? claims.language : undefined,
    };
  } catch {
    return {};
  }
}
