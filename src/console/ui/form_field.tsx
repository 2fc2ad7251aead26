/** A labelled field of a form that shows its faults below itself. */

import { type ReactNode, useId } from "react";
import type { Fault } from "../shell/client.ts";

export interface FieldProps {
  id: string;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
}

/** `place`: of the field in what is sent; faults at it or below it are its own. */
export function FormField(
  { label, hint, place, faults, className = "", children }: {
    label: string;
    hint?: ReactNode;
    place: string;
    faults: readonly Fault[];
    className?: string;
    children(props: FieldProps): ReactNode;
  },
) {
  const id = useId();
  const own = faultsAt(faults, place);
  const described = [own.length > 0 && `${id}-fault`, hint !== undefined && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className={`form-field ${className}`}>
      <label className="field" htmlFor={id}>
        <span>{label}</span>
      </label>
      {children({ id, "aria-invalid": own.length > 0 || undefined, "aria-describedby": described || undefined })}
      {hint !== undefined && <div id={`${id}-hint`} className="faint form-hint">{hint}</div>}
      {own.length > 0 && (
        <div id={`${id}-fault`} className="fault">
          {own.map(({ message }, index) => <div key={index}>{sentence(message)}</div>)}
        </div>
      )}
    </div>
  );
}

export function faultsAt(faults: readonly Fault[], place: string): Fault[] {
  return faults.filter(({ path }) => path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`));
}

/** Those of no field of the form: shown above it. */
export function otherFaults(faults: readonly Fault[], places: readonly string[]): Fault[] {
  return faults.filter((fault) => !places.some((place) => faultsAt([fault], place).length > 0));
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
