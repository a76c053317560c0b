import { RingbackError } from '@ringback/contracts';
import { type AlertOptions, type AlertState, createMissing } from '@ringback/operations';
import { within } from '@ringback/pacing';

/** ms. The connection of a worker waits for as long as Redis is away: a look MUST NOT. */
const ANSWERS_WITHIN_MS = 5000;

/** @throws RingbackError RB_REDIS_UNAVAILABLE if there is no answer in time, or the error of the work */
export async function inTime<T>(place: string, work: Promise<T>): Promise<T> {
  const answer = await within(
    ANSWERS_WITHIN_MS,
    work.then((value) => ({ value })),
  );
  if (answer === undefined)
    throw new RingbackError('RB_REDIS_UNAVAILABLE', `${place} does not answer within ${ANSWERS_WITHIN_MS} ms`);
  return answer.value;
}

/** What is given up here still reaches Redis later, in its order. The next look finds it there. */
export function stateInTime(place: string, state: AlertState): AlertState {
  let asked: Promise<boolean> | undefined;
  return {
    ...state,
    // One question waits at a time: an outage of hours would pile up one for each look.
    lead(forMs) {
      asked ??= state.lead(forMs).finally(() => (asked = undefined));
      return inTime(place, asked);
    },
    read: () => inTime(place, state.read()),
    save: (next) => inTime(place, state.save(next)),
    sent: (waiting) => inTime(place, state.sent(waiting)),
  };
}

/** What does not answer in time is missing. */
export function missingInTime(): ReturnType<AlertOptions['missing']> {
  const missing = createMissing();
  return { ...missing, ask: (what, work) => missing.ask(what, () => inTime(what, work())) };
}
