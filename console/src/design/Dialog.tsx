import type { ReactNode } from "react";
import { Heading, Modal, ModalOverlay, Dialog as Part } from "react-aria-components";

interface Props {
  title: string;
  isOpen: boolean;
  /** Absent where it must be answered. */
  onClose?: () => void;
  className?: "dialog" | "drawer";
  children: ReactNode;
}

/** A dialog over the page. Tab stays inside; Esc closes it where it may be closed. */
export function Dialog({ title, isOpen, onClose, className = "dialog", children }: Props) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      isKeyboardDismissDisabled={onClose === undefined}
      onOpenChange={(open) => {
        if (!open) onClose?.();
      }}
    >
      <Modal className={className}>
        <Part role="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </Part>
      </Modal>
    </ModalOverlay>
  );
}
