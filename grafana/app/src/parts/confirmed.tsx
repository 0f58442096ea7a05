import React, { useEffect, useRef, useState, type ReactNode } from 'react';
import { useOwnId } from './use-own-id.js';

/**
 * A button and the dialog that it opens: nothing happens before the person has read what will and confirmed it. While the
 * dialog is open the focus stays in it; Escape closes it.
 */
export function Confirmed({
  button,
  title,
  confirm,
  danger = false,
  busy,
  onConfirm,
  children,
  disabled = false,
  confirmDisabled = false,
}: {
  readonly button: string;
  readonly title: string;
  readonly confirm: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** What was filled in cannot be sent. */
  readonly confirmDisabled?: boolean;
  readonly busy: boolean;
  onConfirm(): void;
  readonly children?: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" disabled={disabled || busy} onClick={() => setOpen(true)}>
        {button}
      </button>
      {open && (
        <Dialog title={title} onClose={() => setOpen(false)}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              setOpen(false);
              onConfirm();
            }}
          >
            {children}
            <div className="row">
              <button type="button" onClick={() => setOpen(false)}>
                Back
              </button>
              <button type="submit" className={danger ? 'danger' : 'primary'} disabled={confirmDisabled}>
                {confirm}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

/** The browser's own modal dialog: above all of Grafana, wherever the panel is. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  onClose(): void;
  readonly children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useOwnId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onClose={onClose}
      // Grafana's own keys are not for what is typed here.
      onKeyDown={(event) => event.stopPropagation()}
    >
      <h3 id={titleId}>{title}</h3>
      {children}
    </dialog>
  );
}
