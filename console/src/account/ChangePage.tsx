import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useLocation } from "wouter";
import { useMe, useRights } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Form } from "../design/Form.tsx";
import { leave, useLeavingTab } from "../design/leaving.ts";
import { Notice } from "../design/Notice.tsx";
import { Panel, Reading } from "../design/Panel.tsx";
import { inOrderOfDefinition } from "../picture/hues.ts";
import { Picture } from "../picture/Picture.tsx";
import { useChosen } from "../picture/useChosen.ts";
import { usePictureWindow } from "../picture/usePictureWindow.ts";
import { inForce, recordingsOf, type Version } from "../picture/versions.ts";
import { Page } from "../shell/Page.tsx";
import { usePastReason } from "../shell/usePastReason.ts";
import { pathOfRow } from "../terms/rows.ts";
import { dayNumber } from "../time/dates.ts";
import { timeText } from "../time/words.ts";
import "./account.css";
import { ChangePreview } from "./ChangePreview.tsx";
import { actText, meanwhileText, OTHER_EFFECT, texts } from "./changeTexts.ts";
import { PlaceNav } from "./PlaceNav.tsx";
import { type Place, pathOf, usePlace } from "./place.ts";
import { accountQuery, classesQuery, historyQuery } from "./queries.ts";
import { placeText } from "./texts.ts";
import { useChange } from "./useChange.ts";
import { What } from "./What.tsx";
import { When } from "./When.tsx";

const FIELDS = ["profile_class", "keep_overrides", "effective_from", "effective_to", "keep_later", "reason"];

/** Changes a profile: what, when and why, under the picture, with what it would do beside it. */
export default function ChangePage() {
  const place = usePlace();
  const account = useQuery(accountQuery(place.account));
  const history = useQuery(historyQuery(place));
  return (
    <Page title={`${texts.change}: ${placeText(place)}`}>
      <PlaceNav place={place} />
      <Reading query={account}>
        {({ start }) => (
          <Reading query={history}>
            {(versions) => <ChangeForm place={place} start={start} versions={versions} />}
          </Reading>
        )}
      </Reading>
    </Page>
  );
}

interface Props {
  place: Place;
  start: string;
  versions: readonly Version[];
}

function ChangeForm({ place, start, versions }: Props) {
  const { time_zone, today } = useMe();
  const [, navigate] = useLocation();
  const isFirst = place.site !== undefined && versions.length === 0;
  const form = useChange(place, isFirst, ({ version }) => navigate(`${pathOf(place)}?recorded=${version}`));
  const { draft, preview, meanwhile } = form;
  const first = dayNumber((draft.act === "end" ? draft.to : draft.from) || today);
  const later = useMemo(() => {
    const recordings = recordingsOf(versions);
    return inForce(recordings, recordings.length).filter(({ from }) => from > first).length;
  }, [versions, first]);
  const isChanged = form.change !== null || draft.reason !== "";
  useLeavingTab(isChanged && !form.isSaving);
  const off = useReasonOff(form);
  return (
    <div className="stack">
      {versions.length > 0 && <Pictured place={place} start={start} versions={versions} form={form} />}
      <div className="account">
        <section className="panel" aria-label={texts.change}>
          <Form
            onSubmit={() => off === null && !form.isSaving && void form.save()}
            error={form.error}
            names={[...FIELDS, ...draft.rows.map(pathOfRow)]}
          >
            <What place={place} isFirst={isFirst} form={form} />
            <When form={form} later={later} />
            <div role="status">
              {meanwhile !== null && (
                <Notice tone="warning">
                  {meanwhile.otherEffect
                    ? OTHER_EFFECT
                    : meanwhileText(meanwhile.by ?? "", meanwhile.at ? timeText(meanwhile.at, time_zone) : "")}
                </Notice>
              )}
            </div>
            <div className="row">
              <Action type="submit" look="primary" off={off}>
                {actText(draft, isFirst)}
              </Action>
              <Action onClick={() => leave(() => navigate(pathOf(place)))}>{texts.cancel}</Action>
            </div>
          </Form>
        </section>
        <ChangePreview form={form} query={preview} />
      </div>
    </div>
  );
}

type FormState = ReturnType<typeof useChange>;

/** Returns why the change cannot be saved now; null where it can. */
function useReasonOff({ change, preview, isCurrent, draft }: FormState): string | null {
  const past = usePastReason();
  const may = useRights();
  if (!may("assign_account_class")) return texts.mayNot;
  if (past !== null) return past;
  if (change === null) return texts.incomplete;
  if (preview.isError) return texts.failed;
  if (!isCurrent || preview.data === undefined) return texts.waiting;
  if (!preview.data.changed) return texts.nothing;
  return preview.data.past !== null && draft.reason.trim() === "" ? texts.needsReason : null;
}

function Pictured({ place, start, versions, form }: Props & { form: FormState }) {
  const { today } = useMe();
  const classes = useQuery(classesQuery());
  const query = useQuery(historyQuery(place));
  const names = useMemo(() => inOrderOfDefinition(classes.data?.items ?? []), [classes.data]);
  const recordings = useMemo(() => recordingsOf(versions), [versions]);
  const [chosen, knownAt, choose] = useChosen(recordings, today);
  const days = usePictureWindow(recordings, start, today, chosen.day);
  const periods = form.change === null ? undefined : form.preview.data?.periods;
  const ghosts = useMemo(
    () =>
      (periods ?? [])
        .filter(({ differences }) => differences.length > 0)
        .map(({ effective_from, effective_to, after }) => ({
          from: dayNumber(effective_from),
          until: effective_to === null ? Number.POSITIVE_INFINITY : dayNumber(effective_to) + 1,
          profileClass: after?.profile_class ?? null,
        })),
    [periods],
  );
  return (
    <Panel title={placeText(place)} query={query}>
      {() => (
        <Picture
          name={placeText(place)}
          classes={names}
          onChoose={choose}
          {...{ recordings, days, chosen, knownAt, ghosts }}
        />
      )}
    </Panel>
  );
}
