import { createMetrics } from '@ringback/observability';
import { expect, it } from 'vitest';
import type { Breaker } from '../output/breaker.ts';
import { createOutputStates } from './output-states.ts';

type Status = ReturnType<Breaker['status']>;

it('tells one state of five, and since when', async () => {
  const metrics = createMetrics({ app: 'worker', version: '1' });
  let [now, status]: [number, Status] = [1_000_000, { state: 'closed' }];
  const breaker = { status: () => status };
  const show = createOutputStates(metrics, { outputs: () => [{ output: { name: 'crm' }, breaker }], wall: () => now });
  const shown = async (paused?: ReadonlySet<string>) => {
    show(paused);
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('ringback_output_state'));
    const state = lines.filter((line) => line.endsWith(' 1')).map((line) => /state="(\w+)"/.exec(line)?.[1]);
    expect(lines).toHaveLength(6);
    return [...state, Number(lines.at(-1)?.split(' ').at(-1))];
  };
  expect(await shown(new Set())).toEqual(['running', 1000]);
  now = 1_060_000;
  expect(await shown()).toEqual(['running', 1000]);
  const failing = { forMs: 20_000, failures: 3, reason: 'HTTP 500' };
  status = { state: 'closed', failing };
  expect(await shown()).toEqual(['failing', 1040]);
  status = { state: 'open', failing };
  expect(await shown()).toEqual(['open', 1040]);
  expect(await shown(new Set(['crm']))).toEqual(['paused', 1060]);
  status = { state: 'probing', failing };
  expect(await shown()).toEqual(['paused', 1060]);
  expect(await shown(new Set())).toEqual(['probing', 1040]);
});
