/** Which catalogue the process uses: the one in the project, or one of a file that an operator gave. */

import { catalogueFromOpenApi } from "./openapi.ts";
import { readOpenApiText } from "./openapi_text.ts";
import { builtinCatalogue, type Catalogue } from "./operations.ts";

export interface CatalogueSource {
  kind: "built_in" | "file";
  /** Name of the file, without its folders. */
  file: string | null;
  /** What the document calls itself. */
  title: string | null;
  version: string | null;
  /** Of the file's text, in hex. */
  sha256: string | null;
}

export interface SourcedCatalogue {
  catalogue: Catalogue;
  source: CatalogueSource;
}

export function builtinSourced(): SourcedCatalogue {
  return {
    catalogue: builtinCatalogue(),
    source: { kind: "built_in", file: null, title: null, version: null, sha256: null },
  };
}

/** The catalogue of a file's text. Throws CONFIG_INVALID as readOpenApiText() and catalogueFromOpenApi(). */
export function sourcedFromText(text: string, path: string): SourcedCatalogue {
  const { document, title, version, sha256 } = readOpenApiText(text);
  const file = path.split(/[\\/]/).at(-1)!.slice(0, 200);
  return { catalogue: catalogueFromOpenApi(document), source: { kind: "file", file, title, version, sha256 } };
}
