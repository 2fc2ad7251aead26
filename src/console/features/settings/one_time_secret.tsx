/** Address and secret of a source: the secret is shown here and never again. */

import { CopyButton } from "../../ui/copy_button.tsx";

export function OneTimeSecret(
  { url, secret, isUnsigned = false }: { url: string | null; secret?: string; isUnsigned?: boolean },
) {
  return (
    <div className="stack">
      {url && (
        <div className="stack">
          <h2>Address</h2>
          <code>{url}</code>
          <div>
            <CopyButton text={url} label="Copy the address" />
          </div>
        </div>
      )}
      {secret === undefined
        ? (
          <p>
            {isUnsigned
              ? "This source accepts unsigned events: share its address with the sender only."
              : "This source has no secret yet: it refuses events until its sender gives one, or you enter it."}
          </p>
        )
        : (
          <div className="stack">
            <h2>Secret</h2>
            <div className="alert">Shown only once: Timewire stores it encrypted and cannot show it again.</div>
            <code>{secret}</code>
            <div>
              <CopyButton text={secret} label="Copy the secret" />
            </div>
          </div>
        )}
    </div>
  );
}
