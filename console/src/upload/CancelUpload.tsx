import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { useRights } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Problem } from "../design/Problem.tsx";
import { isOver, type Upload } from "./queries.ts";
import { texts } from "./texts.ts";

/** Ends an upload before the end of its file, after a question. */
export function CancelUpload({ upload }: { upload: Upload }) {
  const queries = useQueryClient();
  const may = useRights();
  const [isAsked, setAsked] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  if (isOver(upload) || !may("cancel_upload")) return null;

  async function cancel() {
    try {
      await body(client.POST("/v1/uploads/{upload}/cancel", { params: { path: { upload: upload.upload } }, body: {} }));
      setAsked(false);
      await queries.invalidateQueries();
    } catch (failure) {
      setError(failure as Error);
    }
  }

  return (
    <>
      <Action onClick={() => setAsked(true)}>{texts.cancel}</Action>
      <Dialog title={texts.cancelTitle} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{texts.cancelText}</p>
        {error && <Problem error={error} />}
        <div className="row">
          <Action look="primary" onClick={() => setAsked(false)}>
            {texts.keepOn}
          </Action>
          <Action onClick={() => void cancel()}>{texts.cancel}</Action>
        </div>
      </Dialog>
    </>
  );
}
