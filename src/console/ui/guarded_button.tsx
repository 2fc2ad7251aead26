/** A button that may be blocked: it then stays in place, gives the reason in its title, and does nothing. */

import { type ButtonHTMLAttributes, useId } from "react";

export interface GuardedButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  /** Why it cannot be used now; undefined: it can. */
  blocked?: string | null;
}

export function GuardedButton({ blocked, onClick, className = "btn", children, ...rest }: GuardedButtonProps) {
  const reason = useId();
  if (!blocked) return <button type="button" className={className} onClick={onClick} {...rest}>{children}</button>;
  return (
    <>
      <button
        type="button"
        {...rest}
        className={className}
        aria-disabled="true"
        title={blocked}
        aria-describedby={reason}
      >
        {children}
      </button>
      <span id={reason} className="visually-hidden">{blocked}</span>
    </>
  );
}
