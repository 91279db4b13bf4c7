import { NetworkError, problemOf } from "../api/problems.ts";
import { Action } from "./Action.tsx";
import { Copy } from "./Copy.tsx";
import { Notice } from "./Notice.tsx";
import { focusSearch, hasSearch } from "./search.ts";

interface Props {
  error: Error;
  onRetry?: () => void;
}

const SOMETHING_BROKE = "Something broke here.";

/** What went wrong with a request, what can be done about it, and the id under which an operator finds it. */
export function Problem({ error, onRetry }: Props) {
  const problem = problemOf(error)?.problem;
  const broken = problem ? problem.status === 500 : !(error instanceof NetworkError);
  const refused = problem?.status === 403;
  const canRetry = onRetry !== undefined && !refused;
  const canSearch = problem?.status === 404 && hasSearch();
  return (
    <Notice tone={refused ? "neutral" : "danger"} role="alert">
      <p>{broken ? SOMETHING_BROKE : error.message}</p>
      {broken && problem && <p>{problem.detail}</p>}
      {(canRetry || canSearch) && (
        <div className="row">
          {canRetry && <Action onClick={onRetry}>Try again</Action>}
          {canSearch && <Action onClick={focusSearch}>Search</Action>}
        </div>
      )}
      {problem && problem.status >= 500 && <CorrelationId id={problem.correlation_id} />}
    </Notice>
  );
}

function CorrelationId({ id }: { id: string }) {
  if (id === "") return null;
  return (
    <p className="row hint">
      Correlation id <code>{id}</code>
      <Copy text={id} look="quiet">
        Copy
      </Copy>
    </p>
  );
}
