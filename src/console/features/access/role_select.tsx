/** The choice of a role. */

import type { FieldProps } from "../../ui/form_field.tsx";
import { type Role, ROLE_WORDS, ROLES } from "./roles.ts";

export function RoleSelect(
  { label, role, onRole, ...field }:
    & { label?: string; role: Role; onRole(role: Role): void }
    & Partial<FieldProps>,
) {
  return (
    <select
      {...field}
      aria-label={label}
      value={role}
      onChange={({ target }) => onRole(target.value as Role)}
    >
      {ROLES.map((one) => <option key={one} value={one}>{ROLE_WORDS[one]}</option>)}
    </select>
  );
}
