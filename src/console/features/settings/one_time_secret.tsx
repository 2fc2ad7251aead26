/** Address and secret of a source: the secret is shown here and never again. */

import { CopyButton } from "../../ui/copy_button.tsx";

export function OneTimeSecret({ url, secret }: { url: string | null; secret?: string }) {
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
        ? <p>This source accepts unsigned events: share its address with the sender only.</p>
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
