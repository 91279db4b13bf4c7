interface Props {
  /** The first page of a list, which tells how many items all pages have, where that is known. */
  page: { total?: number | null; total_is_exact?: boolean | null } | undefined;
}

/** How many items a list has on all its pages. */
export function Total({ page }: Props) {
  const total = page?.total;
  if (total == null || page == null) return null;
  return <p className="hint">{page.total_is_exact ? countText(total) : `More than ${total.toLocaleString()}`}</p>;
}

function countText(total: number): string {
  return total === 1 ? "1 in all" : `${total.toLocaleString()} in all`;
}
