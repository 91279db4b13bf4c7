import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { Overlay } from "react-aria/Overlay";
import { useDialog } from "react-aria/useDialog";
import { useModalOverlay } from "react-aria/useModalOverlay";
import { useOverlayTriggerState } from "react-stately/useOverlayTriggerState";

interface Props {
  title: string;
  isOpen: boolean;
  /** Absent where it must be answered. */
  onClose?: () => void;
  className?: "dialog" | "drawer";
  children: ReactNode;
}

/** A dialog over the page. Tab stays inside; Esc closes it where it may be closed. */
export function Dialog({ isOpen, ...rest }: Props) {
  return isOpen ? (
    <Overlay>
      <OpenDialog {...rest} />
    </Overlay>
  ) : null;
}

/** Made of the library's hooks: its components bring those of menus and collections along. */
function OpenDialog({ title, onClose, className = "dialog", children }: Omit<Props, "isOpen">) {
  const modal = useRef<HTMLDivElement>(null);
  const part = useRef<HTMLElement>(null);
  const state = useOverlayTriggerState({ isOpen: true, onOpenChange: (isOpen) => !isOpen && onClose?.() });
  const { modalProps, underlayProps } = useModalOverlay(
    { isKeyboardDismissDisabled: onClose === undefined },
    state,
    modal,
  );
  useFocus(part);
  const { dialogProps, titleProps } = useDialog({ role: "dialog" }, part);
  return (
    <div className="overlay" {...underlayProps}>
      <div className={className} ref={modal} {...modalProps}>
        <section ref={part} {...dialogProps}>
          <h2 {...titleProps}>{title}</h2>
          {children}
        </section>
      </div>
    </div>
  );
}

/** Gives the focus to the dialog as it opens, and back as it closes. The library does both a frame later, too late for keys that are pressed
 * meanwhile. Stands after what makes the rest of the page inert, so that this has ended when the focus goes back. */
function useFocus(part: RefObject<HTMLElement | null>) {
  const [opener] = useState(() => document.activeElement);
  useEffect(() => {
    if (!part.current?.contains(document.activeElement)) part.current?.focus({ preventScroll: true });
    return () => {
      if (document.activeElement === document.body && opener instanceof HTMLElement && opener.isConnected)
        opener.focus({ preventScroll: true });
    };
  }, [part, opener]);
}
