import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { body, client } from "../api/client.ts";
import { useRights } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Meter } from "../design/Meter.tsx";
import { Notice } from "../design/Notice.tsx";
import { Problem } from "../design/Problem.tsx";
import { Section } from "../design/Section.tsx";
import { count, duration, type Reading, type ReadModel, rebuildRate } from "./judging.ts";
import { operationsQuery, projectionQuery } from "./queries.ts";
import { rebuildEnded, rebuildMeans, rebuilt, texts } from "./texts.ts";

interface Props {
  model: ReadModel;
  /** The end of the log. */
  end: number;
  history: readonly Reading[];
}

/** The rebuild of a read model beside the tables that are served: its progress for everybody, its button for those who may. */
export function Rebuild({ model, end, history }: Props) {
  const may = useRights();
  const { rebuild } = model;
  const mayAct = may("rebuild_projection") && !rebuild?.active;
  const generation = useRef(model.generation);
  return (
    <Section title={texts.rebuild}>
      {rebuild?.active && <Progress model={model} rebuild={rebuild} history={history} />}
      {rebuild && !rebuild.active && (
        <Notice tone="danger">
          {rebuildEnded(count(rebuild.position), rebuild.target == null ? texts.noValue : count(rebuild.target))}
        </Notice>
      )}
      <LastFailure model={model} />
      {!rebuild && model.generation > generation.current && (
        <Notice tone="success" role="status">
          {rebuilt(model.name, model.generation)}
        </Notice>
      )}
      {mayAct && <RebuildButton name={model.name} end={end} isAgain={rebuild != null} />}
      {!mayAct && !rebuild?.active && <p className="muted">{rebuildMeans(count(end))}</p>}
    </Section>
  );
}

function Progress({
  model,
  rebuild,
  history,
}: {
  model: ReadModel;
  rebuild: NonNullable<ReadModel["rebuild"]>;
  history: readonly Reading[];
}) {
  const rate = rebuildRate(history, model.name);
  const target = rebuild.target ?? null;
  const parts = [
    `${count(rebuild.position)} of ${target === null ? texts.noValue : count(target)} events`,
    ...(rate ? [`${count(rate.perSecond)} events a second`] : []),
    ...(rate?.secondsLeft != null ? [`${duration(rate.secondsLeft)} left`] : []),
  ];
  return <Meter label={texts.progress} done={rebuild.position} total={target} text={parts.join(", ")} />;
}

/** Why the last rebuild that was asked for failed. */
function LastFailure({ model }: { model: ReadModel }) {
  const step = `${model.generation} ${model.rebuild?.active ?? false} ${model.rebuild?.started_at ?? ""}`;
  const { data } = useQuery(projectionQuery(model.name, step));
  return data?.rebuild_error ? <Notice tone="danger">{data.rebuild_error}</Notice> : null;
}

function RebuildButton({ name, end, isAgain }: { name: string; end: number; isAgain: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const queries = useQueryClient();
  const rebuild = useMutation({
    mutationFn: () => body(client.POST("/v1/projections/{name}/rebuild", { params: { path: { name } } })),
    onSuccess: async () => {
      setOpen(false);
      await queries.invalidateQueries({ queryKey: operationsQuery().queryKey });
    },
  });
  const { reset } = rebuild;
  useEffect(() => {
    if (isOpen) reset();
  }, [isOpen, reset]);
  return (
    <div>
      <Action aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {isAgain ? texts.startAgain : texts.rebuildOpen}
      </Action>
      <Dialog title={`${texts.rebuild} ${name}?`} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{rebuildMeans(count(end))}</p>
        {rebuild.error && <Problem error={rebuild.error} />}
        <div className="row">
          <Action look="primary" onClick={() => rebuild.mutate()}>
            {texts.rebuild} {name}
          </Action>
          <Action onClick={() => setOpen(false)}>{texts.cancel}</Action>
        </div>
      </Dialog>
    </div>
  );
}
