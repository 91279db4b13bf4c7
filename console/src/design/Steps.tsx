/** The steps of a longer task, and which of them is being taken. */
export function Steps({ label, names, current }: { label: string; names: readonly string[]; current: number }) {
  return (
    <ol className="steps" aria-label={label}>
      {names.map((name, index) => (
        <li key={name} aria-current={index === current ? "step" : undefined}>
          {index + 1} {name}
        </li>
      ))}
    </ol>
  );
}
