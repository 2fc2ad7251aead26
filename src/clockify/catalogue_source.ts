/** Which catalogue the process uses: the one in the project, or one of a file that an operator gave. */

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
