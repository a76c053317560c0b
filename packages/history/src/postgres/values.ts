import type { Fault } from '@ringback/contracts';
import type { AttemptRow } from '../store/rows.ts';

/** Stored as numbers: only append. */
const FAULTS: readonly Fault[] = ['theirs', 'ours'];
const OUTCOMES: readonly AttemptRow['outcome'][] = ['retry', 'dead', 'delivered'];

export const faultNumber = (fault: Fault | undefined): number | null => (fault === undefined ? null : FAULTS.indexOf(fault));
export const faultOf = (value: unknown): Fault | undefined => (typeof value === 'number' ? FAULTS[value] : undefined);

export const outcomeNumber = (outcome: AttemptRow['outcome']): number => OUTCOMES.indexOf(outcome);
export const outcomeOf = (value: unknown): AttemptRow['outcome'] => OUTCOMES[Number(value)] ?? 'retry';
