import type { DeliveryRow, FoundCallback, HistoryFilter } from '@ringback/history';
import type { Moving } from './moving.ts';

/** Which deliveries made a callback fit a state, and whether they are so. */
export type Chosen = {
  outputsOf(row: FoundCallback): string[];
  /** How it is left out: none of these is lost. Undefined: it is not. */
  leftOut(row: FoundCallback, moving: Moving | undefined): LeftOut | undefined;
};

type LeftOut = {
  readonly to: readonly [];
  readonly onItsWay: readonly string[];
  readonly notAsked: readonly string[];
  readonly why: 'ended' | undefined;
};

/**
 * By the state waiting or parked, only what is lost is to be chosen: what is so is on its way, and of what has ended the
 * history may not know it. Undefined: the filter is for no such state.
 */
export function chosenBy(filter: HistoryFilter): Chosen | undefined {
  if (filter.state !== 'waiting' && filter.state !== 'parked') return undefined;
  const outputsOf = ({ deliveries }: FoundCallback) => deliveries.filter((one) => fits(one, filter)).map(({ output }) => output);
  return {
    outputsOf,
    leftOut(row, moving) {
      const outputs = outputsOf(row);
      const onItsWay = outputs.filter((output) => moving?.onItsWay.has(output));
      const notAsked = outputs.filter((output) => moving?.notAsked.has(output));
      const ended = outputs.filter((output) => moving?.ended.has(output));
      if (onItsWay.length + notAsked.length + ended.length < outputs.length) return undefined;
      const why = onItsWay.length + notAsked.length === 0 ? 'ended' : undefined;
      return { to: [], onItsWay, notAsked, why };
    },
  };
}

function fits(row: DeliveryRow, { state, output, reason }: HistoryFilter): boolean {
  if (row.state !== state || (output !== undefined && row.output !== output)) return false;
  return reason === undefined || (row.reason ?? '').toLowerCase().includes(reason.toLowerCase());
}
