import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { useSearch } from "wouter";
import { useRights } from "../api/session.ts";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { Steps } from "../design/Steps.tsx";
import { Page } from "../shell/Page.tsx";
import { CheckStep } from "./CheckStep.tsx";
import { ColumnsStep } from "./ColumnsStep.tsx";
import { FileStep } from "./FileStep.tsx";
import { type Upload, uploadQuery } from "./queries.ts";
import { likeText, of, sizeText, texts } from "./texts.ts";
import "./upload.css";
import { CHECK, COLUMNS, FILE, type NewUpload, useNewUpload } from "./useNewUpload.ts";

/** A new upload, step by step (rule 3.2). */
export default function NewUploadPage() {
  const may = useRights();
  const like = new URLSearchParams(useSearch()).get("like");
  if (!may("receive_file")) return <Page title={texts.newUpload}>{<Notice>{texts.refused}</Notice>}</Page>;
  return <Page title={texts.newUpload}>{like === null ? <Wizard like={null} /> : <Corrected like={like} />}</Page>;
}

/** A file that was corrected: it is read like the upload whose rows were refused. */
function Corrected({ like }: { like: string }) {
  const query = useQuery(uploadQuery(like));
  return <Reading query={query}>{(upload) => <Wizard key={like} like={upload} />}</Reading>;
}

function Wizard({ like }: { like: Upload | null }) {
  const upload = useNewUpload(like);
  const title = texts.steps[upload.step] ?? "";
  return (
    <>
      <Steps label={texts.stepsLabel} names={texts.steps} current={upload.step} />
      {like !== null && upload.kept !== null && <p className="muted">{likeText(like.file)}</p>}
      <Chosen upload={upload} />
      <Step key={upload.step} title={title} isFirst={upload.step === FILE && upload.file === null}>
        {upload.step === FILE && <FileStep upload={upload} />}
        {upload.step === COLUMNS && upload.file && <ColumnsStep upload={upload} file={upload.file} />}
        {upload.step === CHECK && upload.file && upload.plan && (
          <CheckStep upload={upload} file={upload.file} plan={upload.plan} />
        )}
      </Step>
    </>
  );
}

/** A step, whose heading gets the focus when one comes to it. */
function Step({ title, isFirst, children }: { title: string; isFirst: boolean; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isOpening = useRef(isFirst);
  useLayoutEffect(() => {
    if (!isOpening.current) heading.current?.focus();
  }, []);
  return (
    <section className="panel" aria-label={title}>
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </section>
  );
}

/** What was chosen in the steps before. */
function Chosen({ upload }: { upload: NewUpload }) {
  const { file, mapping, decisions, step } = upload;
  if (file === null || step === FILE) return null;
  const changed = Object.keys(decisions).length;
  const parts = [
    `${file.name}, ${sizeText(file.content.size)}`,
    mapping && `mapping ${mapping}`,
    changed > 0 && `${of(changed, "column")} changed by hand`,
  ];
  return <p className="muted">{parts.filter(Boolean).join(" · ")}</p>;
}
