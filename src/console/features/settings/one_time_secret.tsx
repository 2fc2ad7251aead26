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
        ? <p>This source takes unsigned events: keep its address to yourself and the sender.</p>
        : (
          <div className="stack">
            <h2>Secret</h2>
            <div className="alert">Shown this once. Timewire keeps it encrypted and cannot show it again.</div>
            <code>{secret}</code>
            <div>
              <CopyButton text={secret} label="Copy the secret" />
            </div>
          </div>
        )}
    </div>
  );
}
