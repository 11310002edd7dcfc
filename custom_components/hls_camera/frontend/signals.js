/**
 * Return a signal that aborts with the first of several signals: browsers of 2023 lack
 * AbortSignal.any().
 *
 * @param {AbortSignal[]} signals
 * @returns {AbortSignal}
 */
export function anyOf(...signals) {
  const first = new AbortController();
  for (const signal of signals) {
    const abort = () => first.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { signal: first.signal });
  }
  return first.signal;
}
