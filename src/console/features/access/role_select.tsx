/** The choice of a role. */

import { type Role, ROLE_NAMES, ROLES } from "../../shell/workflow/session.tsx";
import type { FieldProps } from "../../ui/form_field.tsx";

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
      {ROLES.map((one) => <option key={one} value={one}>{ROLE_NAMES[one]}</option>)}
    </select>
  );
}
