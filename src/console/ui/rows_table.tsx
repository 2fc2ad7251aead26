/** A table in its frame; cards where it is narrow. Its cells name their column in data-label. */

import type { ReactNode } from "react";
import { say } from "../words/say.ts";

export interface RowsTableProps {
  /** What the rows are, and in which order; read, not seen. */
  caption: string;
  /** Heads of the columns, in their order; "num" aligns to the right. */
  columns: readonly (string | { head: string; align: "num" })[];
  /** The last column has buttons. */
  withActions?: boolean;
  className?: string;
  children: ReactNode;
}

export function RowsTable({ caption, columns, withActions = false, className, children }: RowsTableProps) {
  return (
    <div className="panel flush">
      <table className={className === undefined ? "cards" : `cards ${className}`}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) =>
              typeof column === "string"
                ? <th key={column} scope="col">{column}</th>
                : <th key={column.head} scope="col" className={column.align}>{column.head}</th>
            )}
            {withActions && (
              <th scope="col">
                <span className="visually-hidden">{say("Actions")}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
