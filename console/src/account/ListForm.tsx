import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import type { ProblemError } from "../api/problems.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { GROUPS, labelOf } from "../terms/options.ts";
import { type FilterName, KINDS, type ListFilters, type ListKind } from "./listing.ts";
import { classesQuery } from "./queries.ts";
import { texts } from "./texts.ts";

interface Props {
  kind: ListKind;
  filters: ListFilters;
  problem: ProblemError | null;
  onShow: (kind: ListKind, filters: ListFilters) => void;
}

/** The filters of the list of accounts, or of sites. */
export function ListForm({ kind, filters, problem, onShow }: Props) {
  function show(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const wanted = form.get("of") === "sites" ? "sites" : "accounts";
    onShow(wanted, Object.fromEntries([...form].map(([name, value]) => [name, String(value).trim()])));
  }

  const about = (name: FilterName) => ({ name, errors: problem?.of(name) ?? [] });
  return (
    <form className="find" onSubmit={show}>
      <Field label={texts.list}>
        {(input) => (
          <select
            {...input}
            name="of"
            defaultValue={kind}
            onChange={({ target }) => onShow(kindOf(target.value), filters)}
          >
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {each === "sites" ? texts.sites : texts.accounts}
              </option>
            ))}
          </select>
        )}
      </Field>
      {kind === "accounts" && (
        <Field label={texts.customerNumber} hint={texts.customerHint} {...about("customer")}>
          {(input) => <input {...input} name="customer" defaultValue={filters.customer ?? ""} />}
        </Field>
      )}
      <ClassChoice chosen={filters.profile_class ?? ""} errors={problem?.of("profile_class") ?? []} />
      <Field label={texts.olderThan} hint={texts.olderHint} {...about("class_version_below")}>
        {(input) => (
          <input
            {...input}
            name="class_version_below"
            inputMode="numeric"
            defaultValue={filters.class_version_below ?? ""}
          />
        )}
      </Field>
      <Field label={texts.valueSetHere} {...about("set_here")}>
        {(input) => (
          <select {...input} name="set_here" defaultValue={filters.set_here ?? ""}>
            <option value="">{texts.any}</option>
            <Paths chosen={filters.set_here ?? ""} />
          </select>
        )}
      </Field>
      <Action type="submit" look="primary">
        {texts.find}
      </Action>
    </form>
  );
}

function kindOf(value: string): ListKind {
  return value === "sites" ? "sites" : "accounts";
}

function ClassChoice({ chosen, errors }: { chosen: string; errors: readonly string[] }) {
  const { data } = useQuery(classesQuery());
  const names = data?.items.map(({ name }) => name) ?? [];
  const others = chosen === "" || names.includes(chosen) ? [] : [chosen];
  return (
    <Field label={texts.profileClass} name="profile_class" errors={errors}>
      {(input) => (
        <select {...input} key={names.length} name="profile_class" defaultValue={chosen}>
          <option value="">{texts.any}</option>
          {[...others, ...names].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** The options; a path of something else, which an address may have, is one more choice. */
function Paths({ chosen }: { chosen: string }) {
  return (
    <>
      {chosen !== "" && !chosen.startsWith("options.") && <option value={chosen}>{labelOf(chosen)}</option>}
      {GROUPS.map(([group, names]) => (
        <optgroup key={group} label={group}>
          {names.map((name) => (
            <option key={name} value={`options.${name}`}>
              {labelOf(`options.${name}`)}
            </option>
          ))}
        </optgroup>
      ))}
    </>
  );
}
