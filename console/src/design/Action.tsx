import { type ButtonHTMLAttributes, useId } from "react";

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  look?: "primary" | "quiet";
  /** Why the button cannot be used now. It stays where it is and says so. */
  off?: string | null;
}

/** A button that says what it does, and why where it cannot: a primary one beside it, the others where they are pointed at. */
export function Action({ look, off = null, onClick, children, className = "", type = "button", ...rest }: Props) {
  const reason = useId();
  if (off === null) {
    return (
      <button type={type} className={`button ${look ?? ""} ${className}`} onClick={onClick} {...rest}>
        {children}
      </button>
    );
  }
  return (
    <>
      <button
        type="button"
        className={`button ${look ?? ""} ${className}`}
        aria-disabled="true"
        aria-describedby={reason}
        title={look === "primary" ? undefined : off}
        {...rest}
      >
        {children}
      </button>
      <span id={reason} className={look === "primary" ? "hint reason" : "unseen"}>
        {off}
      </span>
    </>
  );
}
