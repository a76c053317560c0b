import { callbackKey } from '@ringback/contracts';
import { SAMPLE_ACCOUNT } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { isExplained, type Kill } from '../chaos/explained-repeats.ts';

const recordedAs = (id: string) => `${callbackKey({ source: 'callbot', account: SAMPLE_ACCOUNT.uuid, id })} crm`;
const repeat = (before: number, at: number) => ({ output: 'crm', requestID: 'a', before, at });
const kill = (recorded: readonly string[]): Kill => ({ from: 100, to: 200, recorded: new Set(recorded) });

it('a kill explains a repeat of what was under way at the killed worker, and no other', () => {
  expect(isExplained(repeat(90, 300), [kill([])])).toBe(true);
  expect(isExplained(repeat(90, 300), [])).toBe(false);
  expect(isExplained(repeat(90, 300), [kill([recordedAs('a')])])).toBe(false);
  expect(isExplained(repeat(90, 95), [kill([])])).toBe(false);
  expect(isExplained(repeat(250, 300), [kill([])])).toBe(false);
});
