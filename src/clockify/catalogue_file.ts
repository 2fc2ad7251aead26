/** The catalogue of a file that an operator gave: by itself, since it reads YAML, which a start without such a file does not load. */

import type { SourcedCatalogue } from "./catalogue_source.ts";
import { catalogueFromOpenApi } from "./openapi.ts";
import { readOpenApiText } from "./openapi_text.ts";

export { MAX_OPENAPI_BYTES } from "./openapi_text.ts";

/** The catalogue of a file's text. Throws CONFIG_INVALID as readOpenApiText() and catalogueFromOpenApi(). */
export function sourcedFromText(text: string, path: string): SourcedCatalogue {
  const { document, title, version, sha256 } = readOpenApiText(text);
  const file = path.split(/[\\/]/).at(-1)!.slice(0, 200);
  return { catalogue: catalogueFromOpenApi(document), source: { kind: "file", file, title, version, sha256 } };
}
