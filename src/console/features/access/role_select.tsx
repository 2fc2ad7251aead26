/** The choice of a role. */

import type { FieldProps } from "../../ui/form_field.tsx";
import type { User } from "./api.ts";

const ROLES = ["viewer", "editor", "operator", "admin"] as const;

export function RoleSelect(
  { label, role, onRole, ...field }:
    & { label?: string; role: User["role"]; onRole(role: User["role"]): void }
    & Partial<FieldProps>,
) {
  return (
    <select
      {...field}
      aria-label={label}
      value={role}
      onChange={({ target }) => onRole(target.value as User["role"])}
    >
      {ROLES.map((one) => <option key={one} value={one}>{one}</option>)}
    </select>
  );
}
