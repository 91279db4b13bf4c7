import { Badge } from "../design/Badge.tsx";
import { Section } from "../design/Section.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { count, gravestFirst, modelVerdict, type ReadModel } from "./judging.ts";
import { texts } from "./texts.ts";

/** Every read model; those that stand still come first. */
export function ReadModels({ models }: { models: readonly ReadModel[] }) {
  return (
    <Section title={texts.readModels} id="read-models">
      <Table
        caption={texts.readModels}
        rows={gravestFirst(models)}
        keyOf={(each) => each.name}
        columns={[
          {
            head: texts.name,
            cell: (each) => <To href={`/operations/read-models/${encodeURIComponent(each.name)}`}>{each.name}</To>,
          },
          { head: texts.state, cell: (each) => <ModelState model={each} /> },
          { head: texts.position, align: "end", cell: (each) => count(each.position) },
          { head: texts.lag, align: "end", cell: (each) => count(each.lag) },
          { head: texts.runner, cell: (each) => runnerOf(each) },
          { head: texts.generation, align: "end", cell: (each) => each.generation },
        ]}
      />
    </Section>
  );
}

/** How a read model is doing, and how far its rebuild is. */
export function ModelState({ model }: { model: ReadModel }) {
  const { words, tone } = modelVerdict(model);
  return (
    <>
      <Badge tone={tone}>{words}</Badge>
      {model.failure?.error && <div className="hint">{model.failure.error}</div>}
      {model.rebuild?.active && (
        <div className="hint">
          {texts.rebuild}: {count(model.rebuild.position)} / {count(model.rebuild.target ?? 0)}
        </div>
      )}
    </>
  );
}

/** Returns who works on a read model. */
export function runnerOf({ runner }: ReadModel): string {
  return runner ? `${runner.host}, ${runner.pid}: ${runner.state}` : texts.nobody;
}
