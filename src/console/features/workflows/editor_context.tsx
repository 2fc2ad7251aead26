/** Shared by the forms of a workflow's steps: the draft, its faults, and what can be chosen. */

import { createContext, useContext } from "react";
import type { RowActions } from "../../ui/row_actions.tsx";
import type { ListItem } from "./use_names.ts";
import type { KnownOutputs } from "./draft/completion.ts";
import type { Path } from "./draft/fields.ts";
import type { DefinitionEditing } from "./use_definition.ts";

export interface WorkflowEditor extends Pick<DefinitionEditing, "definition" | "change" | "faults" | "readOnly"> {
  /** Id of the step whose form is shown, or the key of what starts the workflow. */
  open: string | undefined;
  setOpen(key: string | undefined): void;
  agents: readonly ListItem[];
  workflows: readonly ListItem[];
  /** What the steps gave in the last run that completed. */
  outputs: KnownOutputs;
  actionsOf(id: string): RowActions;
  /** A new step of the kind, at a place of a list; undefined: of the workflow's own. */
  add(type: string, spot: { list: Path | undefined; index: number }): void;
}

const EditorContext = createContext<WorkflowEditor | undefined>(undefined);

export const WorkflowEditorProvider = EditorContext;

export function useWorkflowEditor(): WorkflowEditor {
  return useContext(EditorContext)!;
}
