/** What the forms of control steps share. */

import type { ControlStep } from "./draft/tree.ts";

export interface ControlFieldsProps<Control> {
  step: ControlStep;
  control: Control;
  place: string;
  /** A part that is undefined is left out; `typing` names the field that is being typed in. */
  set(part: Partial<Control>, typing?: string): void;
}
