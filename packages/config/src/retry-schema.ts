import { Duration, RetrySettings, Section } from '@ringback/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

const Delay = Duration({ description: '' });

function isOrdered({ minDelay, maxDelay }: { minDelay: string; maxDelay: string }): boolean {
  return Value.Decode(Delay, minDelay) <= Value.Decode(Delay, maxDelay);
}

/** The section `retry` of an output, with nothing left out. */
export const Retry = Type.Refine(
  Section(Type.Required(RetrySettings).properties, { description: 'How a failed delivery is tried again.' }),
  isOrdered,
  () => 'has a minDelay that is above its maxDelay',
);
